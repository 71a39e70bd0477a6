"""How long a follower waits from one request to the next."""

from __future__ import annotations

from mlb_data_platform.documents.document import Json, value_at
from mlb_data_platform.live.followed import is_in
from mlb_data_platform.mapping.raw_endpoint import Follow

_USUAL_SECONDS = 10.0  # where a document says nothing
_LEAST_SECONDS, _MOST_SECONDS = 1.0, 60.0  # a slip of the API neither hammers it nor lets a game pass by
_SLOWER = 3.0


def seconds_between(follow: Follow, content: Json | None, *, told: bool = False) -> float:
    """Return the seconds of the API's clock between two requests: what the document says, and longer in slow states.

    Likewise where the follower is `told` of what is new, and asks only in case it was not.
    """
    said = value_at(content, follow.wait) if content is not None else None
    seconds = _USUAL_SECONDS
    if isinstance(said, int | float) and not isinstance(said, bool):
        seconds = float(min(max(said, _LEAST_SECONDS), _MOST_SECONDS))
    is_slow = content is not None and any(is_in(content, states) for states in follow.slow)
    return seconds * (_SLOWER if told or is_slow else 1.0)
