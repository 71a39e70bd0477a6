"""Plays: allPlays, currentPlay, scoringPlays, playsByInning."""

from __future__ import annotations

from datetime import datetime, timedelta

from statsapi_simulator.feed import vintage
from statsapi_simulator.feed.book import Book
from statsapi_simulator.feed.charges import HITS
from statsapi_simulator.feed.events import Writer
from statsapi_simulator.feed.moment import Moment, Seen
from statsapi_simulator.feed.names import Node, event_name, without_points
from statsapi_simulator.feed.runners import runner_rows
from statsapi_simulator.feed.shapes import Shape, prune
from statsapi_simulator.feed.situation import Bases
from statsapi_simulator.feed.tally import Tally
from statsapi_simulator.feed.zones import hot_cold
from statsapi_simulator.game_record import Hit, Play, Review
from statsapi_simulator.model import SIDES, Person
from statsapi_simulator.pages import side_page
from statsapi_simulator.seeded import seeded

_CAPTIVATING = {
    "strikeout": 14,
    "single": 33,
    "double": 34,
    "triple": 65,
    "home_run": 38,
    "grounded_into_double_play": 24,
    "hit_by_pitch": 11,
    "double_play": 60,
    "triple_play": 75,
}
_POST = {"1B": "postOnFirst", "2B": "postOnSecond", "3B": "postOnThird"}
# Not in actionIndex, though they are actions.
_UNLISTED = frozenset({"batter_timeout", "mound_visit"})


def plays(book: Book, moment: Moment, tally: Tally) -> Node:
    """Return `liveData.plays`."""
    every = [play(book, moment, tally, number) for number in range(len(moment.plays))]
    if every:
        every[-1] = {**every[-1], "matchup": {**every[-1]["matchup"], **hot_cold(book, every[-1]["matchup"])}}
    written: Node = {
        "allPlays": every,
        "scoringPlays": [seen.play.index for seen in moment.plays if any(move.end == "score" for move in seen.moves)],
        "playsByInning": _by_inning(book, moment, tally),
    }
    return {**written, "currentPlay": every[-1]} if every else written


def play(book: Book, moment: Moment, tally: Tally, number: int) -> Node:
    """Return one play of allPlays. Those that will not change any more are kept."""
    seen = moment.plays[number]
    if not seen.complete or any(moment.in_progress(review) for review in reviews(seen)):
        return _play(book, moment, tally, number)
    kept = book.plays.get((number, moment.over))
    if kept is None or kept[0] is not seen.play:
        kept = book.plays[number, moment.over] = (seen.play, _play(book, moment, tally, number))
    return kept[1]


def reviews(seen: Seen) -> list[Review]:
    """Return all reviews of a play, the additional ones too."""
    found = [event.review for event in seen.events if event.review is not None]
    if seen.complete and seen.play.review is not None:
        found.append(seen.play.review)
    return [each for review in found for each in (review, *review.additional)]


def _play(book: Book, moment: Moment, tally: Tally, number: int) -> Node:
    seen, who_pitches = moment.plays[number], tally.pitchers[number]
    play, batter_id, pitcher_id = seen.play, tally.batters[number], who_pitches[-1]
    writer = Writer(
        book,
        play.index,
        batter_id,
        moment.at,
        live=not moment.over,
        delay=_delay(book, moment, number),
        told=frozenset(event.action_of for event in seen.play.events if event.action_of is not None),
    )
    pitches, events = 0, []
    for position, event in enumerate(seen.events):
        pitches += event.kind == "pitch"
        events.append(writer.event(position, event, who_pitches[position], pitches))
    runners = runner_rows(book, seen)
    node: Node = {
        "result": _result(seen, moment),
        "about": _about(seen, writer),
        "count": _count(seen, moment, number),
        "matchup": _matchup(book, play, batter_id, pitcher_id, tally.standing[number]),
        "pitchIndex": [position for position, event in enumerate(seen.events) if event.kind != "action"],
        "actionIndex": [
            position
            for position, event in enumerate(seen.events)
            if event.kind == "action" and event.event_type not in _UNLISTED
        ],
        "runnerIndex": list(range(len(runners))),
        "runners": runners,
        "playEvents": events,
        "atBatIndex": play.index,
    }
    if "endTime" in node["about"]:
        node["playEndTime"] = node["about"]["endTime"]
    if seen.complete and play.review is not None:
        node["reviewDetails"] = writer.review(play.review)
    if book.shape is Shape.Y2018:
        vintage.as_in_2018(node, seen)
    prune(node, book.shape, "plays")
    return node


def _delay(book: Book, moment: Moment, number: int) -> timedelta:
    """Return how far the clock of a play is off while the game is on."""
    if moment.over:
        return timedelta()
    return timedelta(milliseconds=seeded("clock", book.pk, number).randint(200, 1400))


def _same_half(moment: Moment, number: int) -> bool:
    one, other = moment.plays[number - 1].play, moment.plays[number].play
    return (one.inning, one.half) == (other.inning, other.half)


def _last_hit(play: Play) -> Hit | None:
    """Return the ball that ended the plate appearance."""
    return play.events[-1].hit if play.events else None


def _result_name(play: Play) -> str:
    """Return the name of the result of a complete play."""
    hit = _last_hit(play)
    return event_name(play.event_type, hit.trajectory if hit else None)


