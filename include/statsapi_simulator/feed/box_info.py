"""The lines of text below a box score, and the notes in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from statsapi_simulator.feed.baseline import baseline
from statsapi_simulator.feed.book import Book
from statsapi_simulator.feed.charges import AT_BATS, HITS
from statsapi_simulator.feed.lines import Line
from statsapi_simulator.feed.moment import Moment
from statsapi_simulator.feed.names import Node, ordinal
from statsapi_simulator.feed.situation import Club
from statsapi_simulator.feed.tally import Tally
from statsapi_simulator.feed.times import first_pitch_text, game_minutes
from statsapi_simulator.model import SIDES

_UMPIRES = {"Home Plate": "HP", "First Base": "1B", "Second Base": "2B", "Third Base": "3B"}
_PINCH_RESULTS = {
    "strikeout": "Struck out",
    "single": "Singled",
    "double": "Doubled",
    "triple": "Tripled",
    "home_run": "Homered",
    "walk": "Walked",
    "intent_walk": "Intentionally walked",
    "hit_by_pitch": "Hit by pitch",
    "field_error": "Reached on error",
    "force_out": "Grounded into a forceout",
    "grounded_into_double_play": "Grounded into double play",
    "fielders_choice": "Reached on a fielder's choice",
    "fielders_choice_out": "Reached on a fielder's choice",
    "sac_fly": "Hit a sacrifice fly",
    "sac_bunt": "Sacrificed",
}


@dataclass(slots=True)
class PinchNotes:
    """What the letters before pinch hitters' names say."""

    prefixes: dict[int, str] = field(default_factory=dict)
    lines: list[Node] = field(default_factory=list)


def pinch_notes(book: Book, moment: Moment, club: Club) -> PinchNotes:
    """Return the notes on who batted or ran for somebody of `club`."""
    notes = PinchNotes()
    half = "top" if club.side == "away" else "bottom"
    for seen in moment.plays:
        for event in seen.events if seen.play.half == half else ():
            if event.event_type != "offensive_substitution" or event.player_id is None or event.replaced_id is None:
                continue
            replaced, inning = book.name(event.replaced_id), ordinal(seen.play.inning)
            if event.position == "12":
                text = f"Ran for {replaced} in the {inning}."
            elif seen.complete and seen.play.batter_id == event.player_id:
                text = f"{_PINCH_RESULTS.get(seen.play.event_type, 'Made an out')} for {replaced} in the {inning}."
            else:
                continue
            letter = "abcdefghijklmnopqrstuvwxyz"[len(notes.lines) % 26]
            notes.prefixes[event.player_id] = f"{letter}-"
            notes.lines.append({"label": letter, "value": text})
    return notes


# ---- Pitchers ----


def outing(book: Book, moment: Moment, club: Club, man: int) -> Line:
    """Return a pitcher's line with what only shows at the end: decision, save, game finished, complete game."""
    line, record = Counter(club.pitching[man]), book.record
    line.update(gamesPlayed=1, gamesPitched=1)
    if not moment.over:
        return line
    line["wins"], line["losses"] = int(man == record.winner), int(man == record.loser)
    line["saves"] = int(man == record.save)
    if man == record.save:
        line["saveOpportunities"], line["holds"], line["blownSaves"] = 1, 0, 0
    elif line["saveOpportunities"] and not line["blownSaves"]:
        line["saveOpportunities"] = 0
    if man == club.pitchers[-1]:
        line["gamesFinished"] = int(len(club.pitchers) > 1)
        line["completeGames"] = int(len(club.pitchers) == 1)
        line["shutouts"] = int(len(club.pitchers) == 1 and line["runs"] == 0)
    return line


def decision_note(book: Book, moment: Moment, man: int) -> str | None:
    """Return '(W, 7-1)' for who has a decision, '(BS, 2)' or '(H, 5)' for who blew or held a lead."""
    record = book.record
    if not moment.over:
        return None
    season = baseline(book, man).pitching
    if man == record.winner:
        return f"(W, {season['wins'] + 1}-{season['losses']})"
    if man == record.loser:
        return f"(L, {season['wins']}-{season['losses'] + 1})"
    if man == record.save:
        return f"(S, {season['saves'] + 1})"
    return None


def pitching_notes(book: Book, tally: Tally) -> list[str]:
    """Return who was taken out before he got anybody out in an inning."""
    notes = []
    for half in tally.halves:
        plays = [tally.moment.plays[number] for number in half.plays]
        for seen, following in pairwise(plays):
            left = tally.pitchers[seen.play.index][-1]
            if tally.pitchers[following.play.index][-1] == left:
                continue
            his = [each for each in plays if tally.pitchers[each.play.index][-1] == left]
            if his[0] is plays[0] and not any(move.out_base for each in his for move in each.moves):
                faced = "1 batter" if len(his) == 1 else f"{len(his)} batters"
                notes.append(f"{book.name(left)} pitched to {faced} in the {ordinal(half.inning)} inning.")
    return notes


