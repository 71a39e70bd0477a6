"""What stands around the game: when and where, who against whom, the weather, challenges, flags."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from statsapi_simulator.feed.book import Book
from statsapi_simulator.feed.moment import Moment, Seen
from statsapi_simulator.feed.names import Node, moment, second, without_points
from statsapi_simulator.feed.plays import reviews
from statsapi_simulator.feed.rates import share
from statsapi_simulator.feed.shapes import Shape
from statsapi_simulator.feed.status import status_of
from statsapi_simulator.feed.tally import Tally
from statsapi_simulator.feed.times import game_minutes, local, starts_at
from statsapi_simulator.game_record import Review
from statsapi_simulator.model import SIDES, ScheduledGame, Side
from statsapi_simulator.pages import venue_page
from statsapi_simulator.standings import standing
from statsapi_simulator.world.dates import baseball_day
from statsapi_simulator.world.season import World

_MOUND_VISITS = {Shape.Y2018: 6, Shape.Y2022: 5, Shape.Y2023: 5}  # since: four
_ABS_CHALLENGES = 2
_BACK = ("wildCard", "league", "springLeague", "sport", "division", "conference")


def game_data(book: Book, now: Moment, tally: Tally) -> Node:
    """Return `gameData`."""
    scheduled, record = book.record.scheduled, book.record
    venue = book.world.venues[scheduled.venue_id]
    condition, temperature, wind = record.weather
    written: Node = {
        "game": _game(book),
        "datetime": _datetime(book, now),
        "status": {**status_of(now.status.code), **_reason(now), "startTimeTBD": False},
        "teams": {side: {**book.team_pages[side], "record": _record(book, side, now)} for side in SIDES},
        "players": book.players,
        "venue": _venue(book),
        "officialVenue": {"id": venue.id, "link": f"/api/v1/venues/{venue.id}"},
        "weather": {"condition": condition, "temp": temperature, "wind": wind} if tally.halves else {},
        "gameInfo": _game_info(book, now, tally),
        "review": _replay_challenges(book, now),
        "absChallenges": _abs_challenges(book, now),
        "flags": _flags(now, tally),
        "alerts": [],
        "probablePitchers": {side: _probable(book, who) for side, who in zip(SIDES, record.probable, strict=True)},
        "moundVisits": _mound_visits(book, now),
    }
    if now.line_ups_known:
        written["officialScorer"] = book.ref(record.official_scorer)
        written["primaryDatacaster"] = book.ref(record.datacaster)
    return written


def _venue(book: Book) -> Node:
    page = venue_page(book.world.venues[book.record.scheduled.venue_id], book.season, starts_at(book))
    if book.drops_points:
        without_points(page["location"])
    return page


def _game(book: Book) -> Node:
    scheduled, day = book.record.scheduled, book.record.scheduled.official_date
    return {
        "pk": book.pk,
        "type": scheduled.game_type,
        "doubleHeader": scheduled.double_header,
        "id": game_id(book.world, scheduled),
        "gamedayType": "P",
        "tiebreaker": "N",
        "gameNumber": scheduled.game_number,
        "calendarEventID": f"14-{book.pk}-{day.isoformat()}",
        "season": str(book.season),
        "seasonDisplay": str(book.season),
    }


def game_id(world: World, game: ScheduledGame) -> str:
    """Return the name that a game has beside its number: date, clubs, and which of a doubleheader it is."""
    away, home = (world.teams[team].team_code for team in (game.away_id, game.home_id))
    return f"{game.official_date:%Y/%m/%d}/{away}mlb-{home}mlb-{game.game_number}"


def _datetime(book: Book, now: Moment) -> Node:
    """Return when the game is to begin: a postponed one on its second date, once that is known."""
    scheduled = book.record.scheduled
    moved = any(status.code[0] == "D" and status.since <= now.at for status in book.record.statuses)
    starts, day = (starts_at(book), scheduled.official_date) if moved else (scheduled.starts_at, scheduled.first_date)
    start = local(book, starts)
    return {
        "dateTime": second(starts),
        "originalDate": scheduled.first_date.isoformat(),
        "officialDate": day.isoformat(),
        "dayNight": scheduled.day_night,
        "time": f"{start.hour % 12 or 12}:{start:%M}",
        "ampm": f"{start:%p}",
    }


def _reason(now: Moment) -> Node:
    return {"reason": now.status.reason} if now.status.reason is not None else {}


def _probable(book: Book, player_id: int) -> Node:
    """Return a probable pitcher; in 2018 the last name came first."""
    ref, person = book.ref(player_id), book.person(player_id)
    return {**ref, "fullName": f"{person.last_name}, {person.use_name}"} if book.shape is Shape.Y2018 else ref


def _record(book: Book, side: Side, now: Moment) -> Node:
    """Return a club's season so far, and this game once it is over."""
    game = book.record.scheduled
    team, today = book.teams[side].id, baseball_day(now.at)
    before = standing(book.world, (game, game.official_date), team, today, over=lambda earlier: True)
    wins, losses, ties = before.wins, before.losses, 0
    if now.over and book.record.winner is not None:
        won = book.side_of.get(book.record.winner or 0) == side
        wins, losses = wins + won, losses + (not won)
    elif now.over:
        ties = 1
    pct = share(wins, wins + losses, ".000")
    return {
        "gamesPlayed": wins + losses + ties,
        **{f"{name}GamesBack": "-" for name in _BACK},
        "leagueRecord": {"wins": wins, "losses": losses, "ties": ties, "pct": pct},
        "records": {},
        "divisionLeader": False,
        "wins": wins,
        "losses": losses,
        "winningPercentage": pct,
    }


