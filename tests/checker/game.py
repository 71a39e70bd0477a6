"""What every `game.live_game_…` table holds for one feed/live response (DESIGN section 6, FEED.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psycopg import Connection

from tests.checker.compare import ExpectedTable, Row, differences
from tests.checker.reading import get, snake

Feed = dict[str, Any]
SIDES = ("away", "home")

KEYS: dict[str, tuple[str, ...]] = {
    "live_game_metadata": (),
    "live_game_linescore_innings": ("inning",),
    "live_game_players": ("player_id",),
    "live_game_plays": ("at_bat_index",),
    "live_game_pitch_events": ("at_bat_index", "event_index"),
    "live_game_play_actions": ("at_bat_index", "event_index"),
    "live_game_hit_data": ("at_bat_index", "event_index"),
    "live_game_runners": ("at_bat_index", "runner_index"),
    "live_game_fielding_credits": ("at_bat_index", "runner_index", "credit_index"),
    "live_game_scoring_plays": ("at_bat_index",),
    "live_game_batting_order": ("side", "batting_slot", "slot_sequence"),
    "live_game_pitchers": ("side", "ordinal"),
    "live_game_bench": ("side", "ordinal"),
    "live_game_bullpen": ("side", "ordinal"),
    "live_game_boxscore_batting": ("side", "player_id"),
    "live_game_boxscore_pitching": ("side", "player_id"),
    "live_game_boxscore_fielding": ("side", "player_id"),
    "live_game_boxscore_teams": ("side",),
    "live_game_umpires": ("official_type",),
    "live_game_venue_details": (),
    "live_game_decisions": ("decision",),
    "live_game_reviews": ("at_bat_index", "event_index", "review_index"),
    "live_game_challenges": ("side", "kind"),
    "live_game_probable_pitchers": ("side",),
}


def compare(connection: Connection[Any], feed: Feed) -> list[str]:
    """Return every difference between the tables of this game and `feed`; an empty list means they agree."""
    return [line for table in expected(feed) for line in differences(connection, table)]


def expected(feed: Feed) -> list[ExpectedTable]:
    """Return the rows each table must hold for the game of `feed`."""
    rows: dict[str, list[Row]] = {table: [] for table in KEYS}
    for table, row in _rows(feed):
        rows[table].append(row)
    scope = {"game_pk": feed["gamePk"]}
    return [ExpectedTable("game", table, scope, key, rows[table]) for table, key in KEYS.items()]


def _rows(feed: Feed) -> Iterator[tuple[str, Row]]:
    game, live = feed["gameData"], feed["liveData"]
    yield "live_game_metadata", _metadata(game, live)
    yield "live_game_venue_details", _venue(game["venue"])
    for person in game["players"].values():
        yield "live_game_players", _player(person)
    for inning in get(live, "linescore", "innings") or []:
        yield "live_game_linescore_innings", _inning(inning)
    for play in live["plays"]["allPlays"]:
        yield from _play(play)
    for at_bat_index in get(live, "plays", "scoringPlays") or []:
        yield "live_game_scoring_plays", {"at_bat_index": at_bat_index}
    for decision in ("winner", "loser", "save"):
        if person := get(live, "decisions", decision):
            yield "live_game_decisions", {"decision": decision, "player_id": person["id"]}
    for official in get(live, "boxscore", "officials") or []:
        row = {"official_type": official["officialType"], "umpire_id": get(official, "official", "id")}
        yield "live_game_umpires", row
    for side in SIDES:
        yield from _before_the_game(game, side)
        yield from _box_score(live["boxscore"]["teams"][side], side)


def _metadata(game: Feed, live: Feed) -> Row:
    return {
        "season": game["game"]["season"],
        "game_type": game["game"]["type"],
        # 2018 has no officialDate
        "official_date": game["datetime"].get("officialDate") or game["datetime"].get("originalDate"),
        "abstract_game_state": game["status"]["abstractGameState"],
        "detailed_state": game["status"]["detailedState"],
        "home_team_id": game["teams"]["home"]["id"],
        "away_team_id": game["teams"]["away"]["id"],
        "home_runs": get(live, "linescore", "teams", "home", "runs"),
        "away_runs": get(live, "linescore", "teams", "away", "runs"),
        "venue_id": game["venue"]["id"],
    }


def _venue(venue: Feed) -> Row:
    return {"venue_id": venue["id"], "name": venue.get("name"), "capacity": get(venue, "fieldInfo", "capacity")}


def _player(person: Feed) -> Row:
    return {
        "player_id": person["id"],
        "full_name": person.get("fullName"),
        "birth_date": person.get("birthDate"),
        "primary_number": person.get("primaryNumber"),
    }


def _inning(inning: Feed) -> Row:
    row = {"inning": inning["num"]}
    for side in SIDES:
        for feed_name, column in (
            ("runs", "runs"),
            ("hits", "hits"),
            ("errors", "errors"),
            ("leftOnBase", "left_on_base"),
        ):
            row[f"{side}_{column}"] = get(inning, side, feed_name)
    return row


def _play(play: Feed) -> Iterator[tuple[str, Row]]:
    about, result = play["about"], play["result"]
    at_bat = {"at_bat_index": about["atBatIndex"]}
    yield (
        "live_game_plays",
        at_bat
        | {
            "inning": about["inning"],
            "half_inning": about["halfInning"],
            "is_complete": about["isComplete"],
            "batter_id": get(play, "matchup", "batter", "id"),
            "pitcher_id": get(play, "matchup", "pitcher", "id"),
            "event": result.get("event"),
            "event_type": result.get("eventType"),
            "description": result.get("description"),
            "rbi": result.get("rbi"),
            "home_score": result.get("homeScore"),
            "away_score": result.get("awayScore"),
        },
    )
    yield from _reviews(at_bat | {"event_index": None}, play.get("reviewDetails"))
    for event_index, event in enumerate(play["playEvents"]):
        yield from _event(at_bat | {"event_index": event_index}, event)
    for runner_index, runner in enumerate(play["runners"]):
        yield from _runner(at_bat | {"runner_index": runner_index}, runner)


def _event(key: Row, event: Feed) -> Iterator[tuple[str, Row]]:
    row = key | {"play_id": event.get("playId")}
    row |= {column: get(event, "count", column) for column in ("balls", "strikes", "outs")}
    if event["isPitch"]:
        row |= {
            "pitch_number": event.get("pitchNumber"),
            "pitch_type_code": get(event, "details", "type", "code"),
            "call_code": get(event, "details", "call", "code"),
            "start_speed": get(event, "pitchData", "startSpeed"),
            "plate_x": get(event, "pitchData", "coordinates", "pX"),
            "spin_rate": get(event, "pitchData", "breaks", "spinRate"),
        }
        yield "live_game_pitch_events", row
    else:
        row |= {
            "type": event["type"],
            "event_type": get(event, "details", "eventType"),
            "player_id": get(event, "player", "id"),
        }
        yield "live_game_play_actions", row
    if hit := event.get("hitData"):
        yield (
            "live_game_hit_data",
            key
            | {
                "launch_speed": hit.get("launchSpeed"),
                "launch_angle": hit.get("launchAngle"),
                "total_distance": hit.get("totalDistance"),
                "trajectory": hit.get("trajectory"),
            },
        )
    yield from _reviews(key, event.get("reviewDetails"))


def _reviews(key: Row, details: Feed | None) -> Iterator[tuple[str, Row]]:
    if not details:
        return
    for review_index, review in enumerate([details, *(details.get("additionalReviews") or [])]):
        yield (
            "live_game_reviews",
            key
            | {
                "review_index": review_index,
                "review_type": review.get("reviewType"),
                "is_overturned": review.get("isOverturned"),
                "challenge_team_id": review.get("challengeTeamId"),
                "player_id": get(review, "player", "id"),
            },
        )


def _runner(key: Row, runner: Feed) -> Iterator[tuple[str, Row]]:
    movement, details = runner["movement"], runner["details"]
    yield (
        "live_game_runners",
        key
        | {
            "runner_id": get(details, "runner", "id"),
            "start_base": movement.get("start"),
            "end_base": movement.get("end"),
            "out_base": movement.get("outBase"),
            "is_out": movement.get("isOut"),
            "event": details.get("event"),
        },
    )
    for credit_index, credit in enumerate(runner.get("credits") or []):
        row = {
            "credit_index": credit_index,
            "player_id": get(credit, "player", "id"),
            "credit": credit.get("credit"),
        }
        yield "live_game_fielding_credits", key | row


def _before_the_game(game: Feed, side: str) -> Iterator[tuple[str, Row]]:
    if person := get(game, "probablePitchers", side):
        yield "live_game_probable_pitchers", {"side": side, "player_id": person["id"]}
    for kind, feed_name in (("abs", "absChallenges"), ("replay", "review"), ("mound_visit", "moundVisits")):
        if allowance := get(game, feed_name, side):
            yield (
                "live_game_challenges",
                {
                    "side": side,
                    "kind": kind,
                    "used": allowance.get("used"),
                    "used_successful": allowance.get("usedSuccessful"),
                    "used_failed": allowance.get("usedFailed"),
                    "remaining": allowance.get("remaining"),
                },
            )


def _box_score(team: Feed, side: str) -> Iterator[tuple[str, Row]]:
    for feed_name in ("pitchers", "bench", "bullpen"):
        for ordinal, player_id in enumerate(team.get(feed_name) or []):
            yield f"live_game_{feed_name}", {"side": side, "ordinal": ordinal, "player_id": player_id}
    for player in team["players"].values():
        player_id = player["person"]["id"]
        if order := player.get("battingOrder"):
            slot, sequence = divmod(int(order), 100)
            row = {"side": side, "batting_slot": slot, "slot_sequence": sequence, "player_id": player_id}
            yield "live_game_batting_order", row
    for group in ("batting", "pitching", "fielding"):
        for row in _stats(team["players"], group):
            yield f"live_game_boxscore_{group}", {"side": side} | row
    if totals := team.get("teamStats"):
        stats = [(group, name, value) for group, values in totals.items() for name, value in values.items()]
        if stats:
            yield "live_game_boxscore_teams", {"side": side} | {f"{g}_{snake(n)}": value for g, n, value in stats}


def _stats(players: Feed, group: str) -> Iterator[Row]:
    """Rows of those who have stats of `group`; a stat that only others have is expected to be NULL."""
    blocks = {player["person"]["id"]: get(player, "stats", group) for player in players.values()}
    names = sorted({name for stats in blocks.values() if stats for name in stats})
    for player_id, stats in blocks.items():
        if stats:
            yield {"player_id": player_id} | {snake(name): stats.get(name) for name in names}
