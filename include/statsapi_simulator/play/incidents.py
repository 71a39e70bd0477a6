"""What interrupts a game: timeouts, visits, delays, injuries, ejections, an umpire who leaves."""

from __future__ import annotations

from statsapi_simulator.play import bullpen, descriptions, fielders
from statsapi_simulator.play.scorebook import Game
from statsapi_simulator.play.timing import PITCH_CLOCK_SINCE

_TIMEOUT = {True: 0.029, False: 0.006}  # by pitch, with and without the pitch clock
_ON_FIELD_DELAY = 0.006
_INJURY = 0.0006
_EJECTION = 0.0008
_PITCHER_LEAVES = 0.0006  # by pitch, in the middle of a plate appearance
_MOUND_VISITS = 5
_UMPIRES = {"Home Plate": "HP", "First Base": "1B", "Second Base": "2B", "Third Base": "3B"}
_INJURIES = ("leg", "hand", "shoulder", "back", "ankle", "hamstring")


def visits_used_up(game: Game) -> bool:
    """Whether the club in the field may visit its pitcher no more (extra innings give it one each)."""
    return game.fielding.mound_visits >= _MOUND_VISITS + max(0, game.inning - 9)


def before_batter(game: Game) -> None:
    """Write what may happen between two batters."""
    at = game.rng.random()
    if at < _ON_FIELD_DELAY:
        game.action("game_advisory", "On-field Delay.", 35.0, player_id=game.draft.batter)
    elif at < _ON_FIELD_DELAY + _INJURY:
        _fielder_hurt(game)
    elif at < _ON_FIELD_DELAY + _INJURY + _EJECTION:
        _ejection(game)


def between_pitches(game: Game) -> None:
    """Write what may happen between two pitches to one batter."""
    draft, at = game.draft, game.rng.random()
    timeout = _TIMEOUT[game.season >= PITCH_CLOCK_SINCE]
    if at < timeout and not draft.timeout_taken:
        draft.timeout_taken = True
        game.clock.pass_about(6)
        game.action("batter_timeout", "Batter Timeout.", 13.0, player_id=draft.batter)
    elif at > 1 - _PITCHER_LEAVES and game.fielding.bullpen:
        _pitcher_leaves(game)


def _pitcher_leaves(game: Game) -> None:
    """Change pitchers with a count on the batter: he is hurt, or the manager has seen enough."""
    club = game.fielding
    game.clock.pass_about(12)
    if club.pitcher not in club.order and game.rng.random() < 0.5:
        _injury(game, club.pitcher)
    game.action("mound_visit", "Mound Visit.", 35.0)
    club.mound_visits += 1
    bullpen.change_pitcher(game)
    game.clock.pass_about(game.clock.pace.pitching_change)


def _injury(game: Game, player_id: int) -> None:
    club = game.fielding
    where = game.rng.choice(_INJURIES)
    position = descriptions.POSITIONS[club.position_of(player_id)]
    text = f"{club.team.club_name} {position} {game.name(player_id)} left the game due to an injured {where}."
    game.action("injury", text, 70.0, player_id=player_id, injury=where)


def _replaceable(game: Game) -> list[int]:
    """Return the slots whose fielder somebody on the bench could replace."""
    club = game.fielding
    return [
        slot
        for slot in range(9)
        if club.at[slot] not in ("1", "10", "11", "12")
        and any(fielders.can_play(game, man, club.at[slot]) for man in club.bench)
    ]


def _replace(game: Game, slot: int) -> None:
    club = game.fielding
    able = [man for man in club.bench if fielders.can_play(game, man, club.at[slot])]
    fielders.defensive_substitution(game, slot, able[0])


def _fielder_hurt(game: Game) -> None:
    slots = _replaceable(game)
    if not slots:
        return
    slot = game.rng.choice(slots)
    game.action("game_advisory", "Injury Delay.", 80.0, player_id=game.draft.batter)
    _injury(game, game.fielding.order[slot])
    _replace(game, slot)


def _ejection(game: Game) -> None:
    """Throw out the manager, who is in no line-up, or a fielder, who must be replaced."""
    club, rng = game.fielding, game.rng
    official, umpire = rng.choice(game.umpires)
    by = f"ejected by {_UMPIRES[official]} umpire {game.name(umpire)}."
    slots = _replaceable(game)
    if slots and rng.random() < 0.35:
        slot = rng.choice(slots)
        man = club.order[slot]
        text = f"{club.team.club_name} {descriptions.POSITIONS[club.at[slot]]} {game.name(man)} {by}"
        game.action("ejection", text, 60.0, player_id=man)
        _replace(game, slot)
    elif not club.manager_ejected:
        club.manager_ejected = True
        boss = club.team.manager
        game.action("ejection", f"{club.team.club_name} manager {boss.full_name} {by}", 60.0, player_id=boss.id)
