"""What the terms of the Stats API mean here: bulk use needs somebody who says that they may (DESIGN section 11)."""

from __future__ import annotations

from mlb_data_platform.errors import BadInputError

NOTICE = (
    "The Stats API is MLB Advanced Media's and allows individual, non-commercial, non-bulk use only"
    " (http://gdx.mlb.com/components/copyright.txt)."
)

# A month: enough to look around, to repair and to catch up. 500 requests are 31 dates of 16 games, the most a date has
# but for doubleheaders; a season is 2,430 games, spring and postseason apart.
MOST_DATES = 31
MOST_REQUESTS = 500


def require_terms(what: str, *, bulk: bool, accepted: bool) -> None:
    """Raise BadInputError, with the notice and how to go on, where `what` is bulk use that nobody accepted."""
    if bulk and not accepted:
        raise BadInputError(f"{what}: this is bulk use. {NOTICE} If you may do this, add --accept-terms")
