"""Reading the parameters of a request; what cannot be read is an ApiError that names the parameter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime

from statsapi_simulator.api.errors import bad_parameter

Asked = Mapping[str, str]

_DATES = ("%Y-%m-%d", "%m/%d/%Y")
_TIMECODE = "%Y%m%d_%H%M%S"


def words(asked: Asked, *names: str) -> tuple[str, ...]:
    """Return the members of a comma list, in order; of several names the first that is given counts."""
    text = next(filter(None, (asked.get(name) for name in names)), "")
    return tuple(dict.fromkeys(filter(None, (word.strip() for word in text.split(",")))))


def integers(asked: Asked, *names: str) -> tuple[int, ...]:
    """Return the numbers of a comma list, in order."""
    return tuple(_integer(word, names[0]) for word in words(asked, *names))


def integer(asked: Asked, name: str) -> int | None:
    """Return a number, if there is one."""
    return next(iter(integers(asked, name)), None)


def season(asked: Asked) -> int | None:
    """Return the parameter `season`, if there is one: a year."""
    number = integer(asked, "season")
    if number is not None and not MINYEAR <= number <= MAXYEAR:
        raise bad_parameter("season", str(number), "2026")
    return number


def _integer(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise bad_parameter(name, text, "a number")
    return int(text)


def day(asked: Asked, name: str) -> date | None:
    """Return a date, if there is one: 2026-07-04 or 07/04/2026."""
    text = asked.get(name)
    if not text:
        return None
    for form in _DATES:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    raise bad_parameter(name, text, "2026-07-04")


def timecode(asked: Asked, name: str) -> datetime | None:
    """Return the moment of a timecode, if there is one."""
    text = asked.get(name)
    if not text:
        return None
    try:
        found = datetime.strptime(text, _TIMECODE).replace(tzinfo=UTC)
    except ValueError:
        found = None
    if found is None or found.strftime(_TIMECODE) != text:  # strptime takes 20260704_1600 as well
        raise bad_parameter(name, text, "20260704_160000")
    return found


def moment(asked: Asked, name: str) -> datetime:
    """Return the moment of an ISO time, UTC unless it says otherwise; it has to be there."""
    text = asked.get(name, "")
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise bad_parameter(name, text, "2026-07-04T16:00:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