def _result(seen: Seen, moment: Moment) -> Node:
    play, last = seen.play, seen.events[-1] if seen.events else None
    if seen.complete:
        description = play.description
        if play.review is not None and moment.in_progress(play.review):
            description = description.partition(": ")[2] or description
        return {
            "type": "atBat",
            "event": _result_name(play),
            "eventType": play.event_type,
            "description": description,
            "rbi": play.rbi,
            "awayScore": play.away_score,
            "homeScore": play.home_score,
            "isOut": _is_out(play),
        }
    away, home = _score(seen, moment)
    node: Node = {"type": "atBat", "awayScore": away, "homeScore": home}
    if last is not None:
        node |= {"rbi": 0, "isOut": False}
        if last.kind == "action" and last.event_type:
            node["event"] = event_name(last.event_type)
            node["eventType"] = last.event_type
            node["description"] = last.description
    return node


def _is_out(play: Play) -> bool:
    """Whether somebody is out by what ended the play."""
    last = max((number for number, event in enumerate(play.events) if event.kind == "pitch"), default=0)
    return any(move.out_base is not None for move in play.moves if move.event_index >= last)


def _score(seen: Seen, moment: Moment) -> tuple[int, int]:
    """Return the score in a play that is not over: that of its last event, or of the play before it."""
    index = seen.play.index
    previous = moment.plays[index - 1].play if index else None
    away, home = (previous.away_score, previous.home_score) if previous else (0, 0)
    runs = sum(move.end == "score" for move in seen.moves)
    return (away + runs, home) if seen.play.half == "top" else (away, home + runs)


def _about(seen: Seen, writer: Writer) -> Node:
    play = seen.play
    node: Node = {
        "atBatIndex": play.index,
        "halfInning": play.half,
        "isTopInning": play.half == "top",
        "inning": play.inning,
        "startTime": writer.time(min(play.starts_at, writer.at)),
        "isComplete": seen.complete,
        "captivatingIndex": _CAPTIVATING.get(play.event_type, 0) if seen.complete else 0,
    }
    end = _end(seen, writer.at)
    if end is not None:
        node["endTime"] = writer.time(end)
        node["isScoringPlay"] = any(move.end == "score" for move in seen.moves)
        node["hasOut"] = any(move.out_base is not None for move in seen.moves)
    if seen.complete:
        node["hasReview"] = play.review is not None
    return node


def _end(seen: Seen, at: datetime) -> datetime | None:
    if seen.complete:
        return seen.play.ends_at
    return max(seen.play.starts_at, min(seen.events[-1].ends_at, at)) if seen.events else None


def _count(seen: Seen, moment: Moment, number: int) -> Node:
    last = seen.events[-1] if seen.events else None
    outs = seen.play.outs if seen.complete else None
    if outs is None:
        before = moment.plays[number - 1].play.outs if number and _same_half(moment, number) else 0
        outs = before + sum(move.out_base is not None for move in seen.moves)
    return {"balls": last.balls if last else 0, "strikes": last.strikes if last else 0, "outs": outs}


def _matchup(book: Book, play: Play, batter_id: int, pitcher_id: int, bases: Bases) -> Node:
    pitcher, batter = book.person(pitcher_id), book.person(batter_id)
    bats = play.bat_side if (batter_id, pitcher_id) == (play.batter_id, play.pitcher_id) else _bat_side(batter, pitcher)
    node: Node = {
        "batter": book.ref(batter_id),
        "batSide": side_page(bats),
        "pitcher": book.ref(pitcher_id),
        "pitchHand": side_page(pitcher.throws),
        "batterHotColdZones": [],
        "pitcherHotColdZones": [],
        "splits": {"batter": f"vs_{pitcher.throws}HP", "pitcher": f"vs_{bats}HB", "menOnBase": _men_on_base(bases)},
    }
    for base, player_id in bases.items():
        node[_POST[base]] = book.ref(player_id)
    return node


def _bat_side(batter: Person, pitcher: Person) -> str:
    if batter.bats != "S":
        return batter.bats
    return "L" if pitcher.throws == "R" else "R"


def _men_on_base(bases: Bases) -> str:
    if not bases:
        return "Empty"
    if len(bases) == 3:
        return "Loaded"
    return "RISP" if "2B" in bases or "3B" in bases else "Men_On"


def _by_inning(book: Book, moment: Moment, tally: Tally) -> list[Node]:
    innings: list[Node] = []
    for half in tally.halves:
        if half.half == "top":
            innings.append({"top": [], "bottom": [], "hits": {side: [] for side in SIDES}})
        inning = innings[-1]
        inning[half.half] = half.plays
        inning.setdefault("startIndex", half.plays[0])
        inning["endIndex"] = half.plays[-1]
        inning["hits"]["away" if half.half == "top" else "home"] = [
            _hit(book, moment.plays[number]) for number in half.plays if _has_hit(moment.plays[number])
        ]
    return innings


def _has_hit(seen: Seen) -> bool:
    return seen.complete and _last_hit(seen.play) is not None


def _hit(book: Book, seen: Seen) -> Node:
    play, hit = seen.play, _last_hit(seen.play)
    kind = "H" if play.event_type in HITS else "E" if play.event_type == "field_error" else "O"
    place: Node = {"x": hit.x, "y": hit.y} if hit else {}
    return {
        "team": book.team("away" if play.half == "top" else "home"),
        "inning": play.inning,
        "pitcher": book.ref(play.pitcher_id),
        "batter": book.ref(play.batter_id),
        "coordinates": without_points(place) if book.drops_points else place,
        "type": kind,
        "description": _result_name(play),
    }
