"""The views of plays and pitches say what the feed itself says elsewhere, and what a scorer would."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any

import pytest
from psycopg import Connection
from psycopg.rows import dict_row

from statsapi_simulator.feed.timeline import moments
from tests import recordings, simulated
from tests.conftest import Database
from tests.integration.support import Platform, at, body, insert_game, insert_raw, one
from tests.simulated_api import ask

pytestmark = pytest.mark.unmeasured

Node = dict[str, Any]
Row = dict[str, Any]
BASES = ("first", "second", "third")
_AT_THE_END = 10**6
CHANCES = "game.win_probability"
SEASONS = (2018, 2024, 2026)
GAMES = 5  # of each season
LATER = timedelta(days=365)


@pytest.fixture
def platform(connection: Connection[Any]) -> Platform:
    return Platform(connection)


@dataclass(frozen=True)
class Loaded:
    """Games as they stay, of seasons whose feeds have different shapes, in the tables."""

    connection: Connection[Any]
    feeds: list[Node]


@pytest.fixture(scope="module")
def loaded(module_database: Database) -> Iterator[Loaded]:
    with module_database.connect() as connection:
        feeds = list(_finals())
        for feed in feeds:
            insert_game(connection, body(feed), at(0))
        Platform(connection).transform()
        connection.execute("SELECT metadata.refresh_all_views()")
        yield Loaded(connection, feeds)


def rows(connection: Connection[Any], view: str, game_pk: int) -> list[Row]:
    """The rows of a view for one game, in the order in which it was played."""
    order = "at_bat_index, event_index" if view.endswith("pitch_by_pitch") else "at_bat_index"
    cursor = connection.cursor(row_factory=dict_row)
    return cursor.execute(f"SELECT * FROM {view} WHERE game_pk = %s ORDER BY {order}", [game_pk]).fetchall()


def _finals() -> Iterator[Node]:
    for season in SEASONS:
        played = [game for game in simulated.games(season, every=400) if game.game_type == "R"][:GAMES]
        feeds = [simulated.last_feed(season, game.game_pk) for game in played]
        yield from feeds
    yield next(filter(None, map(_with_a_late_pinch_hitter, feeds)))
    recorded = {each.json["gamePk"]: each.json for each in recordings.of(recordings.LIVE_FEED)}
    yield from (feed for feed in recorded.values() if feed["gameData"]["status"]["abstractGameState"] == "Final")


def _with_a_late_pinch_hitter(feed: Node) -> Node | None:
    """A game in which one comes to bat after the first pitch, where he came before it; None where nobody came."""
    changed = deepcopy(feed) | {"gamePk": 20260000}
    for events in (play["playEvents"] for play in plays(changed)):
        if len(events) > 1 and _is_pinch_hitter(events[0]) and events[1]["isPitch"]:
            events[0], events[1] = events[1] | {"index": 0}, events[0] | {"index": 1}
            return changed
    return None


def _is_pinch_hitter(event: Node) -> bool:
    return bool(event.get("position", {}).get("abbreviation") == "PH" and "replacedPlayer" in event)


def plays(feed: Node) -> list[Node]:
    return list(feed["liveData"]["plays"]["allPlays"])


def id_of(person: Node | None) -> int | None:
    return person["id"] if person else None


def occupants(row: Row, prefix: str) -> list[int | None]:
    return [row[f"{prefix}on_{base}_id"] for base in BASES]


def test_runners_after_a_play_are_those_the_feed_names(loaded: Loaded) -> None:
    compared = 0
    for feed in loaded.feeds:
        states = rows(loaded.connection, "game.play_states", feed["gamePk"])
        assert len(states) == len(plays(feed))
        for play, state in zip(plays(feed), states, strict=True):
            told = [id_of(play["matchup"].get(f"postOn{base.title()}")) for base in BASES]
            if state["outs_after"] < 3 and feed["gameData"]["game"]["season"] != "2018":  # which does not name them
                assert occupants(state, "then_") == told, (feed["gamePk"], state["at_bat_index"])
                compared += 1
    assert compared > 500


@pytest.mark.slow
def test_the_state_of_a_live_game_is_that_of_its_linescore(connection: Connection[Any], platform: Platform) -> None:
    compared = 0
    for minute, feed in enumerate(_under_way()):
        linescore = feed["liveData"]["linescore"]
        insert_game(connection, body(feed), at(minute))
        platform.transform(feed["gamePk"])
        if linescore.get("inningState") in ("Top", "Bottom") and plays(feed):
            state = rows(connection, "game.play_states", feed["gamePk"])[-1]
            told = [id_of(linescore["offense"].get(base)) for base in BASES]
            if state["outs_after"] < 3:
                assert occupants(state, "then_") == told, (feed["gamePk"], linescore)
                compared += any(told)
    assert compared > 20


def _under_way() -> Iterator[Node]:
    for game in [game for game in simulated.games(2026, every=700) if game.game_type == "R"][:3]:
        record = simulated.record(2026, game.game_pk)
        yield from (simulated.feed(2026, game.game_pk, moment) for moment in moments(record)[::12])


def test_each_pitch_stands_beside_what_was_before_it(loaded: Loaded) -> None:
    seen: dict[str, int] = dict.fromkeys(["pitches", "while on base", "new pitchers", "pinch hitters"], 0)
    for feed in loaded.feeds:
        pitches = {
            (row["at_bat_index"], row["event_index"]): row
            for row in rows(loaded.connection, "game.pitch_by_pitch", feed["gamePk"])
        }
        told = list(_as_scored(feed))
        assert len(pitches) == len(told)
        for at_bat_index, event_index, expected in told:
            row = pitches[at_bat_index, event_index]
            found = {name: row[name] for name in expected}
            assert found == expected, (feed["gamePk"], at_bat_index, event_index)
            seen["pitches"] += 1
            seen["while on base"] += row["bases_before"] != "___"
            seen["new pitchers"] += row["pitcher_id"] != plays(feed)[at_bat_index]["matchup"]["pitcher"]["id"]
            seen["pinch hitters"] += row["batter_id"] != plays(feed)[at_bat_index]["matchup"]["batter"]["id"]
    assert all(seen.values()), seen
    impossible = "outs_before > 2 OR balls_before > 3 OR strikes_before > 2"
    assert one(loaded.connection, f"SELECT count(*) FROM game.pitch_by_pitch WHERE {impossible}") == 0
    thrown = one(loaded.connection, "SELECT count(*) FROM game.live_game_pitch_events")
    assert one(loaded.connection, "SELECT count(*) FROM game.pitch_by_pitch") == thrown


def _as_scored(feed: Node) -> Iterator[tuple[int, int, Row]]:
    """What a scorer, who goes through the feed event by event, has written down before each pitch."""
    teams = feed["liveData"]["boxscore"]["teams"]
    card = Card(dict.fromkeys(teams, 0), {side: teams[side]["pitchers"][0] for side in teams})
    for _, half in groupby(plays(feed), lambda play: (play["about"]["inning"], play["about"]["halfInning"])):
        card.outs, card.where, card.knows_runners = 0, {}, True
        for play in half:
            for position, event in enumerate(card.begin(play)):
                card.move(before=position)
                if event["isPitch"]:
                    yield play["about"]["atBatIndex"], position, card.written()
                card.note(event)
            card.end()


@dataclass
class Card:
    """A scorer's card: the score, who pitches for each side, and the half inning so far."""

    score: dict[str, int]
    mound: dict[str, int]
    where: dict[int, str | None] = field(default_factory=dict)
    knows_runners: bool = True  # 2018 does not say for whom one comes in to run
    outs: int = 0
    count: dict[str, int] = field(default_factory=dict)
    batter: int = 0
    play: Node = field(default_factory=dict)
    done: set[int] = field(default_factory=set)

    @property
    def sides(self) -> tuple[str, str]:
        """Who bats, and who is in the field."""
        return ("away", "home") if self.play["about"]["halfInning"] == "top" else ("home", "away")

    def begin(self, play: Node) -> list[Node]:
        self.play, self.count, self.done = play, {"balls": 0, "strikes": 0}, set()
        self.batter = _first_batter(play)
        return list(play["playEvents"])

    def move(self, before: float) -> None:
        """Move the runners that moved before an event: `playIndex` is its position, whatever its `index` says."""
        for number, runner in enumerate(self.play["runners"]):
            index = runner["details"].get("playIndex", -1)  # -1: of a play without events
            if number in self.done or (index if index >= 0 else _AT_THE_END) >= before:
                continue
            self.done.add(number)
            movement, end = runner["movement"], runner["movement"].get("end")
            self.where[runner["details"]["runner"]["id"]] = end
            self.outs += end is None if movement.get("isOut") is None else movement["isOut"]
            self.score[self.sides[0]] += end == "score"

    def note(self, event: Node) -> None:
        """Write down what an event brings that moves nobody."""
        name, player = event["details"].get("event"), (event.get("player") or {}).get("id")
        if name == "Pitching Substitution":
            self.mound[self.sides[1]] = player or self.play["matchup"]["pitcher"]["id"]  # 2018 does not say who comes
        elif name == "Runner Placed On Base" and player:
            self.where[player] = "2B"
        elif event.get("isSubstitution") and event.get("base"):
            self.where |= {player: f"{event['base']}B", event["replacedPlayer"]["id"]: None}
        elif _is_pinch_hitter(event):
            self.batter = player
        elif event.get("position", {}).get("abbreviation") == "PR":
            self.knows_runners = False
        if event["isPitch"] or event["type"] == "no_pitch":
            self.count = {of: max(number, event["count"].get(of, 0)) for of, number in self.count.items()}

    def end(self) -> None:
        self.move(before=float("inf"))
        result = self.play["result"]
        self.outs = self.play["count"]["outs"]
        self.mound[self.sides[1]] = self.play["matchup"]["pitcher"]["id"]
        self.score = {side: result.get(f"{side}Score", runs) for side, runs in self.score.items()}

    def written(self) -> Row:
        """What stands on it, as the view calls it."""
        men = {base: man for man, base in self.where.items()}
        told = enumerate(BASES, 1) if self.knows_runners else ()
        bases = {f"on_{name}_id": men.get(f"{number}B") for number, name in told}
        return {
            **{f"{of}_before": number for of, number in self.count.items()},
            **{f"{side}_score_before": runs for side, runs in self.score.items()},
            "outs_before": self.outs,
            "batter_id": self.batter,
            "pitcher_id": self.mound[self.sides[1]],
            **bases,
        }


