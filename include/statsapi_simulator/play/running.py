"""What happens on the bases between balls in play: steals, pickoffs, balks, wild pitches, indifference."""

from __future__ import annotations

from statsapi_simulator.game_record import Credit, Move
from statsapi_simulator.model import PositionCode
from statsapi_simulator.play import descriptions
from statsapi_simulator.play.hits import credit, relay_credits
from statsapi_simulator.play.scorebook import Game, HalfOver
from statsapi_simulator.play.timing import PITCH_CLOCK_SINCE
from statsapi_simulator.play.umpiring import replay

_ATTEMPT = {1: 0.047, 2: 0.011, 3: 0.0004}  # a steal, by pitch, from each base
_SUCCESS = {1: 0.77, 2: 0.77, 3: 0.3}
_PICKOFF = {1: 0.050, 2: 0.006, 3: 0.002}
_STEP_OFF = 0.011
_PICKED_OFF = 0.022
_PICKOFF_CAUGHT_STEALING = 0.010
_PICKOFF_ERROR = 0.012
_BALK = 0.0006
_WILD_PITCH = 0.20  # of balls in the dirt with men on
_PASSED_BALL = 0.035


def _check_half(game: Game, event_type: str) -> None:
    """Raise HalfOver if what just happened on the bases was the third out or the winning run."""
    if game.outs >= 3 or game.walked_off:
        raise HalfOver(event_type)


def before_pitch(game: Game) -> None:
    """Let the pitcher hold the runners, or balk; raises HalfOver."""
    base = next((base for base in (1, 2, 3) if game.bases[base]), None)
    if base is None:
        return
    at = game.rng.random()
    allowed = game.season < PITCH_CLOCK_SINCE or game.draft.disengagements < 2
    if at < _BALK:
        _balk(game)
    elif allowed and at < _BALK + _STEP_OFF:
        _disengage(game)
        game.event("stepoff", 4.0, call="PSO", disengagements=disengagements(game))
    elif allowed and at < _BALK + _STEP_OFF + _PICKOFF[base]:
        _pickoff(game, base)


def _disengage(game: Game) -> None:
    game.draft.disengagements += 1
    game.clock.pass_about(9)


def disengagements(game: Game) -> int | None:
    """Return how often the pitcher has left the rubber (disengagementNum): nobody counts before the pitch clock."""
    return (game.draft.disengagements or None) if game.season >= PITCH_CLOCK_SINCE else None


def _pickoff(game: Game, base: int) -> None:
    draft, rng = game.draft, game.rng
    _disengage(game)
    from_catcher = rng.random() < 0.06
    game.event("pickoff", 3.4, call=str(base), disengagements=disengagements(game), from_catcher=from_catcher)
    throw = len(draft.events) - 1
    at = rng.random()
    runner = game.bases[base]
    player_id, thrower = (runner.player_id if runner else 0), (_catcher_or_pitcher(from_catcher))
    cover: PositionCode = ("3", "6", "5")[base - 1]
    if at < _PICKED_OFF:
        kind = f"pickoff_{base}b"
        game.put_out(base, base, kind, f"r_pickoff_{base}b", relay_credits(game, (thrower, cover)))
        text = f"{game.name(player_id)} picked off {descriptions.ORDINALS[base]} on throw from "
        text += f"{descriptions.relay(game, (thrower, cover))}."
        _told(game, kind, text, player_id, base, throw, is_out=True)
    elif base == 1 and not game.bases[2] and at < _PICKED_OFF + _PICKOFF_CAUGHT_STEALING:
        kind = "pickoff_caught_stealing_2b"
        game.put_out(1, 2, kind, f"r_{kind}", relay_credits(game, (thrower, cover, "6")))
        text = (
            f"With {game.name(draft.batter)} batting, {game.name(player_id)} picked off and caught stealing 2nd base, "
        )
        _told(
            game, kind, text + descriptions.relay(game, (thrower, cover, "6")) + ".", player_id, 2, throw, is_out=True
        )
    elif at > 1 - _PICKOFF_ERROR:
        kind = f"pickoff_error_{base}b"
        _everybody_up(game, kind, f"r_{kind}", (credit(game, thrower, "f_throwing_error"),))
        text = f"Throwing error by {descriptions.fielder(game, thrower)} on the pickoff attempt."
        _told(game, kind, text, player_id, base, throw)


def _catcher_or_pitcher(from_catcher: bool) -> PositionCode:
    return "2" if from_catcher else "1"


def _told(
    game: Game, kind: str, text: str, player_id: int, base: int, during: int | None, *, is_out: bool = False
) -> None:
    """Write the action for moves that are made already, and end the half where they end it; raises HalfOver."""
    draft = game.draft
    scored = any(move.end == "score" for move in draft.moves[draft.settled :])
    if not is_out:
        draft.disengagements = 0
    if kind.startswith("pickoff_error") or kind in ("wild_pitch", "passed_ball"):
        text += descriptions.movements(game.world.people, draft.moves[draft.settled :])
    review = replay(game, "MA", is_out=is_out) if kind.startswith(("stolen", "caught", "pickoff_1")) else None
    game.clock.pass_about(4)
    game.action(
        kind,
        review.prefix + text if review else text,
        8.0,
        player_id=player_id,
        base=base,
        action_of=during,
        is_out=is_out,
        is_scoring=scored,
        review=review.review if review else None,
    )
    if review:
        game.clock.now = review.review.ends_at
    game.settle()
    _check_half(game, kind)


