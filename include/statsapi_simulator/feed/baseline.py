"""What players did in the season before this game: invented from their skills, the same at every look."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from statsapi_simulator.feed.book import Book
from statsapi_simulator.feed.lines import Line, sum_of
from statsapi_simulator.model import Person, Side
from statsapi_simulator.seeded import seeded


@dataclass(frozen=True, slots=True)
class Baseline:
    """A player's season before the game; a group he takes no part in is empty."""

    batting: Line
    pitching: Line
    fielding: Line


def baseline(book: Book, player_id: int) -> Baseline:
    """Return the season of a player before the game."""
    found: Baseline | None = book.baselines.get(player_id)
    if found is None:
        found = book.baselines[player_id] = _invent(book, book.person(player_id))
    return found


def team_baseline(book: Book, side: Side) -> Baseline:
    """Return the season of a whole team before the game."""
    found: Baseline | None = book.team_baselines.get(side)
    if found is None:
        men = [baseline(book, man) for man in book.rosters[side]]
        found = Baseline(
            *(sum_of(lines) for lines in zip(*((m.batting, m.pitching, m.fielding) for m in men), strict=True))
        )
        book.team_baselines[side] = found
    return found


def _season_gone(book: Book) -> float:
    """Return the part of the regular season that is over, 0 to 1."""
    dates, day = book.world.dates, book.record.scheduled.official_date
    whole = (dates.regular_season_end - dates.regular_season_start).days
    return min(1.0, max(0.0, (day - dates.regular_season_start).days / whole))


def _invent(book: Book, person: Person) -> Baseline:
    rng = seeded("season", book.world.seed, book.season, person.id)
    gone, luck = _season_gone(book), rng.uniform(0.85, 1.1)
    if person.primary_position == "1":
        starter = person.skill.stamina > 0.6
        pitching = _pitching(person, round((32 if starter else 62) * gone * rng.uniform(0.5, 1.0)), starter, luck)
        fielding = Counter(
            putOuts=pitching["outs"] // 45, assists=pitching["outs"] // 22, errors=pitching["outs"] // 400
        )
        return Baseline(Counter(), pitching, fielding)
    games = round(158 * gone * rng.uniform(0.3, 1.0))
    pitching = _pitching(person, games // 6, True, luck) if person.primary_position == "Y" else Counter[str]()
    return Baseline(_batting(person, games, luck), pitching, _fielding(person, games))


def _batting(person: Person, games: int, luck: float) -> Line:
    skill, line = person.skill, Counter[str](gamesPlayed=games)
    appearances = round(games * 4.05)
    walks = round(appearances * max(0.03, 0.085 + 0.02 * skill.eye))
    hit_by = round(appearances * 0.011)
    flies, bunts = round(appearances * 0.007), round(appearances * 0.003)
    at_bats = appearances - walks - hit_by - flies - bunts
    hits = round(at_bats * max(0.15, 0.245 + 0.018 * skill.contact) * luck)
    homers = round(at_bats * max(0.004, 0.032 + 0.013 * skill.power))
    doubles, triples = round(hits * 0.2), round(hits * 0.016)
    strikeouts = round(at_bats * max(0.08, 0.245 - 0.035 * skill.contact))
    outs = max(0, at_bats - hits - strikeouts)
    ground = round(outs * 0.46)
    pops, liners = round(outs * 0.11), round(outs * 0.14)
    steals = max(0, round(games * (0.09 + 0.06 * skill.speed)))
    line.update(
        plateAppearances=appearances,
        atBats=at_bats,
        hits=hits,
        homeRuns=homers,
        doubles=doubles,
        triples=triples,
        totalBases=hits + doubles + 2 * triples + 3 * homers,
        baseOnBalls=walks,
        intentionalWalks=walks // 25,
        hitByPitch=hit_by,
        sacFlies=flies,
        sacBunts=bunts,
        strikeOuts=strikeouts,
        groundOuts=ground,
        airOuts=outs - ground,
        flyOuts=max(0, outs - ground - pops - liners),
        popOuts=pops,
        lineOuts=liners,
        runs=round(appearances * 0.118),
        rbi=round(appearances * 0.112) + homers // 3,
        leftOnBase=round(appearances * 0.42),
        stolenBases=steals,
        caughtStealing=steals // 4,
        groundIntoDoublePlay=round(appearances * 0.018),
    )
    return line


def _pitching(person: Person, games: int, starter: bool, luck: float) -> Line:
    skill = person.skill
    outs = round(games * (16.4 if starter else 3.1))
    faced = round(outs * 1.42)
    walks = round(faced * max(0.03, 0.082 - 0.014 * skill.control))
    strikeouts = round(faced * max(0.08, 0.226 + 0.03 * skill.stuff))
    hits = max(0, faced - outs - walks - round(faced * 0.012))
    homers = round(faced * 0.029)
    runs = round(outs / 27 * max(2.0, 4.4 - 0.5 * skill.stuff - 0.3 * skill.control) / luck)
    in_play = max(0, outs - strikeouts)
    ground = round(in_play * 0.47)
    pops, liners = round(in_play * 0.11), round(in_play * 0.14)
    pitches = round(faced * 3.88)
    decisions = round(games * (0.7 if starter else 0.12))
    wins = round(decisions * min(0.8, max(0.2, 0.5 + 0.1 * skill.stuff)))
    return Counter(
        gamesPlayed=games,
        gamesPitched=games,
        gamesStarted=games if starter else 0,
        gamesFinished=0 if starter else games // 4,
        outs=outs,
        battersFaced=faced,
        atBats=faced - walks,
        hits=hits,
        doubles=round(hits * 0.2),
        triples=round(hits * 0.016),
        homeRuns=homers,
        baseOnBalls=walks,
        strikeOuts=strikeouts,
        hitByPitch=round(faced * 0.011),
        runs=runs,
        earnedRuns=round(runs * 0.92),
        rbi=round(runs * 0.95),
        groundOuts=ground,
        airOuts=in_play - ground,
        flyOuts=max(0, in_play - ground - pops - liners),
        popOuts=pops,
        lineOuts=liners,
        pitchesThrown=pitches,
        strikes=round(pitches * 0.64),
        balls=pitches - round(pitches * 0.64),
        wildPitches=outs // 80,
        stolenBases=outs // 40,
        caughtStealing=outs // 160,
        wins=wins,
        losses=decisions - wins,
        holds=0 if starter else games // 6,
        saves=0 if starter or skill.stuff < 1.2 else games // 2,
        saveOpportunities=0 if starter or skill.stuff < 1.2 else games // 2 + games // 12,
        inheritedRunners=0 if starter else games // 3,
        inheritedRunnersScored=0 if starter else games // 10,
    )


def _fielding(person: Person, games: int) -> Line:
    outs, assists = {
        "2": (8.3, 0.5),
        "3": (8.2, 0.6),
        "4": (1.7, 2.6),
        "5": (0.7, 1.8),
        "6": (1.4, 2.6),
        "7": (1.8, 0.05),
        "8": (2.4, 0.04),
        "9": (1.9, 0.05),
    }.get(person.primary_position, (0.2, 0.1))
    caught = games // 9 if person.primary_position == "2" else 0
    return Counter(
        gamesStarted=games,
        putOuts=round(games * outs),
        assists=round(games * assists),
        errors=max(0, round(games * (0.05 - 0.015 * person.skill.fielding))),
        stolenBases=4 * caught,
        caughtStealing=caught,
        passedBall=caught // 3,
    )