def _first_batter(play: Node) -> int:
    """Who stood at the plate when it began: a pinch hitter may have come since."""
    pinch = (event["replacedPlayer"]["id"] for event in play["playEvents"] if _is_pinch_hitter(event))
    return int(next(pinch, play["matchup"]["batter"]["id"]))


def test_what_plays_are_worth_adds_up(loaded: Loaded) -> None:
    connection = loaded.connection
    expectancy = {
        (row["season"], row["bases"], row["outs"]): row
        for row in connection.cursor(row_factory=dict_row).execute("SELECT * FROM game.run_expectancy")
    }
    assert one(connection, "SELECT count(*) FROM game.run_expectancy WHERE bases = '___' AND outs = 0") >= len(SEASONS)
    compared = 0
    for feed in [feed for feed in loaded.feeds if feed["gameData"]["game"]["type"] == "R"]:
        season = int(feed["gameData"]["game"]["season"])
        values = rows(connection, "game.play_values", feed["gamePk"])
        for _, group in groupby(values, lambda row: (row["inning"], row["half_inning"])):
            half = list(group)
            if all(row["re24"] is not None for row in half) and half[-1]["outs_after"] == 3:
                empty = expectancy[season, "___", 0]["runs"]
                start = half[0]["run_expectancy_before"]
                assert sum(row["re24"] for row in half) == pytest.approx(sum(row["runs"] for row in half) - start)
                assert start == empty or half[0]["inning"] > 9, "from the tenth inning on there is a runner on second"
                compared += 1
    assert compared > 100


