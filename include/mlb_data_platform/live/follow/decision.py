"""What a follower asks for next, after how long, and when it has come to the end: decided from what it knows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from mlb_data_platform.documents.document import Json, value_at
from mlb_data_platform.live.cadence import CHECKS_THE_WHOLE_EVERY
from mlb_data_platform.live.follow.followed import Followed, is_in, values_checked
from mlb_data_platform.mapping.raw_endpoint import Follow, States

# Seconds of the API's clock.
_USUAL_SECONDS = 10.0  # where a document says nothing
_LEAST_SECONDS, _MOST_SECONDS = 1.0, 60.0  # a slip of the API neither hammers it nor lets a game pass by
_SLOWER = 3.0


class Ask(Enum):
    """What is asked for."""

    CHANGES = "changes"
    WHOLE = "whole"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Step:
    """What to do next and why; of NOTHING the reason is how it ended."""

    ask: Ask
    reason: str = ""


@dataclass(frozen=True)
class Situation:
    """What is known: the newest document, whether the API has answered this follower, and why all is to be asked anew.

    `since_whole` are the seconds of the API's clock since the whole document was asked for.
    """

    document: Followed | None
    answered: bool = False
    reload: str | None = None
    since_whole: float = 0.0


def next_step(follow: Follow, known: Situation) -> Step:
    """Return what to ask for next.

    The end is a whole document that is settled, or one that is parked and was found so by this follower: what was
    parked once may go on by now.
    """
    document = known.document
    if document is None:
        return Step(Ask.WHOLE, "the first one")
    if known.reload or document.content is None:
        return Step(Ask.WHOLE, known.reload or "the one there was is spoiled")
    status = value_at(document.content, follow.status)
    if status in follow.settled or (status in follow.parked and known.answered):
        state = f"{value_at(document.content, follow.state)} ({status})"
        return Step(Ask.NOTHING, state) if document.is_whole else Step(Ask.WHOLE, f"it is {state}")
    if values_checked(document.content, follow) != document.checked:
        paths = ", ".join(path.rpartition(".")[2] for path in follow.checked_with)
        return Step(Ask.WHOLE, f"checked with each new {paths}")
    if known.since_whole >= CHECKS_THE_WHOLE_EVERY:
        return Step(Ask.WHOLE, f"checked every {CHECKS_THE_WHOLE_EVERY / 60:.0f} minutes")
    return Step(Ask.CHANGES)


def is_parked(follow: Follow, document: Followed | None) -> bool:
    """Return whether a document says that it goes on another day."""
    return (
        document is not None
        and document.content is not None
        and value_at(document.content, follow.status) in follow.parked
    )


def never_parked(follow: Follow) -> Follow:
    """Return how to follow what goes on where it is parked: it is waited for, and asked for as seldom as in a pause."""
    slow = [*follow.slow, States(path=follow.status, values=follow.parked)]
    return follow.model_copy(update={"parked": [], "slow": slow})


def seconds_between(follow: Follow, content: Json | None, *, in_vain: bool = False) -> float:
    """Return the seconds of the API's clock between two requests: what the document says, and longer in slow states.

    Likewise where the follower probably asks `in_vain`: it is told of what is new, or the API has not answered lately.
    """
    said = value_at(content, follow.wait) if content is not None else None
    seconds = _USUAL_SECONDS
    if isinstance(said, int | float) and not isinstance(said, bool):
        seconds = float(min(max(said, _LEAST_SECONDS), _MOST_SECONDS))
    is_slow = content is not None and any(is_in(content, states) for states in follow.slow)
    return seconds * (_SLOWER if in_vain or is_slow else 1.0)