def _game_info(book: Book, now: Moment, tally: Tally) -> Node:
    record, info = book.record, Node()
    if not tally.halves:
        return info
    info["firstPitch"] = moment(record.first_pitch)
    if now.over:
        info["attendance"] = record.attendance
        info["gameDurationMinutes"] = game_minutes(book)
        if record.delay_minutes:
            info["delayDurationMinutes"] = record.delay_minutes
    return info


# ---- Challenges ----


@dataclass(slots=True)
class _Used:
    won: int = 0
    lost: int = 0
    left: int = 0


def _settled(now: Moment) -> Iterable[tuple[Seen, Review]]:
    for seen in now.plays:
        for review in reviews(seen):
            if not now.in_progress(review):
                yield seen, review


def _replay_challenges(book: Book, now: Moment) -> Node:
    used = {side: _Used(left=1) for side in SIDES}
    for _, review in _settled(now):
        for side in SIDES:
            if review.kind != "MJ" and review.team_id == book.teams[side].id:
                used[side].won += review.overturned
                used[side].lost += not review.overturned
    counts: Node = {
        side: {"used": each.won + each.lost, "remaining": max(0, each.left - each.lost)} for side, each in used.items()
    }
    return {"hasChallenges": any(each["used"] for each in counts.values())} | counts


def _abs_challenges(book: Book, now: Moment) -> Node:
    """Count challenges of pitches: two, kept when won; who has none left gets one for each extra inning."""
    used = {side: _Used(left=_ABS_CHALLENGES) for side in SIDES}
    inning, regular = 1, book.record.scheduled.scheduled_innings
    for seen in now.plays:
        if seen.play.inning > inning:
            inning = seen.play.inning
            for each in used.values() if inning > regular else ():
                each.left = max(1, each.left)
        for review in reviews(seen):
            if review.kind != "MJ" or now.in_progress(review):
                continue
            each = used[next(side for side in SIDES if book.teams[side].id == review.team_id)]
            each.won += review.overturned
            each.lost += not review.overturned
            each.left = max(0, each.left - (not review.overturned))
    counts: Node = {
        side: {"usedSuccessful": each.won, "usedFailed": each.lost, "remaining": each.left}
        for side, each in used.items()
    }
    return {"hasChallenges": True} | counts


def _mound_visits(book: Book, now: Moment) -> Node:
    allowed = _MOUND_VISITS.get(book.shape, 4)
    used = dict.fromkeys(SIDES, 0)
    for seen in now.plays:
        used["home" if seen.play.half == "top" else "away"] += sum(
            event.event_type == "mound_visit" for event in seen.events
        )
    return {side: {"used": count, "remaining": max(0, allowed - count)} for side, count in used.items()}


# ---- Flags ----


def _flags(now: Moment, tally: Tally) -> Node:
    """Say who has a no-hitter or a perfect game going: from the sixth inning on, or in the end."""
    flags = dict.fromkeys(("noHitter", "perfectGame"), False)
    for side in SIDES:
        arms, other = tally.clubs[side].pitching.values(), tally.clubs["home" if side == "away" else "away"]
        outs = sum(line["outs"] for line in arms)
        hitless = outs >= 15 and not sum(line["hits"] for line in arms)
        clean = hitless and sum(line["battersFaced"] for line in arms) == outs and not _reached(other.batting.values())
        flags |= {f"{side}TeamNoHitter": hitless, f"{side}TeamPerfectGame": clean}
        flags["noHitter"] = flags["noHitter"] or hitless
        flags["perfectGame"] = flags["perfectGame"] or clean
    return flags


def _reached(lines: Iterable[dict[str, int]]) -> int:
    return sum(line["baseOnBalls"] + line["hitByPitch"] + line["runs"] for line in lines)
