"""One wrong thing for each rule of the checker of baseball: what a feed becomes when somebody errs."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

Node = dict[str, Any]
Mutation = Callable[[Node], None]


def plays(feed: Node) -> list[Node]:
    return list(feed["liveData"]["plays"]["allPlays"])


def the(feed: Node, wanted: Callable[[Node], Any]) -> Node:
    """The first play that `wanted` wants, and that is complete."""
    return next(play for play in plays(feed) if play["about"]["isComplete"] and wanted(play))


def pitches(feed: Node) -> Iterator[Node]:
    return (event for play in plays(feed) for event in play["playEvents"] if event["isPitch"])


def moved(play: Node, start: str | None, end: str | None) -> Node | None:
    return next(
        (row for row in play["runners"] if (row["movement"]["start"], row["movement"]["end"]) == (start, end)), None
    )


def stats(feed: Node, group: str) -> Node:
    """Somebody's line."""
    players = feed["liveData"]["boxscore"]["teams"]["home"]["players"].values()
    return next(dict.__getitem__(player["stats"], group) for player in players if player["stats"][group])


def put_out(play: Node) -> Node | None:
    return next((row for row in play["runners"] if row["movement"]["isOut"]), None)


def number_a_play_wrongly(feed: Node) -> None:
    plays(feed)[3]["about"]["atBatIndex"] = 4


def count_an_out_more(feed: Node) -> None:
    the(feed, put_out)["count"]["outs"] += 1


def end_a_turn_by_a_steal(feed: Node) -> None:
    the(feed, lambda play: play["count"]["outs"] < 3)["result"]["eventType"] = "caught_stealing_2b"


def ask_for_another_inning(feed: Node) -> None:
    feed["liveData"]["linescore"]["scheduledInnings"] += 9


def count_a_run_more(feed: Node) -> None:
    plays(feed)[0]["result"]["homeScore"] += 1


def forget_a_scoring_play(feed: Node) -> None:
    feed["liveData"]["plays"]["scoringPlays"].pop()


def count_a_ball_more(feed: Node) -> None:
    next(pitches(feed))["count"]["balls"] += 1


def call_it_both(feed: Node) -> None:
    details = next(pitches(feed))["details"]
    details["isBall"] = not details["isBall"]


def skip_a_pitch_number(feed: Node) -> None:
    next(pitches(feed))["pitchNumber"] += 1


def strike_out_on_a_single(feed: Node) -> None:
    the(feed, lambda play: play["result"]["eventType"] == "single")["result"]["eventType"] = "strikeout"


def start_elsewhere(feed: Node) -> None:
    row = next(row for play in plays(feed) for row in play["runners"] if row["movement"]["start"] == "1B")
    row["movement"]["start"] = "2B"


def pass_a_runner(feed: Node) -> None:
    def two_advance(play: Node) -> bool:
        return len(play["runners"]) == 2 and bool(moved(play, "1B", "2B") and moved(play, None, "1B"))

    play = the(feed, two_advance)
    for row, end in ((moved(play, None, "1B"), "3B"),):
        assert row is not None
        row["movement"]["end"] = end
    matchup = play["matchup"]
    matchup["postOnThird"] = matchup.pop("postOnFirst")


def score_on_an_out(feed: Node) -> None:
    row = put_out(the(feed, put_out))
    assert row is not None
    row["details"]["isScoringEvent"] = True


def place_a_runner_in_the_first(feed: Node) -> None:
    play = plays(feed)[0]
    event = copy.deepcopy(play["playEvents"][0])
    event |= {"type": "action", "isPitch": False, "base": 2, "player": play["matchup"]["batter"]}
    event["details"] = {"eventType": "runner_placed"}
    play["playEvents"].insert(0, event)


def list_pitchers_backwards(feed: Node) -> None:
    teams = feed["liveData"]["boxscore"]["teams"]
    next(teams[side] for side in teams if len(teams[side]["pitchers"]) > 1)["pitchers"].reverse()


def bat_out_of_order(feed: Node) -> None:
    first, second = (play["matchup"] for play in plays(feed)[:2])
    first["batter"], second["batter"] = second["batter"], first["batter"]


def list_the_order_backwards(feed: Node) -> None:
    feed["liveData"]["boxscore"]["teams"]["away"]["battingOrder"].reverse()