def _everybody_up(game: Game, kind: str, reason: str, by: tuple[Credit, ...] = ()) -> None:
    """Give every runner one base; the first row carries the credits. The game ends with the winning run."""
    for base in (3, 2, 1):
        if game.bases[base] and not game.walked_off:
            game.advance(base, base + 1, kind, reason, by=by)
            by = ()


def _balk(game: Game) -> None:
    game.clock.pass_about(8)
    _everybody_up(game, "balk", "r_adv_play")
    text = descriptions.movements(game.world.people, game.draft.moves[game.draft.settled :]).rstrip(".")
    text = f"With {game.name(game.draft.batter)} batting,{text} on a balk."
    _told(game, "balk", text, game.fielding.pitcher, 0, None)


def going(game: Game) -> int | None:
    """Return the base a runner leaves with the next pitch to steal the one after it; None: nobody does."""
    rng = game.rng
    for base in (3, 2, 1):
        runner = game.bases[base]
        if runner is None or (base < 3 and game.bases[base + 1]):
            continue
        chance = _ATTEMPT[base] * (1 + 0.5 * max(-1.0, game.person(runner.player_id).skill.speed))
        if base == 1 and _indifferent(game):
            chance = 0.12
        if rng.random() < chance:
            return base
    return None


def _indifferent(game: Game) -> bool:
    """Whether the defence lets a runner go: last inning, and his run means nothing."""
    return game.inning >= 9 and game.lead_of(game.fielding.side) >= 4


def steal(game: Game, base: int) -> None:
    """Let the man on `base` arrive at the next one, or not, with the pitch just thrown; raises HalfOver."""
    rng, target, pitch = game.rng, base + 1, len(game.draft.events) - 1
    runner = game.bases[base]
    if runner is None:
        return
    name, to = game.name(runner.player_id), descriptions.ORDINALS[target]
    suffix = {2: "2b", 3: "3b", 4: "home"}[target]
    if base == 1 and _indifferent(game):
        game.advance(1, 2, "defensive_indiff", "r_defensive_indiff")
        _told(
            game, "defensive_indiff", f"{name} advances to 2nd on defensive indifference.", runner.player_id, 2, pitch
        )
        return
    catcher = game.person(game.fielding.fielders["2"]).skill.fielding
    chance = _SUCCESS[base] + 0.05 * game.person(runner.player_id).skill.speed - 0.03 * catcher
    what = "home" if target == 4 else f"{to} base"
    if rng.random() < chance:
        kind = f"stolen_base_{suffix}"
        game.advance(base, target, kind, f"r_{kind}")
        text = f"{name} steals {what}."
        follower = game.bases[1]
        if base == 2 and follower and rng.random() < 0.5:
            game.advance(1, 2, "stolen_base_2b", "r_stolen_base_2b")
            text += f" {game.name(follower.player_id)} steals 2nd base."
        if base == 1 and game.bases[3] is None and rng.random() < 0.04:
            game.advance(2, 3, "error", by=(credit(game, "2", "f_throwing_error"),))
            text += f" {name} advances to 3rd, on a throwing error by {descriptions.fielder(game, '2')}."
        _told(game, kind, text, runner.player_id, target, pitch)
    else:
        kind, cover = f"caught_stealing_{suffix}", _cover(game, base)
        game.put_out(base, target, kind, f"r_{kind}", relay_credits(game, cover))
        text = f"{name} caught stealing {what}, {descriptions.relay(game, cover)}."
        _told(game, kind, text, runner.player_id, target, pitch, is_out=True)


def _cover(game: Game, base: int) -> tuple[PositionCode, ...]:
    """Return the throw that beats a man who steals from `base`."""
    if base == 3:
        return ("1", "2")
    if base == 2:
        return ("2", "5")
    return ("2", "6") if game.rng.random() < 0.6 else ("2", "4")


def strike_him_out_throw_him_out(game: Game, base: int) -> str:
    """Catch the runner from `base` on a third strike; the strikeout's move is written already. Return the sentence."""
    runner = game.bases[base]
    cover, kind = _cover(game, base), f"caught_stealing_{base + 1}b"
    game.put_out(base, base + 1, kind, f"r_{kind}", relay_credits(game, cover))
    name = game.name(runner.player_id) if runner else ""
    return f" and {name} caught stealing {descriptions.ORDINALS[base + 1]} base, {descriptions.relay(game, cover)}."


def reach_on_dropped_strike(game: Game, fault: str) -> None:
    """Let the batter run to first on a third strike that got away: a row for the strikeout, one for the advance."""
    draft = game.draft
    draft.moves.append(Move(draft.batter, None, None, None, None, None, "strikeout", None, len(draft.events), None))
    game.advance(0, 1, fault)


def ball_in_the_dirt(game: Game) -> None:
    """Maybe let the pitch just thrown get away from the catcher; raises HalfOver."""
    if not game.on_base:
        return
    at = game.rng.random()
    kind = "wild_pitch" if at < _WILD_PITCH else "passed_ball" if at < _WILD_PITCH + _PASSED_BALL else None
    if kind is None:
        return
    pitch = len(game.draft.events) - 1
    first = next(runner for runner in (game.bases[3], game.bases[2], game.bases[1]) if runner)
    _everybody_up(game, kind, "r_adv_play")
    who = descriptions.fielder(game, "1" if kind == "wild_pitch" else "2")
    text = f"{'Wild pitch' if kind == 'wild_pitch' else 'Passed ball'} by {who}."
    _told(game, kind, text, first.player_id, 0, pitch)
