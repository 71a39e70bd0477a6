"""Whatever happens in a game, the rules hold: outs, bases, counts, substitutions, credits, runs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache

import pytest

from statsapi_simulator.game_record import Event, GameRecord, Lineup, Move, Play
from statsapi_simulator.model import Fate, ScheduledGame, Side
from statsapi_simulator.play.game import play_game
from statsapi_simulator.world.season import World, build_world

GAMES = 40
NOT_A_PLATE_APPEARANCE = ("stolen_base", "caught_stealing", "pickoff", "wild_pitch", "passed_ball", "balk")
BALLS, STRIKES = {"B", "*B", "VP", "VB", "H"}, {"C", "S", "W", "T", "M", "AC"}
ORDER = {None: 0, "1B": 1, "2B": 2, "3B": 3, "score": 4}


def a_game(number: int, season: int = 2026, **changes: object) -> ScheduledGame:
    day = date(season, 6, 1) + timedelta(days=number // 15)
    start = datetime(day.year, day.month, day.day, 23, 5, tzinfo=UTC)
    away, home = ((number * 2 + number // 15 + side) % 30 for side in (0, 1))
    known: dict[str, object] = {
        "game_pk": season * 10_000 + number,
        "season": season,
        "game_type": "R",
        "first_date": day,
        "second_date": None,
        "starts_at": start,
        "second_starts_at": None,
        "away_id": 901 + away,
        "home_id": 901 + home,
        "venue_id": 9001 + home,
        "day_night": "night",
        "double_header": "N",
        "game_number": 1,
        "series_game_number": 1,
        "games_in_series": 3,
        "scheduled_innings": 9,
        "fate": Fate.PLAYED,
    }
    return ScheduledGame(**(known | changes))  # type: ignore[arg-type]


@cache
def world(season: int = 2026) -> World:
    return build_world(7, season)


@cache
def played(number: int, season: int = 2026) -> GameRecord:
    return play_game(world(season), a_game(number, season))


def is_plate_appearance(play: Play) -> bool:
    return not play.event_type.startswith((*NOT_A_PLATE_APPEARANCE, "defensive_indiff"))


class Checker:
    """Follows a record play by play, and asserts what must hold."""

    def __init__(self, record: GameRecord) -> None:
        self.record = record
        self.sides: dict[Side, Lineup] = {"away": record.away, "home": record.home}
        self.order = {side: list(lineup.order) for side, lineup in self.sides.items()}
        self.substitutes = {side: [0] * 9 for side in self.sides}
        self.pitcher = {side: lineup.pitcher for side, lineup in self.sides.items()}
        self.unused = {side: {*lineup.bench, *lineup.bullpen} for side, lineup in self.sides.items()}
        self.up = {"away": 0, "home": 0}
        self.bases: dict[int, int] = {}  # base: runner
        self.outs = 0
        self.score = {"away": 0, "home": 0}
        self.responsible: dict[int, int] = {}

    def check(self) -> None:
        half = (1, "top")
        last_end = datetime.min.replace(tzinfo=UTC)
        for index, play in enumerate(self.record.plays):
            assert play.index == index
            if (play.inning, play.half) != half:
                assert self.outs == 3 or self.record.scheduled.fate is not Fate.PLAYED
                assert (play.inning, play.half) == ((half[0], "bottom") if half[1] == "top" else (half[0] + 1, "top"))
                half, self.outs, self.bases = (play.inning, play.half), 0, {}
            for event in play.events:
                assert last_end <= event.starts_at <= event.ends_at or index == 0, (index, event)
                last_end = max(last_end, event.ends_at)
            self._play(play)
        self._end(self.record.plays[-1])

    def _play(self, play: Play) -> None:
        batting: Side = "away" if play.half == "top" else "home"
        fielding: Side = "home" if play.half == "top" else "away"
        batter = self.order[batting][self.up[batting]]
        count = (0, 0)
        outs_before = self.outs
        for index, event in enumerate(play.events):
            if event.event_type in ("offensive_substitution", "pitching_substitution", "defensive_substitution"):
                self._substitution(event, batting if event.event_type[0] == "o" else fielding)
                batter = self.order[batting][self.up[batting]]
            count = self._count(event, count)
            self._moves([move for move in play.moves if move.event_index == index], batting, batter)
            if event.kind == "action":
                assert event.outs == self.outs or event.event_type in ("game_advisory", "umpire_substitution")
            if index == len(play.events) - 1 or event.kind == "action":
                assert (event.away_score, event.home_score) == (self.score["away"], self.score["home"])
        if not play.events:
            self._moves(list(play.moves), batting, batter)
        assert play.batter_id == batter
        assert play.pitcher_id == self.pitcher[fielding]
        assert (play.away_score, play.home_score) == (self.score["away"], self.score["home"])
        assert play.outs == self.outs <= 3
        assert play.rbi == sum(move.rbi for move in play.moves) <= 4
        expected = tuple(self.bases.get(base) if self.outs < 3 else None for base in (1, 2, 3))
        assert play.on_base_after == expected, (play.index, play.moves)
        rows = [move for move in play.moves if move.runner_id == batter and move.start is None]
        if is_plate_appearance(play):
            assert rows
            self.up[batting] = (self.up[batting] + 1) % 9
            assert not play.event_type.startswith("strikeout") or count[1] == 3 or play.events[-1].call == "L"
            assert play.event_type != "walk" or count[0] == 4
        else:
            assert not rows
            assert self.outs == 3 or self._walked_off(play)
        assert play.outs - outs_before == sum(move.out_base is not None for move in play.moves)
        assert play.description.endswith(".")

    def _substitution(self, event: Event, side: Side) -> None:
        assert event.player_id in self.unused[side]
        assert event.player_id is not None
        self.unused[side].remove(event.player_id)
        if event.event_type == "pitching_substitution":
            assert event.replaced_id == self.pitcher[side]
            self.pitcher[side] = event.player_id
        if event.slot is not None:
            slot, sequence = int(event.slot[0]) - 1, int(event.slot[1:])
            self.substitutes[side][slot] += 1
            assert sequence == self.substitutes[side][slot]
            if event.event_type != "pitching_substitution":
                assert self.order[side][slot] == event.replaced_id
            self.order[side][slot] = event.player_id
        if event.position == "12":
            assert event.base is not None
            assert self.bases[event.base] == event.replaced_id
            self.bases[event.base] = event.player_id
            self.responsible[event.player_id] = self.responsible[event.replaced_id or 0]

    @staticmethod
    def _count(event: Event, before: tuple[int, int]) -> tuple[int, int]:
        balls, strikes = before
        if event.call in BALLS:
            balls += 1
        elif event.call in STRIKES:
            strikes += 1
        elif event.call in ("F", "L"):
            strikes = min(2, strikes + 1)
        assert (event.balls, event.strikes) == (balls, strikes)
        assert balls <= 4
        assert strikes <= 3
        return balls, strikes

    def _moves(self, moves: list[Move], batting: Side, batter: int) -> None:
        standing = {runner: base for base, runner in self.bases.items()}
        before = dict(standing)
        for move in moves:
            if move.event_type != "runner_placed" and move.start is not None:
                assert standing[move.runner_id] == ORDER[move.start]
            elif move.event_type != "runner_placed":
                assert move.runner_id == batter
                assert batter not in before
            assert move.origin == {1: "1B", 2: "2B", 3: "3B"}.get(before.get(move.runner_id, 0))
            standing.pop(move.runner_id, None)
            if move.out_base is not None:
                self.outs += 1
                assert move.end is None
                assert move.out_number == self.outs <= 3
                assert [each.credit for each in move.credits].count("f_putout") == 1
                assert move.credits[-1].credit == "f_putout"
            elif move.end == "score":
                self.score[batting] += 1
                assert move.responsible_pitcher_id is not None
                assert move.earned is not move.team_unearned
            elif move.end is not None:
                standing[move.runner_id] = ORDER[move.end]
                assert ORDER[move.end] > ORDER[move.start]
                self.responsible.setdefault(move.runner_id, 0)
        assert len(set(standing.values())) == len(standing), moves
        self.bases = {base: runner for runner, base in standing.items()}

    def _walked_off(self, play: Play) -> bool:
        last = self.record.scheduled.scheduled_innings
        return play.half == "bottom" and play.inning >= last and self.score["home"] > self.score["away"]

    def _end(self, play: Play) -> None:
        record, away, home = self.record, self.score["away"], self.score["home"]
        if record.scheduled.fate in (Fate.TIED, Fate.SHORTENED):
            return
        assert play.inning >= record.scheduled.scheduled_innings
        assert away != home
        assert self.outs == 3 or self._walked_off(play)
        if play.half == "top":
            assert home > away
        before = record.plays[-2]
        walked_off = self.outs < 3
        if walked_off and play.event_type != "home_run":
            assert home == away + 1
        assert before.home_score <= before.away_score or play.half == "top" or not walked_off


@pytest.mark.unmeasured
@pytest.mark.parametrize("season", [2018, 2022, 2026])
def test_rules_hold(season: int) -> None:
    for number in range(GAMES):
        Checker(played(number, season)).check()
