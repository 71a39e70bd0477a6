"""`mlb-etl schema drift` and `promote`: what the API sends otherwise is told, and becomes a column."""

from __future__ import annotations

import json
import shutil
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from mlb_data_platform.definitions.drift import Finding, drift
from mlb_data_platform.mapping.load import load_mapping
from tests import simulated
from tests.conftest import PROJECT_DIR, Cli
from tests.integration.support import GAME, Platform, body, insert_game, insert_raw, one, see_again

Node = dict[str, Any]

NOW = datetime.now(UTC)
WEEK = timedelta(days=7)
TEAMS = "team.teams"


@pytest.fixture
def feed() -> Node:
    return deepcopy(simulated.final())


def findings(connection: Connection[Any]) -> dict[tuple[str, str], Finding]:
    return {(each.kind, each.what): each for each in drift(connection, load_mapping(GAME), NOW - WEEK)}


def keep(connection: Connection[Any], feed: Node, days_ago: int, game_pk: int) -> None:
    """Capture and load a feed as that of a game."""
    insert_game(connection, body(feed | {"gamePk": game_pk}), NOW - timedelta(days=days_ago))
    Platform(connection).transform(game_pk)


def test_where_all_is_as_it_was_there_is_nothing_to_tell(connection: Connection[Any], feed: Node) -> None:
    assert findings(connection) == {}
    keep(connection, feed, 1, 1)
    assert findings(connection) == {}
    keep(connection, feed, 20, 2)
    assert findings(connection) == {}


def test_what_is_new_vanished_or_of_another_type_is_told(connection: Connection[Any], feed: Node) -> None:
    keep(connection, feed, 20, 1)
    other = deepcopy(feed)
    other["gameData"]["mascot"] = {"name": "Otto"}
    other["gameData"]["venue"]["name"] = 12
    for player in other["gameData"]["players"].values():
        player.pop("primaryNumber", None)
    keep(connection, other, 3, 2)
    keep(connection, other, 2, 3)
    assert ("vanished", "$.gameData.players.*.primaryNumber") not in findings(connection), "two may be of another kind"
    keep(connection, other, 1, 4)
    found = findings(connection)
    new = found.pop(("new", "$.gameData.mascot.name"))
    assert (new.captures, new.looked_at, new.last_seen) == (3, 3, NOW - timedelta(days=1))
    assert 'e.g. "Otto"' in new.says
    assert found.pop(("vanished", "$.gameData.players.*.primaryNumber")).captures == 0
    assert found.pop(("type", "$.gameData.venue.name")).says == "a number where a text stood"
    assert found == {}


def test_where_no_game_has_begun_hardly_anything_is_missed(connection: Connection[Any], feed: Node) -> None:
    keep(connection, feed, 20, 1)
    for number, game in enumerate(simulated.games(2026, every=500)[:3]):
        ahead = simulated.feed(2026, game.game_pk, game.starts_at - timedelta(days=2))
        keep(connection, ahead, 1, 100 + number)
    vanished = [what for kind, what in findings(connection) if kind == "vanished"]
    assert len(vanished) < 15, "of the hundreds of paths of a game that is over"


def test_what_is_seen_again_is_of_now(connection: Connection[Any], feed: Node) -> None:
    raw_id = insert_game(connection, body(feed | {"mascot": "Otto"}), NOW - timedelta(days=20))
    assert findings(connection) == {}
    see_again(connection, raw_id, NOW - timedelta(days=1))
    assert findings(connection)["new", "$.mascot"].captures == 1
    other = deepcopy(feed)
    other["gameData"]["venue"]["name"] = 12
    insert_game(connection, body(other | {"gamePk": 2}), NOW)
    assert ("type", "$.gameData.venue.name") in findings(connection), "and it was there before"


def test_what_was_noted_while_it_was_loaded_is_told_until_the_mapping_knows_it(
    connection: Connection[Any], feed: Node
) -> None:
    keep(connection, feed | {"mascot": "Otto"}, 1, 1)
    keep(connection, feed, 0, 1)
    noted = findings(connection)["new", "$.mascot"]
    assert (noted.captures, noted.looked_at) == (0, 1)
    assert noted.says.startswith("not in these; first in raw row ")
    connection.execute("UPDATE metadata.schema_drift SET path = '$.gamePk'")  # known by now
    assert findings(connection) == {}


def test_a_value_that_no_rule_lists_is_told(connection: Connection[Any], feed: Node) -> None:
    play = feed["liveData"]["plays"]["allPlays"][0]
    play["playEvents"].append({"type": "dance", "isPitch": False, "index": len(play["playEvents"]), "count": {}})
    keep(connection, feed, 1, 1)
    found = findings(connection)["value", "game.live_game_play_actions.type"]
    assert (found.captures, found.says) == (1, '"dance" is none of action, pickoff, stepoff, no_pitch')


@pytest.fixture
def project(tmp_path: Path, mlb_etl: Cli) -> Path:
    """A copy of what `promote` writes to, which programs take for the project."""
    for name in ("include", "dags", "sql"):
        shutil.copytree(PROJECT_DIR / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    mlb_etl.environment["PYTHONPATH"] = str(tmp_path / "include")
    return tmp_path


def test_what_is_new_becomes_a_column_that_is_filled_from_what_was_captured(
    connection: Connection[Any], mlb_etl: Cli, project: Path
) -> None:
    club = {"id": 9, "season": 2026, "name": "Otters", "abbreviation": "OTT", "sport": {"id": 1}}
    club["nickname"] = "The Swimmers"
    insert_raw(
        connection, TEAMS, json.dumps({"teams": [club]}).encode(), NOW - timedelta(days=1),
        url="http://api/api/v1/teams?sportId=1&season=2026", request_params={"sportId": 1, "season": 2026},
    )  # fmt: skip

    def run(*words: str) -> tuple[int, str]:
        finished = mlb_etl.start(*words)
        out, err = finished.communicate(timeout=120)
        return finished.returncode, out + err

    code, said = run("transform", TEAMS, "--all")
    assert code == 0, said
    code, said = run("schema", "drift", TEAMS)
    assert code == 1
    assert '$.teams[*].nickname: no mapping knows it: e.g. "The Swimmers"' in said
    promotion = ("schema", "promote", TEAMS, "$.teams[*].nickname", "--as", "teams_normalized.nickname")
    mapping = project / "include" / "mappings" / "team" / "teams.yaml"
    snapshot = project / "sql" / "migrations" / "snapshot.json"
    before = mapping.read_text(), snapshot.read_text()
    snapshot.write_text("not what it should be")
    assert run(*promotion)[0] == 2
    assert mapping.read_text() == before[0], "what fails halfway leaves the mapping as it was"
    snapshot.write_text(before[1])
    code, said = run(*promotion)
    assert code == 0, said
    (migration,) = {path.name for path in (project / "sql" / "migrations").glob("*_team_teams.sql")} - {
        path.name for path in (PROJECT_DIR / "sql" / "migrations").glob("*.sql")
    }
    sql = (project / "sql" / "migrations" / migration).read_text(encoding="utf-8")
    assert "ALTER TABLE team.teams_normalized ADD COLUMN nickname text;" in sql
    assert run("db", "migrate")[0] == 0
    assert run("transform", TEAMS, "--all")[0] == 0
    assert one(connection, "SELECT nickname FROM team.teams_normalized") == "The Swimmers"
    assert run("schema", "drift", TEAMS)[0] == 0
    code, said = run("schema", "promote", TEAMS, "$.teams[*].nickname", "--as", "teams_normalized.other")
    assert code == 2
    assert "knows $.teams[*].nickname" in said