def test_the_chance_to_win_is_that_of_the_api(connection: Connection[Any], platform: Platform) -> None:
    game_pk = simulated.final()["gamePk"]
    now = simulated.record(2026, game_pk).statuses[-1].since + LATER
    told = _chances(connection, platform, simulated.final(), ask(f"/api/v1/game/{game_pk}/winProbability", now))
    assert told[-1]["home_win_probability_after"] in (0, 100)


@pytest.mark.recordings
def test_the_chance_to_win_is_that_of_the_api_in_a_recorded_game(
    connection: Connection[Any], platform: Platform
) -> None:
    answers = {_game_pk(each.url): each.json for each in recordings.of(r"/api/v1/game/\d+/winProbability")}
    if not answers:
        pytest.skip(recordings.ABSENT)
    compared = 0
    for recorded in recordings.of(recordings.LIVE_FEED):
        if answer := answers.pop(_game_pk(recorded.url), None):
            values = _chances(connection, platform, recorded.json, answer)
            (metrics,) = recordings.of(f"/api/v1/game/{_game_pk(recorded.url)}/contextMetrics")
            assert values[-1]["home_win_probability_after"] == metrics.json["homeWinProbability"]
            compared += 1
    assert compared


def test_a_game_that_has_hardly_begun_has_plays_without_chances(connection: Connection[Any]) -> None:
    game_pk, chances = simulated.final()["gamePk"], Platform(connection, CHANCES)
    path = f"/api/v1/game/{game_pk}/winProbability"
    warming_up = simulated.record(2026, game_pk).plays[0].starts_at - timedelta(minutes=60)
    insert_raw(
        connection,
        CHANCES,
        body(ask(path, warming_up)),
        at(0),
        url=f"http://api{path}",
        request_params={"gamePk": game_pk},
    )
    chances.transform()
    plays = rows(connection, "game.win_probability_plays", game_pk)
    assert [row["home_team_win_probability"] for row in plays] == [None]


