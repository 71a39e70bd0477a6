"""The league's answers have the keys and types of recorded ones; where they have more or less, it is told here."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from tests import recordings
from tests.simulated_api import SEASON, ask, league

pytestmark = [
    pytest.mark.recordings,
    pytest.mark.skipif(recordings.folder() is None, reason=recordings.ABSENT),
]

NOW = datetime(SEASON, 4, 1, 14, tzinfo=UTC)
_NUMBERS = {"int", "float"}
_STUBS = "stubs/game"
_STUB = "gamePk=747175_timecode=20241027_120000.json.gz"
_PLAY_EVENTS = "[].playEvents[]"


@dataclass(frozen=True)
class Case:
    """An endpoint and its recording; `more` has ours that was not recorded there, `lacks` the recorded one."""

    recording: str
    path: str
    asked: dict[str, str]
    more: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return self.path.removeprefix("/api/v1/")


def _man(place: int) -> int:
    return league().games.world(SEASON).teams[901].roster[place].id


def _cases() -> Iterator[Case]:
    pitcher, hitter, game = _man(0), _man(13), league().games.world(SEASON).schedule[0].game_pk
    copyright_less = (".copyright",)  # recorded through a client that drops it
    yield Case(
        "other/standings_2025.json.gz", "/api/v1/standings", {}, lacks=(".records[].teamRecords[].clinchIndicator",)
    )
    yield Case(
        "stubs/team/coaches/coaches_teamId=147_season=2024.json.gz", "/api/v1/teams/901/coaches", {}, copyright_less
    )
    yield Case(
        "team/roster_angels_2025.json.gz", "/api/v1/teams/901/roster/40Man", {}, more=(".roster[].parentTeamId",)
    )
    log = {"stats": "gameLog"}
    yield Case("person/stats_gamelog_trout_2025.json.gz", f"/api/v1/people/{hitter}/stats", {**log, "group": "hitting"})
    yield Case(
        "person/stats_gamelog_kikuchi_2025.json.gz", f"/api/v1/people/{pitcher}/stats", {**log, "group": "pitching"}
    )
    yield Case(
        "stubs/team/stats/stats_group=hitting_season=2024_sportId=1.json.gz",
        "/api/v1/teams/stats",
        {"group": "hitting"},
        copyright_less,
    )
    yield Case(
        "person/trout_2025.json.gz",
        f"/api/v1/people/{hitter}",
        {"hydrate": "currentTeam"},
        more=(".copyright", *(f".people[].{name}" for name in _OPTIONAL)),
        lacks=tuple(f".people[].{name}" for name in _OPTIONAL),
    )
    yield Case(
        f"{_STUBS}/getWinProbability/getWinProbability_{_STUB}",
        f"/api/v1/game/{game}/winProbability",
        {},
        more=(  # of other years and games
            *(f"{_PLAY_EVENTS}.pitchData.strikeZone{name}" for name in ("Width", "Depth")),
            f"{_PLAY_EVENTS}.reviewDetails",
            f"{_PLAY_EVENTS}.details.violation",
            "[].matchup.batterHotColdZones[]",
            "[].matchup.batterHotColdZoneStats",
        ),
        lacks=(
            "[].flags[]",
            *(f"{_PLAY_EVENTS}.{name}" for name in ("defense", "offense", "officials")),
        ),
    )
    yield Case(
        f"{_STUBS}/getGameContextMetrics/getGameContextMetrics_{_STUB}", f"/api/v1/game/{game}/contextMetrics", {}
    )
    yield Case("team/teams_2025.json.gz", "/api/v1/teams", {})
    yield Case("venue/venue_1.json.gz", "/api/v1/venues/9001", {})
    for name in (
        *("rosterTypes", "standingsTypes", "leagueLeaderTypes", "baseballStats", "statTypes", "situationCodes"),
        *("metrics", "languages", "platforms", "scheduleEventTypes", "statGroups"),
    ):
        yield Case(f"other/meta/{name}_2018.json.gz", f"/api/v1/{name}", {})


# What not everybody has.
_OPTIONAL = (
    "nickName", "pronunciation", "birthStateProvince", "draftYear", "middleName", "nameMatrilineal", "nameSuffix",
    "nameTitle", "lastPlayedDate", "primaryNumber",
)  # fmt: skip


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in _cases()])
def test_an_answer_has_the_shape_of_a_recorded_one(case: Case) -> None:
    folder = recordings.folder()
    assert folder is not None
    recorded = _paths(json.loads(gzip.decompress((folder / case.recording).read_bytes())))
    ours = _paths(ask(case.path, NOW, **case.asked))
    assert not [path for path in ours if path not in recorded and not path.startswith(case.more or ("?",))]
    assert not [path for path in recorded if path not in ours and not path.startswith(case.lacks or ("?",))]
    for path in ours.keys() & recorded.keys():
        assert ours[path] <= recorded[path] or ours[path] | recorded[path] <= _NUMBERS, path


def _paths(document: Any) -> dict[str, set[str]]:
    """The types found at each path."""
    found: dict[str, set[str]] = {}
    for path, kind in _walk(document, ""):
        found.setdefault(path, set()).add(kind)
    return found


def _walk(value: Any, path: str) -> Iterator[tuple[str, str]]:
    yield path, type(value).__name__
    members = value.items() if isinstance(value, dict) else ()
    for key, member in members:
        yield from _walk(member, f"{path}.{key}")
    for member in value if isinstance(value, list) else ():
        yield from _walk(member, f"{path}[]")