def field_elsewhere(feed: Node) -> None:
    row = put_out(the(feed, put_out))
    assert row is not None
    position = row["credits"][0]["position"]
    position["code"] = "4" if position["code"] != "4" else "6"


def leave_a_position_open(feed: Node) -> None:
    players = feed["liveData"]["boxscore"]["teams"]["home"]["players"].values()
    catcher = next(each for each in players if each.get("allPositions", [{}])[0].get("code") == "2")
    catcher["allPositions"][0]["code"] = "7"


def forget_a_putout(feed: Node) -> None:
    row = put_out(the(feed, put_out))
    assert row is not None
    row["credits"] = [each for each in row["credits"] if each["credit"] != "f_putout"]


def credit_a_putout_more(feed: Node) -> None:
    stats(feed, "fielding")["putOuts"] += 1


def count_a_hit_more(feed: Node) -> None:
    feed["liveData"]["linescore"]["innings"][0]["away"]["hits"] += 1


def add_wrongly(feed: Node) -> None:
    feed["liveData"]["linescore"]["teams"]["home"]["runs"] += 1


def bat_a_hit_more(feed: Node) -> None:
    stats(feed, "batting")["hits"] += 1


def earn_a_run_more(feed: Node) -> None:
    stats(feed, "pitching")["earnedRuns"] += 1


def give_the_loser_the_win(feed: Node) -> None:
    decisions = feed["liveData"]["decisions"]
    decisions["winner"], decisions["loser"] = decisions["loser"], decisions["winner"]


def win_twice(feed: Node) -> None:
    stats(feed, "pitching")["wins"] += 1


def forget_a_player(feed: Node) -> None:
    del feed["gameData"]["players"][f"ID{plays(feed)[0]['matchup']['batter']['id']}"]


def name_a_key_wrongly(feed: Node) -> None:
    players = feed["gameData"]["players"]
    players["ID1"] = players.pop(next(iter(players)))


def review_in_silence(feed: Node) -> None:
    event = next(event for event in pitches(feed) if not event["details"]["hasReview"])
    event["reviewDetails"] = {"isOverturned": False, "inProgress": False, "reviewType": "MA"}


def lose_a_challenge_more(feed: Node) -> None:
    feed["gameData"]["absChallenges"]["home"]["usedFailed"] += 1


def challenge_once_more(feed: Node) -> None:
    feed["gameData"]["review"]["home"]["used"] += 1


def turn_round(feed: Node) -> None:
    side = plays(feed)[0]["matchup"]["batSide"]
    side["code"] = "L" if side["code"] == "R" else "R"


def end_before_it_begins(feed: Node) -> None:
    event = next(pitches(feed))
    event["endTime"] = "2000-01-01T00:00:00.000Z"


def stamp_it_early(feed: Node) -> None:
    feed["metaData"]["timeStamp"] = "20000101_000000"


MUTATIONS: dict[str, Mutation] = {
    "play_order": number_a_play_wrongly,
    "outs_of_halves": count_an_out_more,
    "third_out": end_a_turn_by_a_steal,
    "game_end": ask_for_another_inning,
    "score_of_plays": count_a_run_more,
    "indexes_of_plays": forget_a_scoring_play,
    "counts": count_a_ball_more,
    "calls": call_it_both,
    "event_numbers": skip_a_pitch_number,
    "results": strike_out_on_a_single,
    "bases": start_elsewhere,
    "order_kept": pass_a_runner,
    "moves_agree": score_on_an_out,
    "placed_runner": place_a_runner_in_the_first,
    "matchups": turn_round,
    "pitchers": list_pitchers_backwards,
    "batting_order": bat_out_of_order,
    "box_order": list_the_order_backwards,
    "substitutions": field_elsewhere,
    "nine_in_the_field": leave_a_position_open,
    "putouts": forget_a_putout,
    "fielding_lines": credit_a_putout_more,
    "innings_of_plays": count_a_hit_more,
    "totals": add_wrongly,
    "batting_lines": bat_a_hit_more,
    "pitching_lines": earn_a_run_more,
    "decisions": give_the_loser_the_win,
    "decision_lines": win_twice,
    "people_of_plays": forget_a_player,
    "players_of_box": name_a_key_wrongly,
    "review_flags": review_in_silence,
    "abs_challenges": lose_a_challenge_more,
    "manager_challenges": challenge_once_more,
    "times": end_before_it_begins,
    "time_stamp": stamp_it_early,
}
