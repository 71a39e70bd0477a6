"""The parameters of statistics: types and groups, each of which the API's own lists have to know."""

from __future__ import annotations

from collections.abc import Mapping

from statsapi_simulator.api import parameters
from statsapi_simulator.api.enumerations import codes
from statsapi_simulator.api.errors import bad_parameter
from statsapi_simulator.ledger.lines import GROUPS

_SEASON = "season"


def types(asked: Mapping[str, str]) -> tuple[str, ...]:
    """Return the types that are asked for: the season's where none is. Raises ApiError for one that nobody knows."""
    return _known(parameters.words(asked, "stats", "type"), "statTypes", _SEASON) or (_SEASON,)


def groups(asked: Mapping[str, str]) -> tuple[str, ...]:
    """Return the groups that are asked for, as far as games have them: all where none is. Raises as `types` does."""
    words = _known(parameters.words(asked, "group", "statGroup"), "statGroups", GROUPS[0])
    return tuple(word for word in words or GROUPS if word in GROUPS)


def _known(words: tuple[str, ...], name: str, example: str) -> tuple[str, ...]:
    known = {each["displayName"] for each in codes()[name]}
    for word in words:
        if word not in known:
            raise bad_parameter(name, word, example)
    return words
