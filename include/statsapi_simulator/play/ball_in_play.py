"""What a ball in play becomes: where it goes, whether it falls in, and what everybody does then."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from statsapi_simulator.game_record import Hit
from statsapi_simulator.model import PositionCode
from statsapi_simulator.play import descriptions, outs
from statsapi_simulator.play.hits import home_run, safe_hit
from statsapi_simulator.play.odds import Odds
from statsapi_simulator.play.pitches import Trajectory, batted
from statsapi_simulator.play.scorebook import Game

# Share of all balls in play, and what becomes of one: home run, triple, double, single, error; else an out.
_KINDS: dict[Trajectory, tuple[float, float, float, float, float, float]] = {
    "ground_ball": (0.430, 0.0, 0.002, 0.022, 0.226, 0.027),
    "line_drive": (0.210, 0.018, 0.012, 0.170, 0.460, 0.004),
    "fly_ball": (0.285, 0.135, 0.009, 0.066, 0.032, 0.004),
    "popup": (0.075, 0.0, 0.0, 0.0, 0.014, 0.004),
}
_HIT_TYPES = {1: "single", 2: "double", 3: "triple", 4: "home_run"}
# Who fields what, by position code.
_GROUNDERS: tuple[PositionCode, ...] = (*"1", *"2", *"3333", *"44444444", *"555555", *"666666666")
_LINERS: tuple[PositionCode, ...] = (*"1", *"33", *"444", *"555", *"666", *"7777", *"88888", *"9999")
_FLIES: tuple[PositionCode, ...] = (*"777", *"8888", *"999")
_POPUPS: tuple[PositionCode, ...] = (*"22", *"3333", *"4444", *"555", *"6666", *"1")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a ball in play; the moves are written already."""

    event_type: str
    sentence: str
    hit: Hit


def put_in_play(game: Game, odds: Odds, *, runners_going: bool) -> Outcome:
    """Let the batter hit the ball fair, and play it out."""
    rng = game.rng
    trajectory = _trajectory(rng)
    _, *chances = _KINDS[trajectory]
    homer, triple, double, single, error = chances
    fielding = game.fielding
    at = rng.random()
    at -= homer * odds.homer
    if at < 0:
        return _hit(game, 4, trajectory, rng.choice(_FLIES), odds)
    for bases, chance in ((3, triple), (2, double), (1, single)):
        at -= chance * odds.hit
        if at < 0:
            return _hit(game, bases, trajectory, _falls_to(rng, bases, trajectory), odds)
    position = _fields(rng, trajectory)
    clumsy = 1 - 0.25 * game.person(fielding.fielders[position]).skill.fielding
    hit = batted(rng, trajectory, position, odds.power)
    if at < error * clumsy:
        event_type, sentence = outs.error(game, position)
    elif trajectory == "ground_ball":
        event_type, sentence = outs.ground_ball(game, position, runners_going=runners_going)
    else:
        event_type, sentence = outs.fly_ball(game, position, trajectory, hit.hardness)
    return Outcome(event_type, sentence, hit)


def put_bunt_in_play(game: Game, odds: Odds) -> Outcome:
    """Let the batter bunt for a sacrifice: mostly it works, sometimes it is popped up or beaten out."""
    rng = game.rng
    position: PositionCode = rng.choice(("1", "1", "5", "3", "2"))
    at = rng.random()
    if at < 0.07:
        hit = batted(rng, "bunt_popup", position, odds.power)
        event_type, sentence = outs.fly_ball(game, position, "bunt_popup", hit.hardness)
        return Outcome(event_type, sentence, hit)
    if at < 0.16:
        return _hit(game, 1, "bunt_grounder", position, odds)
    hit = batted(rng, "bunt_grounder", position, odds.power)
    event_type, sentence = outs.bunt(game, position)
    return Outcome(event_type, sentence, hit)


def _trajectory(rng: Random) -> Trajectory:
    at = rng.random()
    for trajectory, (share, *_) in _KINDS.items():
        at -= share
        if at < 0:
            return trajectory
    return "popup"


def _fields(rng: Random, trajectory: Trajectory) -> PositionCode:
    """Return who gets to a ball that does not fall in."""
    by_trajectory = {"ground_ball": _GROUNDERS, "line_drive": _LINERS, "fly_ball": _FLIES, "popup": _POPUPS}
    return rng.choice(by_trajectory[trajectory])


def _falls_to(rng: Random, bases: int, trajectory: Trajectory) -> PositionCode:
    """Return who picks up a hit: an outfielder, except for some grounders and bloops."""
    if bases == 1 and trajectory in ("ground_ball", "popup") and rng.random() < 0.22:
        return _fields(rng, "ground_ball")
    return rng.choice(_FLIES)


def _hit(game: Game, bases: int, trajectory: Trajectory, position: PositionCode, odds: Odds) -> Outcome:
    hit = batted(game.rng, trajectory, position, odds.power, home_run=bases == 4)
    if bases == 4:
        sentence = descriptions.hit(game, 4, trajectory, hit.hardness, position)
        home_run(game)
        return Outcome("home_run", sentence, hit)
    bases, added = safe_hit(game, bases, position)
    sentence = descriptions.hit(game, bases, trajectory, hit.hardness, position)
    return Outcome(_HIT_TYPES[bases], sentence + added, hit)
