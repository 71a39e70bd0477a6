"""The box score: everybody's line, team totals, and the lists of who bats, pitches and waits."""

from __future__ import annotations

from collections import Counter

from statsapi_simulator.feed import box_info, stats
from statsapi_simulator.feed.baseline import baseline, team_baseline
from statsapi_simulator.feed.book import Book, position
from statsapi_simulator.feed.lines import sum_of
from statsapi_simulator.feed.moment import Moment
from statsapi_simulator.feed.names import Node
from statsapi_simulator.feed.performers import top_performers
from statsapi_simulator.feed.shapes import Shape
from statsapi_simulator.feed.situation import Club
from statsapi_simulator.feed.tally import Tally
from statsapi_simulator.model import SIDES, Side

_ACTIVE = {"code": "A", "description": "Active"}


def boxscore(book: Book, moment: Moment, tally: Tally) -> Node:
    """Return `liveData.boxscore`."""
    teams = {side: _team(book, moment, tally, side) for side in SIDES}
    return {
        "teams": teams,
        "officials": [{"official": book.ref(umpire), "officialType": kind} for kind, umpire in moment.umpires],
        "info": box_info.game_info(book, moment, tally),
        "pitchingNotes": box_info.pitching_notes(book, tally),
        "topPerformers": top_performers(book, moment, tally, teams),
    }


def _team(book: Book, moment: Moment, tally: Tally, side: Side) -> Node:
    club, lineup = tally.clubs[side], book.lineups[side]
    notes = box_info.pinch_notes(book, moment, club)
    if moment.line_ups_known:
        order = [man for men in club.slots for man in men]
        batters = [*order, *(man for man in club.pitchers if man not in order)]
        pitchers, playing = club.pitchers, set(batters)
        batting_order = [men[-1] for men in club.slots]
    else:
        batters, pitchers, batting_order, playing = [], [], [], set()
    arms = {man for man in (lineup.pitcher, *lineup.bullpen) if book.person(man).primary_position == "1"}
    waiting = [man for man in book.rosters[side] if man not in playing]
    bench = [man for man in waiting if man not in arms]
    return {
        "team": book.team(side),
        "teamStats": _team_stats(book, club, side),
        "players": {
            f"ID{man}": _player(book, moment, tally, club, man, man in playing, notes.prefixes.get(man))
            for man in book.rosters[side]
        },
        "batters": batters,
        "pitchers": list(pitchers),
        "bench": bench,
        "bullpen": [man for man in waiting if man in arms],
        "battingOrder": batting_order,
        "info": box_info.team_info(book, moment, tally, club) if tally.halves else [],
        "note": notes.lines,
    }


def _team_stats(book: Book, club: Club, side: Side) -> Node:
    """Return the sums of all lines. Averages are those of the season."""
    bats, arms = sum_of(club.batting.values()), sum_of(club.pitching.values())
    season = team_baseline(book, side)
    return {
        "batting": stats.team_batting(bats, season.batting + bats),
        "pitching": stats.team_pitching(arms, season.pitching + arms),
        "fielding": stats.team_fielding(sum_of(club.fielding.values())),
    }


def _player(book: Book, moment: Moment, tally: Tally, club: Club, man: int, plays: bool, note: str | None) -> Node:
    """Return a player: written anew only if something about him changed since he was last, which is so for a few."""
    lines = [each.get(man) for each in (club.batting, club.pitching, club.fielding)] if plays else []
    place = (club.order_name(man), [*club.positions.get(man, ())], man == club.pitchers[0]) if plays else None
    up = bool(tally.halves) and (man == tally.batters[-1], man == tally.pitchers[-1][-1])
    # Counters compare slowly, as they take what is missing for 0.
    about = [
        [None if line is None else dict(line) for line in lines],
        place,
        up,
        note,
        moment.over,
        moment.over and len(club.pitchers),
    ]
    kept = book.box_players.get((club.side, man))
    if kept is None or kept[0] != about:
        kept = book.box_players[club.side, man] = (about, _write_player(book, moment, tally, club, man, plays, note))
    return kept[1]


def _write_player(
    book: Book, moment: Moment, tally: Tally, club: Club, man: int, plays: bool, note: str | None
) -> Node:
    person = book.person(man)
    positions = club.positions.get(man) if plays else None
    shown = positions[-1] if positions else person.primary_position
    node: Node = {
        "person": book.ref(man),
        "position": position(shown),
        "status": _ACTIVE,
        "parentTeamId": book.teams[club.side].id,
        "stats": _stats(book, moment, club, man, note) if plays else {"batting": {}, "pitching": {}, "fielding": {}},
        "seasonStats": _season(book, club, man, plays=plays),
        "gameStatus": {
            "isCurrentBatter": bool(tally.halves) and man == tally.batters[-1],
            "isCurrentPitcher": bool(tally.halves) and man == tally.pitchers[-1][-1] and not moment.over,
            "isOnBench": not plays,
            "isSubstitute": plays and man not in book.lineups[club.side].order and man != club.pitchers[0],
        },
    }
    if person.primary_number is not None:
        node["jerseyNumber"] = person.primary_number
    if plays:
        order = club.order_name(man)
        if order is not None:
            node["battingOrder"] = order
        node["allPositions"] = [position(code) for code in positions or ()]
    return node


def _stats(book: Book, moment: Moment, club: Club, man: int, note: str | None) -> Node:
    """Return a player's lines; a pitcher who never batted has an empty batting line once the game is over."""
    bats, arms, glove = club.batting.get(man), club.pitching.get(man), club.fielding.get(man)
    written: Node = {"batting": {}, "pitching": {}, "fielding": {}}
    idle = arms is not None and club.slot_of(man) is None and moment.over and not bats
    if bats is not None and not idle:
        written["batting"] = stats.batting(bats, stats.batting_summary(bats))
        if note is not None:
            written["batting"]["note"] = note
    if arms is not None:
        written["pitching"] = stats.pitching(box_info.outing(book, moment, club, man), stats.pitching_summary(arms))
        decision = box_info.decision_note(book, moment, man)
        if decision is not None:
            written["pitching"]["note"] = decision
    if glove is not None and (book.shape is not Shape.Y2018 or glove.total()):
        written["fielding"] = stats.fielding(glove)
    return written


def _season(book: Book, club: Club, man: int, *, plays: bool) -> Node:
    """Return his season: what was before, and this game."""
    before = baseline(book, man)
    bats, arms, glove = before.batting, before.pitching, before.fielding
    if plays:
        if man in club.batting:
            bats = bats + club.batting[man] + Counter(gamesPlayed=1)
        if man in club.pitching:
            arms = arms + club.pitching[man] + Counter(gamesPlayed=1, gamesPitched=1)
        glove = glove + club.fielding.get(man, Counter())
    return {
        "batting": stats.season_batting(bats) if bats else book.idle("batting", stats.season_batting),
        "pitching": stats.season_pitching(arms) if arms else book.idle("pitching", stats.season_pitching),
        "fielding": stats.season_fielding(glove),
    }