def test_a_list_without_plays_takes_no_play_back(connection: Connection[Any]) -> None:
    game_pk, chances = simulated.final()["gamePk"], Platform(connection, CHANCES)
    path = f"/api/v1/game/{game_pk}/winProbability"
    insert = partial(insert_raw, connection, CHANCES, url=f"http://api{path}", request_params={"gamePk": game_pk})
    insert(body(ask(path, simulated.record(2026, game_pk).plays[-1].ends_at + timedelta(hours=2))), at(0))
    chances.transform()
    plays = rows(connection, "game.win_probability_plays", game_pk)
    insert(b"[]", at(1))
    (error,) = chances.errors_of_transform()
    assert "atBatIndex" in str(error)
    assert rows(connection, "game.win_probability_plays", game_pk) == plays != []


def _game_pk(url: str) -> int:
    return int(url.partition("/game/")[2].partition("/")[0])


def _chances(connection: Connection[Any], platform: Platform, feed: Node, answer: list[Node]) -> list[Row]:
    """The values of the plays of a game, once they were found to be what the API answers."""
    game_pk = feed["gamePk"]
    insert_game(connection, body(feed), at(0))
    platform.transform(game_pk)
    url = f"http://api/api/v1/game/{game_pk}/winProbability"
    insert_raw(connection, CHANCES, body(answer), at(0), url=url, request_params={"gamePk": game_pk})
    Platform(connection, CHANCES).transform()
    values = rows(connection, "game.play_values", game_pk)
    added = {play["atBatIndex"]: sum(map(_added, [play, *play["playEvents"]])) for play in answer}
    for row in values:
        side = -1 if row["half_inning"] == "top" else 1
        assert row["wpa"] * side * 100 == pytest.approx(added[row["at_bat_index"]], abs=0.11)  # it rounds to tenths
    last = rows(connection, "game.pitch_by_pitch", game_pk)[-1]
    assert last["home_win_probability_after"] == values[-1]["home_win_probability_after"]
    return values


def _added(event: Node) -> float:
    """What a play, or a stolen base within it, added to the chance of the home team, in percent."""
    return float(event.get("homeTeamWinProbabilityAdded") or 0)


def _season_line(connection: Connection[Any], view: str, player_id: int) -> Row:
    cursor = connection.cursor(row_factory=dict_row)
    found = cursor.execute(f"SELECT * FROM {view} WHERE player_id = %s", [player_id]).fetchone()
    assert found is not None
    return found


@pytest.mark.parametrize(("group", "view"), [("hitting", "season_batting"), ("pitching", "season_pitching")])
def test_the_lines_of_a_season_are_those_of_the_api(
    connection: Connection[Any], platform: Platform, group: str, view: str
) -> None:
    world = simulated.world(2026)
    opening = min(game.starts_at for game in world.schedule if game.game_type == "R")
    now: datetime = opening + timedelta(hours=20)
    for game in world.schedule:
        if game.starts_at < now and game.game_type == "R":
            insert_game(connection, body(simulated.feed(2026, game.game_pk, now)), at(0))
    platform.transform()
    asked = {"stats": "season", "group": group, "sportId": 1, "season": 2026}
    (stats,) = ask("/api/v1/stats", now, **asked)["stats"]
    assert len(stats["splits"]) > 30
    for split in stats["splits"]:
        line = _season_line(connection, f"game.{view}", split["player"]["id"])
        told = {name: value for name, value in split["stat"].items() if _column(name) in line}
        assert len(told) > 15
        for name, value in told.items():
            found = line[_column(name)]
            same = value in ("-.--", ".---") if found is None else str(value).lstrip("0") == str(found).lstrip("0")
            assert same, (split["player"], name, value, found)


def test_plate_appearances_are_the_turns_at_the_plate_of_seasons_that_do_not_tell_them_too(loaded: Loaded) -> None:
    """A runner who is put out may end an inning, and a turn that does not count."""
    turns = """
        SELECT game.season, game.game_type, play.batter_id, count(*)
        FROM game.live_game_plays AS play JOIN game.live_game_metadata AS game USING (game_pk)
        WHERE play.is_complete AND play.result_type = 'atBat' AND play.event !~ '^(Runner Out|Caught Stealing|Pickoff)'
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    """
    told = """
        SELECT season, game_type, player_id, plate_appearances
        FROM game.season_batting WHERE plate_appearances > 0 ORDER BY 1, 2, 3
    """
    found = loaded.connection.execute(told).fetchall()
    assert found == loaded.connection.execute(turns).fetchall()
    assert {season for season, *_ in found} >= set(SEASONS)


def _column(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
