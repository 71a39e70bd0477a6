"""What hits do: how far the batter and the runners get, and who is thrown out trying for more."""

from __future__ import annotations

from statsapi_simulator.game_record import Credit
from statsapi_simulator.model import PositionCode
from statsapi_simulator.play import descriptions
from statsapi_simulator.play.scorebook import Game

_EXTRA_BASE_FROM_SECOND = 0.62  # a single scores the man on second
_EXTRA_BASE_FROM_FIRST = {1: 0.29, 2: 0.44}  # first to third on a single, first to home on a double
_THROWN_OUT = 0.025  # of those who try
_STRETCHING = 0.006
_THROWING_ERROR = 0.012


def credit(game: Game, position: PositionCode, kind: str) -> Credit:
    """Return a credit for who plays at `position`."""
    return Credit(game.fielding.fielders[position], position, kind)


def relay_credits(game: Game, positions: tuple[PositionCode, ...]) -> tuple[Credit, ...]:
    """Return assists for all but the last, who gets the put-out; an outfielder's assist is written twice."""
    given = []
    for position in positions[:-1]:
        given.append(credit(game, position, "f_assist"))
        if position in "789":
            given.append(credit(game, position, "f_assist_of"))
    return (*given, credit(game, positions[-1], "f_putout"))


def forced(game: Game, base: int) -> bool:
    """Whether the man on `base` must leave it when the batter becomes a runner."""
    return all(game.bases[lower] is not None for lower in range(1, base))


def home_run(game: Game) -> None:
    """Everybody scores."""
    for base in (3, 2, 1):
        if game.bases[base]:
            game.advance(base, 4, "home_run", "r_adv_force", rbi=True)
    game.advance(0, 4, "home_run", None, rbi=True)


def _targets(game: Game, bases: int, infield: bool) -> dict[int, int]:
    """Return where each runner ends on a hit of so many bases: nobody passes anybody, all make at least the hit's."""
    rng, targets, room = game.rng, {}, 5
    for base in (3, 2, 1):
        runner = game.bases[base]
        if runner is None:
            continue
        target = min(4, base + bases)
        chance = 0.0
        if not infield and bases == 1 and base == 2:
            chance = _EXTRA_BASE_FROM_SECOND
        elif not infield and base == 1 and bases in _EXTRA_BASE_FROM_FIRST:
            chance = _EXTRA_BASE_FROM_FIRST[bases]
        if chance:
            chance += 0.06 * game.person(runner.player_id).skill.speed + (0.12 if game.outs == 2 else 0.0)
            target += rng.random() < chance
        target = target if target == 4 else min(target, room - 1)
        targets[base] = room = target
    return targets


def _walk_off(game: Game, bases: int, targets: dict[int, int]) -> int:
    """Stop everything at the winning run (Rule 5.08(b)); return how many bases the batter is credited with."""
    needed = game.runs_to_win
    if needed is None:
        return bases
    scored = 0
    for base in (3, 2, 1):
        if targets.get(base) != 4:
            continue
        scored += 1
        if scored == needed:
            bases = min(bases, 4 - base)
            targets.update({lower: min(target, lower + bases) for lower, target in targets.items() if lower < base})
            break
    return bases


def safe_hit(game: Game, bases: int, position: PositionCode) -> tuple[int, str]:
    """Move everybody on a hit that stays in the park; return its bases and what to add to its sentence."""
    infield = position in "123456"
    targets = _targets(game, bases, infield)
    bases = _walk_off(game, bases, targets)
    event_type = {1: "single", 2: "double", 3: "triple"}[bases]
    thrown_out = None
    for base, target in targets.items():
        step = min(4, base + bases)
        must = forced(game, base)
        if thrown_out:
            target = step  # the runners behind him take no extra base
        elif target > step and not game.walked_off and game.rng.random() < _THROWN_OUT:
            thrown_out, target = (base, target), step
        if must and target > step:
            game.advance(base, step, event_type, "r_adv_force", rbi=step == 4)
            game.advance(step, target, event_type, rbi=target == 4)
        else:
            game.advance(base, target, event_type, "r_adv_force" if must else "r_adv_play", rbi=target == 4)
    game.advance(0, bases, event_type, None, by=(credit(game, position, "f_fielded_ball"),))
    if game.walked_off:
        return bases, ""
    if thrown_out:
        return bases, _out_on_the_throw(game, min(4, thrown_out[0] + bases), thrown_out[1], position, "r_thrown_out")
    if bases == 1 and not infield and game.bases[2] is None and game.rng.random() < _STRETCHING:
        return bases, _out_on_the_throw(game, 1, 2, position, "r_out_stretching")
    if game.rng.random() < _THROWING_ERROR:
        return bases, _throw_away(game, position)
    return bases, ""


def _out_on_the_throw(game: Game, base: int, at: int, position: PositionCode, reason: str) -> str:
    """Put out at `at` who tried for one base more; the ball comes from `position`."""
    runner = game.bases[base]
    last: PositionCode = {2: "4", 3: "5", 4: "2"}[at]  # type: ignore[assignment]
    if last == position:
        last = "6"
    name = game.name(runner.player_id) if runner else ""
    throw: tuple[PositionCode, ...] = (position, last)
    if at == 4 and position in "789" and game.rng.random() < 0.4:
        throw = (position, "6" if position in "78" else "4", last)
    game.put_out(base, at, "other_out", reason, relay_credits(game, throw))
    return f" {name} out at {descriptions.ORDINALS[at]} on the throw, {descriptions.relay(game, throw)}."


def _throw_away(game: Game, position: PositionCode) -> str:
    """Let the fielder throw wildly: every runner takes one base more, and none of these is a run batted in."""
    told: list[str] = []
    by: tuple[Credit, ...] = (credit(game, position, "f_throwing_error"),)
    for base in (3, 2, 1):
        runner = game.bases[base]
        if runner is None:
            continue
        game.advance(base, base + 1, "error", by=by)
        by = ()
        name = game.name(runner.player_id)
        told.append(f" {name} scores." if base == 3 else f" {name} advances to {descriptions.ORDINALS[base + 1]},")
        if game.walked_off:
            break
    return "".join(told).rstrip(",.") + f" on a throwing error by {descriptions.fielder(game, position)}."
