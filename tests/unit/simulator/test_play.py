"""Games that are tied, shortened, suspended …, things that rarely happen, and how often the usual ones do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import mean
from typing import Any

import pytest
from tests.unit.simulator.test_play_rules import GAMES, Checker, a_game, is_plate_appearance, played, world

from statsapi_simulator.game_record import Event, GameRecord, Play
from statsapi_simulator.model import Fate
from statsapi_simulator.play.game import play_game

LATER = datetime(2026, 8, 20, 20, 10, tzinfo=UTC)
SECOND_DATE: dict[str, Any] = {"second_date": LATER.date(), "second_starts_at": LATER}


def codes(record: GameRecord) -> list[str]:
    return [status.code for status in record.statuses]


def events(record: GameRecord) -> list[tuple[Play, Event]]:
    return [(play, event) for play in record.plays for event in play.events]


def test_the_same_game_twice_is_the_same() -> None:
    assert play_game(world(), a_game(3)) == played(3)
    assert played(3) != played(4)


@pytest.mark.unmeasured
def test_averages_are_near_the_real_ones() -> None:
    records = [played(number) for number in range(GAMES)]
    plays = [play for record in records for play in record.plays]
    results = Counter(play.event_type for play in plays if is_plate_appearance(play))
    batters = results.total()
    pitches = sum(event.kind == "pitch" for play in plays for event in play.events)
    pitchers = sum(event.event_type == "pitching_substitution" for play in plays for event in play.events)
    hits = results["single"] + results["double"] + results["triple"]
    strikeouts = results["strikeout"] + results["strikeout_double_play"]
    walks = results["walk"] + results["intent_walk"]
    fair = batters - strikeouts - walks - results["hit_by_pitch"] - results["home_run"]
    assert 73 < len(plays) / GAMES < 79
    assert 275 < pitches / GAMES < 305
    assert 7.3 < mean(record.plays[-1].away_score + record.plays[-1].home_score for record in records) < 10.3
    assert 0.20 < strikeouts / batters < 0.25
    assert 0.07 < walks / batters < 0.10
    assert 0.022 < results["home_run"] / batters < 0.038
    assert 0.26 < hits / fair < 0.32
    assert 3.6 < 1 + pitchers / GAMES / 2 < 5
    assert timedelta(minutes=145) < _average_duration(records) < timedelta(minutes=172)


def _average_duration(records: list[GameRecord]) -> timedelta:
    played_for = [record.ends_at - record.first_pitch - timedelta(minutes=record.delay_minutes) for record in records]
    return sum(played_for, timedelta()) / len(records)


@pytest.mark.unmeasured
def test_games_were_longer_before_the_pitch_clock() -> None:
    records = [played(number, 2022) for number in range(GAMES)]
    assert timedelta(minutes=172) < _average_duration(records) < timedelta(minutes=200)


# ---- What becomes of a game ----


def test_states_of_an_ordinary_game() -> None:
    record = played(0)
    assert codes(record) == ["S", "P", "PW", "I", "O", "F"]
    moments = [status.since for status in record.statuses]
    assert moments == sorted(moments)
    advisories = [event for event in record.plays[0].events if event.event_type == "game_advisory"]
    assert [event.description for event in advisories][:3] == [
        "Status Change - Pre-Game",
        "Status Change - Warmup",
        "Status Change - In Progress",
    ]
    assert record.ends_at < record.statuses[-2].since


@pytest.mark.parametrize("game_type", ["R", "S"])
def test_tied_game_ends_level_without_decisions(game_type: str) -> None:
    record = play_game(world(), a_game(500, fate=Fate.TIED, game_type=game_type))
    last = record.plays[-1]
    assert last.away_score == last.home_score
    assert (record.winner, record.loser, record.save) == (None, None, None)
    assert codes(record)[-2:] == ["OT", "FT"]
    Checker(record).check()


def test_shortened_game_counts_after_five_innings() -> None:
    record = play_game(world(), a_game(501, fate=Fate.SHORTENED))
    last = record.plays[-1]
    assert 5 <= last.inning < 9
    assert last.away_score != last.home_score
    assert codes(record)[-3:] == ["IR", "OR", "FR"]
    assert record.winner is not None
    Checker(record).check()


def test_suspended_game_goes_on_at_its_second_date() -> None:
    record = play_game(world(), a_game(502, fate=Fate.SUSPENDED, **SECOND_DATE))
    assert codes(record)[-6:] == ["IR", "UR", "UZ", "I", "O", "F"]
    before = [play for play in record.plays if play.ends_at < LATER]
    after = record.plays[len(before) :]
    assert before[-1].ends_at < LATER - timedelta(days=1) < LATER < after[0].starts_at
    assert any(event.description == "Status Change - Suspended: Rain" for event in after[0].events)
    Checker(record).check()


def test_postponed_game_is_played_at_its_second_date() -> None:
    record = play_game(world(), a_game(503, fate=Fate.POSTPONED, **SECOND_DATE))
    assert codes(record)[:4] == ["S", "DR", "S", "P"]
    assert abs(record.first_pitch - LATER) < timedelta(minutes=10)


def test_cancelled_game_has_no_plays() -> None:
    record = play_game(world(), a_game(504, fate=Fate.CANCELLED))
    assert record.plays == ()
    assert codes(record) == ["S", "CR"]


def test_seven_innings() -> None:
    record = play_game(world(2021), a_game(505, 2021, scheduled_innings=7))
    assert record.plays[-1].inning == 7
    Checker(record).check()


def test_a_man_stands_on_second_in_extra_innings_and_his_run_is_unearned() -> None:
    record = _first(lambda record: record.plays[-1].inning > 9)
    first = next(play for play in record.plays if play.inning == 10)
    placed = first.moves[0]
    assert first.events[0].event_type == "runner_placed"
    assert (placed.start, placed.end, placed.event_type, placed.event_index) == (None, "2B", "runner_placed", 0)
    runs = [move for play in record.plays for move in play.moves if move.end == "score" and play.inning > 9]
    assert any(move.team_unearned for move in runs)


@pytest.mark.unmeasured
def test_no_man_is_placed_before_2020_nor_in_october() -> None:
    older = _first(lambda record: record.plays[-1].inning > 9, 2018)
    assert all(event.event_type != "runner_placed" for _, event in events(older))
    october = (play_game(world(), a_game(number, game_type="W")) for number in range(600, 720))
    record = next(record for record in october if record.plays[-1].inning > 9)
    assert all(event.event_type != "runner_placed" for _, event in events(record))


# ---- What happens rarely ----


def _first(wanted: Callable[[GameRecord], object], season: int = 2026, within: range = range(400)) -> GameRecord:
    return next(record for number in within if wanted(record := played(number, season)))


def _has_event(event_type: str) -> Callable[[GameRecord], bool]:
    return lambda record: any(event.event_type == event_type for _, event in events(record))


def _has_result(event_type: str) -> Callable[[GameRecord], bool]:
    return lambda record: any(play.event_type == event_type for play in record.plays)


@pytest.mark.parametrize(
    "event_type",
    [
        "balk",
        "batter_timeout",
        "caught_stealing_2b",
        "defensive_indiff",
        "defensive_substitution",
        "defensive_switch",
        "ejection",
        "injury",
        "mound_visit",
        "offensive_substitution",
        "passed_ball",
        "pickoff_1b",
        "pickoff_caught_stealing_2b",
        "pickoff_error_1b",
        "stolen_base_2b",
        "stolen_base_3b",
        "wild_pitch",
    ],
)
def test_action_occurs(event_type: str) -> None:
    record = _first(_has_event(event_type))
    event = next(event for _, event in events(record) if event.event_type == event_type)
    assert event.kind == "action"
    assert event.description


@pytest.mark.parametrize(
    "event_type",
    [
        "catcher_interf",
        "double_play",
        "fielders_choice",
        "fielders_choice_out",
        "force_out",
        "grounded_into_double_play",
        "intent_walk",
        "sac_bunt",
        "sac_fly",
        "strikeout_double_play",
        "triple",
    ],
)
def test_result_occurs(event_type: str) -> None:
    record = _first(_has_result(event_type))
    play = next(play for play in record.plays if play.event_type == event_type)
    outs = sum(move.out_base is not None for move in play.moves if move.event_index == len(play.events) - 1)
    expected = 2 if "double_play" in event_type else int(event_type in ("fielders_choice_out", "force_out"))
    assert outs == expected or event_type.startswith("sac") or event_type == "triple"


def test_third_strike_that_got_away() -> None:
    def reached(play: Play) -> bool:
        return play.event_type == "strikeout" and play.moves[-1].end == "1B"

    record = _first(lambda record: any(reached(play) for play in record.plays))
    play = next(play for play in record.plays if reached(play))
    strikeout, advance = play.moves[-2:]
    assert (strikeout.end, strikeout.out_base) == (None, None)
    assert advance.event_type in ("wild_pitch", "passed_ball")


def test_winning_run_ends_the_game_and_a_home_run_brings_everybody_home() -> None:
    last = _first(lambda record: record.plays[-1].half == "bottom" and record.plays[-1].outs < 3).plays[-1]
    assert last.home_score > last.away_score
    homer = _first(lambda record: record.plays[-1].event_type == "home_run" and record.plays[-1].half == "bottom")
    moves = homer.plays[-1].moves
    assert all(move.end == "score" for move in moves if move.event_type == "home_run")


def test_pitcher_changes_with_a_count_on_the_batter() -> None:
    def in_the_middle(event: Event) -> bool:
        return event.event_type == "pitching_substitution" and event.balls + event.strikes > 0

    record = _first(lambda record: any(in_the_middle(event) for _, event in events(record)))
    play, event = next(pair for pair in events(record) if in_the_middle(pair[1]))
    assert play.pitcher_id == event.player_id != event.replaced_id


def test_a_fielder_pitches_only_when_all_is_lost() -> None:
    def by_a_fielder(event: Event) -> bool:
        new = world().people.get(event.player_id or 0)
        return event.event_type == "pitching_substitution" and new is not None and new.primary_position not in "1Y"

    record = _first(lambda record: any(by_a_fielder(event) for _, event in events(record)))
    play, event = next(pair for pair in events(record) if by_a_fielder(pair[1]))
    assert abs(event.away_score - event.home_score) >= 8
    assert {each.pitch.type_code for each in play.events if each.pitch} == {"FA"}


def test_the_pitcher_bats_where_the_designated_hitter_is_lost() -> None:
    def takes_a_slot(event: Event) -> bool:
        return event.event_type == "pitching_substitution" and event.slot is not None

    record = _first(lambda record: any(takes_a_slot(event) for _, event in events(record)))
    play, event = next(pair for pair in events(record) if takes_a_slot(pair[1]))
    moved = play.events[play.events.index(event) - 1]
    assert moved.event_type == "defensive_switch"
    assert moved.slot != event.slot


def test_pitchers_bat_in_one_league_until_2021() -> None:
    home = next(team for team in world(2018).teams.values() if team.league_id == 104)
    record = play_game(world(2018), a_game(700, 2018, home_id=home.id, away_id=901, venue_id=home.venue_id))
    assert record.home.positions[8] == record.away.positions[8] == "1"
    assert record.home.order[8] == record.home.pitcher
    Checker(record).check()


def test_two_way_player_starts_and_bats() -> None:
    def of(record: GameRecord) -> list[int]:
        return [line.pitcher for line in (record.away, record.home) if line.pitcher in line.order]

    record = _first(of)
    line = record.away if record.away.pitcher in record.away.order else record.home
    assert line.positions[line.order.index(line.pitcher)] == "10"
    assert world().people[line.pitcher].primary_position == "Y"


def test_ball_strike_challenges_since_2026() -> None:
    record = _first(lambda record: any(event.review and event.review.kind == "MJ" for _, event in events(record)))
    event = next(event for _, event in events(record) if event.review and event.review.kind == "MJ")
    assert event.call in ("B", "C")
    assert event.review is not None
    assert event.review.player_id is not None
    assert event.review.ends_at > event.ends_at
    for number in range(GAMES):
        used = _failed_challenges(played(number))
        assert all(count <= 2 or played(number).plays[-1].inning > 9 for count in used.values())
    older = [review for _, event in events(played(0, 2022)) if (review := event.review)]
    assert all(review.kind != "MJ" for review in older)


def _failed_challenges(record: GameRecord) -> Counter[int]:
    reviews = [event.review for _, event in events(record)] + [play.review for play in record.plays]
    return Counter(
        each.team_id for each in reviews if each and each.kind == "MJ" and not each.overturned and each.team_id
    )


def test_manager_who_is_thrown_out_is_in_no_line_up() -> None:
    def is_manager(event: Event) -> bool:
        person = world().people.get(event.player_id or 0)
        return event.event_type == "ejection" and person is not None and not person.is_player

    record = _first(lambda record: any(is_manager(event) for _, event in events(record)))
    ejected = next(event.player_id for _, event in events(record) if is_manager(event))
    clubs = (world().teams[record.scheduled.away_id], world().teams[record.scheduled.home_id])
    assert ejected in {club.manager.id for club in clubs}


def test_clock_violations_since_2023() -> None:
    record = _first(lambda record: any(event.violation for _, event in events(record)))
    event = next(event for _, event in events(record) if event.violation)
    assert event.kind == "no_pitch"
    assert event.call in ("VP", "AC")
    assert all(not event.violation for number in range(GAMES) for _, event in events(played(number, 2022)))


@pytest.mark.unmeasured
def test_umpire_who_leaves() -> None:
    record = _first(lambda record: record.umpires_change_at, within=range(410, 800))
    assert record.umpires_later is not None
    assert len(record.umpires_later) == 3
    assert record.umpires_later[0][0] == "Home Plate"
    assert _has_event("umpire_substitution")(record)


def test_result_that_was_taken_back_for_a_while() -> None:
    record = _first(lambda record: any(play.reopened_at for play in record.plays))
    index, play = next((index, play) for index, play in enumerate(record.plays) if play.reopened_at)
    assert play.reopened_at is not None
    assert play.closed_again_at is not None
    assert play.ends_at < play.reopened_at < play.closed_again_at < record.plays[index + 1].events[0].starts_at


# ---- What is corrected later ----


@pytest.mark.unmeasured
def test_rescored_games_still_obey_the_rules() -> None:
    kinds = set()
    for number in range(200):
        record = played(number)
        for change in record.changes:
            old = record.plays[change.play.index]
            assert change.play != old
            assert change.announced_at > record.statuses[-1].since
            kinds.add((old.event_type, change.play.event_type) if old.event_type != change.play.event_type else None)
        corrected = list(record.plays)
        for change in record.changes:
            corrected[change.play.index] = change.play
        Checker(replace(record, plays=tuple(corrected))).check()
    assert kinds >= {("single", "field_error"), None}


def test_hit_that_becomes_an_error_takes_runs_batted_in_with_it() -> None:
    def is_rescored(record: GameRecord) -> bool:
        return any(record.plays[change.play.index].event_type == "single" for change in record.changes) and any(
            change.play.event_type == "field_error" for change in record.changes
        )

    record = _first(is_rescored)
    change = next(change for change in record.changes if change.play.event_type == "field_error")
    assert change.play.rbi == 0
    batter = next(move for move in change.play.moves if move.runner_id == change.play.batter_id)
    assert batter.credits[0].credit == "f_fielding_error"
    assert "reaches on a fielding error by" in change.play.description
    assert all(not move.earned or move.event_type != "field_error" for move in change.play.moves)