# ---- The game ----


def game_info(book: Book, moment: Moment, tally: Tally) -> list[Node]:
    """Return the lines below the box score; the last one, the date, has no value."""
    record, lines = book.record, list[Node]()
    if tally.halves:
        lines += _pitching_lines(book, tally)
    crew = "".join(f"{_UMPIRES.get(kind, kind)}: {book.person(who).full_name}. " for kind, who in moment.umpires)
    lines.append(_row("Umpires", crew))
    if tally.halves:
        condition, temperature, wind = record.weather
        lines.append(_row("Weather", f"{temperature} degrees, {condition}."))
        lines.append(_row("Wind", f"{wind}."))
        lines.append(_row("First pitch", f"{first_pitch_text(book)}."))
    if moment.over and tally.halves:
        minutes = game_minutes(book)
        lines.append(_row("T", f"{minutes // 60}:{minutes % 60:02}."))
        lines.append(_row("Att", f"{record.attendance:,}."))
    lines.append(_row("Venue", f"{book.world.venues[record.scheduled.venue_id].name}."))
    day = record.scheduled.official_date
    lines.append({"label": f"{day:%B} {day.day}, {day.year}"})
    return lines


def _pitching_lines(book: Book, tally: Tally) -> list[Node]:
    arms = [(book.name(man), tally.clubs[side].pitching[man]) for side in SIDES for man in tally.clubs[side].pitchers]

    def told(label: str, text: Callable[[Line], str | None]) -> Iterable[Node]:
        parts = [f"{name} {words}".rstrip() for name, line in arms if (words := text(line)) is not None]
        if parts:
            yield _row(label, f"{'; '.join(parts)}.")

    def count(name: str) -> Callable[[Line], str | None]:
        return lambda line: None if not line[name] else "" if line[name] == 1 else str(line[name])

    return [
        *told("WP", count("wildPitches")),
        *told("Balk", count("balks")),
        *told("IBB", count("intentionalWalks")),
        *told("HBP", count("hitByPitch")),
        *told("Pitches-strikes", lambda line: f"{line['pitchesThrown']}-{line['strikes']}"),
        *told("Groundouts-flyouts", lambda line: f"{line['groundOuts']}-{line['flyOuts']}"),
        *told("Batters faced", lambda line: str(line["battersFaced"]) if line["battersFaced"] else None),
        *told(
            "Inherited runners-scored",
            lambda line: (
                f"{line['inheritedRunners']}-{line['inheritedRunnersScored']}" if line["inheritedRunners"] else None
            ),
        ),
    ]


def _row(label: str, value: str) -> Node:
    return {"label": label, "value": value}


# ---- The teams ----


def team_info(book: Book, moment: Moment, tally: Tally, club: Club) -> list[Node]:
    """Return the lines on a team's batting, base running and fielding."""
    names = {man: book.name(man) for man in (*club.batting, *club.fielding)}

    def who(lines: dict[int, Line], name: str) -> str | None:
        parts = [
            names[man] if line[name] == 1 else f"{names[man]} {line[name]}" for man, line in lines.items() if line[name]
        ]
        return f"{'; '.join(parts)}." if parts else None

    batting = [
        ("2B", who(club.batting, "doubles")),
        ("3B", who(club.batting, "triples")),
        ("HR", who(club.batting, "homeRuns")),
        ("TB", who(club.batting, "totalBases")),
        ("RBI", who(club.batting, "rbi")),
        ("SAC", who(club.batting, "sacBunts")),
        ("SF", who(club.batting, "sacFlies")),
        ("GIDP", who(club.batting, "groundIntoDoublePlay")),
        ("Team RISP", _scoring_position(moment, tally, club)),
        ("Team LOB", f"{_left_on_base(tally, club)}."),
    ]
    running = [("SB", who(club.batting, "stolenBases")), ("CS", who(club.batting, "caughtStealing"))]
    fielding = [("E", who(club.fielding, "errors")), ("PB", who(club.fielding, "passedBall"))]
    written = []
    for title, fields in (("BATTING", batting), ("BASERUNNING", running), ("FIELDING", fielding)):
        rows = [_row(label, value) for label, value in fields if value is not None]
        if rows:
            written.append({"title": title, "fieldList": rows})
    return written


def _scoring_position(moment: Moment, tally: Tally, club: Club) -> str:
    at_bats = hits = 0
    half = "top" if club.side == "away" else "bottom"
    for number, seen in enumerate(moment.plays):
        play = seen.play
        if play.half != half or not seen.complete or play.event_type not in AT_BATS or not number:
            continue
        before = tally.standing[number - 1] if moment.plays[number - 1].play.half == half else {}
        if "2B" in before or "3B" in before:
            at_bats += 1
            hits += play.event_type in HITS
    return f"{hits}-for-{at_bats}."


def _left_on_base(tally: Tally, club: Club) -> int:
    half = "top" if club.side == "away" else "bottom"
    return sum(each.left for each in tally.halves if each.half == half and each is not tally.half)
