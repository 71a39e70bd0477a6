"""Who wins, loses and saves a game (Rules 9.17 and 9.19)."""

from __future__ import annotations

from dataclasses import dataclass

from statsapi_simulator.play.club import Club, Outing
from statsapi_simulator.play.scorebook import Game

_STARTER_OUTS = 15  # five innings, or four where the game was called before the sixth
_STARTER_OUTS_CALLED = 12


@dataclass(frozen=True, slots=True)
class Decisions:
    """Pitchers' ids; all None in a tie."""

    winner: int | None = None
    loser: int | None = None
    save: int | None = None


def decide(game: Game) -> Decisions:
    """Return the decisions of a finished game."""
    if game.away == game.home:
        return Decisions()
    club = game.clubs["home" if game.home > game.away else "away"]
    decisive = next(change for change in reversed(game.lead_changes) if change.side == club.side)
    winner = _winner(club, decisive.winning_pitcher, called_early=game.inning < 6)
    return Decisions(winner, decisive.losing_pitcher, _save(club, winner))


def _winner(club: Club, of_record: int, *, called_early: bool) -> int:
    """Return the pitcher of record, unless he started and did not last: then the reliever who did most."""
    starter, *relievers = club.outings
    enough = _STARTER_OUTS_CALLED if called_early else _STARTER_OUTS
    if of_record != starter.pitcher_id or starter.outs >= enough or not relievers:
        return of_record
    return max(relievers, key=lambda outing: (outing.outs, -outing.runs)).pitcher_id


def _save(club: Club, winner: int) -> int | None:
    last = club.outings[-1]
    if len(club.outings) == 1 or last.pitcher_id == winner or last.lead <= 0 or last.outs == 0:
        return None
    return last.pitcher_id if _earns_save(last) else None


def _earns_save(outing: Outing) -> bool:
    """Whether he held a lead of three for an inning, or one the next batters could have tied, or three innings long."""
    tying_run_near = outing.lead <= outing.runners + 2
    return (outing.lead <= 3 and outing.outs >= 3) or tying_run_near or outing.outs >= 9
