"""What balls in play do that fielders reach: outs, force plays, double plays, sacrifices, errors."""

from __future__ import annotations

from statsapi_simulator.game_record import Credit
from statsapi_simulator.model import PositionCode
from statsapi_simulator.play import descriptions
from statsapi_simulator.play.hits import credit, forced, relay_credits
from statsapi_simulator.play.scorebook import Game

Result = tuple[str, str]  # event type, first sentence(s); movements are told after it
_DOUBLE_PLAY = 0.46
_FORCE = 0.52
_SCORES_ON_GROUNDER = 0.5
_THIRD_ON_GROUNDER = 0.6
_SCORES_ON_FLY = {"fly_ball": 0.85, "line_drive": 0.4}
_THROWN_OUT_ON_FLY = 0.04
_DOUBLED_OFF = 0.07
_TRIPLE_PLAY = 0.004
_TRIED_AT_HOME = 0.3


def ground_ball(game: Game, position: PositionCode, *, runners_going: bool) -> Result:
    """Field a ground ball: the cheapest out there is, or two of them."""
    rng, bases, outs = game.rng, game.bases, game.outs
    if bases[1]:
        if bases[2] and outs == 0 and position == "5" and rng.random() < _TRIPLE_PLAY:
            return _triple_play(game)
        if outs < 2 and not runners_going and position != "2":
            quickness = 0.03 * game.person(game.draft.batter).skill.speed
            if rng.random() < _DOUBLE_PLAY - quickness:
                return _double_play(game, position)
        if not runners_going and position != "2" and rng.random() < _FORCE:
            return _force_out(game, position)
    elif bases[3] and outs < 2 and rng.random() < _TRIED_AT_HOME:
        return _play_at_home(game, position)
    return _out_at_first(game, position)


def _out_at_first(game: Game, position: PositionCode) -> Result:
    name = game.name(game.draft.batter)
    throw: tuple[PositionCode, ...] = (position, "3") if position != "3" else ("3",)
    game.put_out(0, 1, "field_out", None, relay_credits(game, throw))
    if game.outs < 3:
        _move_up_on_grounder(game)
    if throw == ("3",):
        return "field_out", f"{name} grounds out to {descriptions.fielder(game, '3')}."
    return "field_out", f"{name} grounds out, {descriptions.relay(game, throw)}."


def _move_up_on_grounder(game: Game) -> None:
    """Let the runners go on while the batter is put out; those who are forced must."""
    rng = game.rng
    musts = {base: forced(game, base) for base in (1, 2, 3)}
    for base in (3, 2, 1):
        if game.bases[base] is None or (base < 3 and game.bases[base + 1] is not None) or game.walked_off:
            continue
        chance = _SCORES_ON_GROUNDER if base == 3 else _THIRD_ON_GROUNDER
        if musts[base] or rng.random() < chance:
            reason = "r_adv_force" if musts[base] else "r_adv_play"
            game.advance(base, base + 1, "field_out", reason, rbi=base == 3)


def _pivot(position: PositionCode) -> PositionCode:
    """Who covers second base for a throw from `position`."""
    return "6" if position in "134" else "4"


def _double_play(game: Game, position: PositionCode) -> Result:
    pivot, kind = _pivot(position), "grounded_into_double_play"
    ends_half = game.outs == 1
    musts = {base: forced(game, base) for base in (2, 3)}
    throw: tuple[PositionCode, ...] = (position, pivot, "3")
    game.put_out(1, 2, kind, "r_force_out", relay_credits(game, (position, pivot)))
    game.put_out(0, 1, kind, None, relay_credits(game, (pivot, "3")))
    if not ends_half:
        for base in (3, 2):
            if game.bases[base]:
                game.advance(base, base + 1, kind, "r_adv_force" if musts[base] else "r_adv_play")
    return kind, f"{game.name(game.draft.batter)} grounds into a double play, {descriptions.relay(game, throw)}."


def _triple_play(game: Game) -> Result:
    game.put_out(2, 3, "triple_play", "r_force_out", (credit(game, "5", "f_putout"),))
    game.put_out(1, 2, "triple_play", "r_force_out", relay_credits(game, ("5", "4")))
    game.put_out(0, 1, "triple_play", None, relay_credits(game, ("4", "3")))
    batter = game.name(game.draft.batter)
    return "triple_play", f"{batter} grounds into a triple play, {descriptions.relay(game, ('5', '4', '3'))}."


def _force_out(game: Game, position: PositionCode) -> Result:
    """Put out the man from first at second; the batter is safe, and takes over who answers for the runner."""
    kind, pivot = "force_out", _pivot(position)
    runner, batter = game.bases[1], game.bases[0]
    musts = {base: forced(game, base) for base in (2, 3)}
    game.put_out(1, 2, kind, "r_force_out", relay_credits(game, (position, pivot)))
    if game.outs < 3:
        for base in (3, 2):
            if game.bases[base] and (musts[base] or game.rng.random() < 0.6) and (base == 3 or game.bases[3] is None):
                game.advance(base, base + 1, kind, rbi=base == 3)
                if game.walked_off:
                    break
    if runner and batter:
        batter.pitcher_id = runner.pitcher_id
    game.advance(0, 1, kind, None)
    throw = (position, pivot)
    return kind, f"{game.name(game.draft.batter)} grounds into a force out, {descriptions.relay(game, throw)}."


def _play_at_home(game: Game, position: PositionCode) -> Result:
    """Try for the man on third who runs on a ground ball: mostly he is out, else nobody is."""
    if position == "2":
        return _out_at_first(game, position)
    runner, batter = game.bases[3], game.bases[0]
    name = game.name(game.draft.batter)
    if game.rng.random() < 0.6:
        kind = "fielders_choice_out"
        game.put_out(3, 4, kind, "r_runner_out", relay_credits(game, (position, "2")))
        if runner and batter:
            batter.pitcher_id = runner.pitcher_id
        game.advance(0, 1, kind, None)
        return kind, f"{name} reaches on a fielder's choice out, {descriptions.relay(game, (position, '2'))}."
    kind = "fielders_choice"
    game.advance(3, 4, kind, rbi=True)
    game.advance(0, 1, kind, None, by=(credit(game, position, "f_fielded_ball"),))
    return kind, f"{name} reaches on a fielder's choice, fielded by {descriptions.fielder(game, position)}."


def fly_ball(game: Game, position: PositionCode, trajectory: str, hardness: str) -> Result:
    """Catch a ball in the air; runners tag up, or are doubled off."""
    name = game.name(game.draft.batter)
    outfield = position in "789"
    could_double = not outfield and trajectory == "line_drive" and game.outs < 2 and game.on_base
    if could_double and game.rng.random() < _DOUBLED_OFF:
        return _doubled_off(game, position)
    runner_on_third = game.bases[3] is not None and game.outs < 2
    if outfield and runner_on_third and game.rng.random() < _SCORES_ON_FLY.get(trajectory, 0.0):
        return _tag_up(game, position)
    game.put_out(0, 1, "field_out", None, (credit(game, position, "f_putout"),))
    going = outfield and position in "89" and game.outs < 3 and game.bases[2] and not game.bases[3]
    if going and game.rng.random() < 0.25:
        game.advance(2, 3, "field_out")
    verb = descriptions.caught(trajectory, hardness)
    return "field_out", f"{name} {verb} to {descriptions.fielder(game, position)}."


def _tag_up(game: Game, position: PositionCode) -> Result:
    """Let the man on third try to score after the catch."""
    name = game.name(game.draft.batter)
    caught = (credit(game, position, "f_putout"),)
    if game.rng.random() < _THROWN_OUT_ON_FLY:
        game.put_out(0, 1, "double_play", None, caught)
        game.put_out(3, 4, "double_play", "r_thrown_out", relay_credits(game, (position, "2")))
        return "double_play", f"{name} flies into a double play, {descriptions.relay(game, (position, '2'))}."
    game.put_out(0, 1, "sac_fly", None, caught)
    game.advance(3, 4, "sac_fly", rbi=True)
    if not game.walked_off:
        if game.bases[2] and game.rng.random() < 0.3:
            game.advance(2, 3, "sac_fly")
        elif game.bases[1] and not game.bases[2] and game.rng.random() < 0.08:
            game.advance(1, 2, "sac_fly", "r_adv_throw")
    return "sac_fly", f"{name} out on a sacrifice fly to {descriptions.fielder(game, position)}."


def _doubled_off(game: Game, position: PositionCode) -> Result:
    """Catch a line drive, and throw behind the runner who left too early."""
    base = next(base for base in (1, 2, 3) if game.bases[base])
    cover: PositionCode = ("3", "4", "5")[base - 1]
    throw: tuple[PositionCode, ...] = (position, cover) if cover != position else (position,)
    game.put_out(0, 1, "double_play", None, (credit(game, position, "f_putout"),))
    game.put_out(base, base, "double_play", "r_doubled_off", relay_credits(game, throw))
    name = game.name(game.draft.batter)
    return "double_play", f"{name} lines into a double play, {descriptions.relay(game, throw)}."


def bunt(game: Game, position: PositionCode) -> Result:
    """Field a bunt that was meant as a sacrifice."""
    name = game.name(game.draft.batter)
    runners = [base for base in (1, 2, 3) if game.bases[base]]
    if game.rng.random() < 0.12 and game.bases[1]:
        return _force_out(game, position)
    kind = "sac_bunt" if runners and game.outs < 2 else "field_out"
    throw: tuple[PositionCode, ...] = (position, "3") if position != "3" else ("3", "4")
    musts = {base: forced(game, base) for base in runners}
    game.put_out(0, 1, kind, None, relay_credits(game, throw))
    if game.outs < 3:
        for base in reversed(runners):
            game.advance(base, base + 1, kind, "r_adv_force" if musts[base] else "r_adv_play", rbi=base == 3)
            if game.walked_off:
                break
    verb = "out on a sacrifice bunt" if kind == "sac_bunt" else "bunt grounds out"
    return kind, f"{name} {verb}, {descriptions.relay(game, throw)}."


def error(game: Game, position: PositionCode) -> Result:
    """Let the fielder miss what he should have had: the batter is safe, everybody moves up."""
    rng, name, kind = game.rng, game.name(game.draft.batter), "field_error"
    musts = {base: forced(game, base) for base in (1, 2, 3)}
    for base in (3, 2, 1):
        if game.bases[base] and (musts[base] or not game.walked_off):
            game.advance(base, base + 1, kind, "r_adv_force" if musts[base] else "r_adv_play")
    what = rng.random()
    by: tuple[Credit, ...]
    if position in "13456" and position != "3" and what < 0.12:
        by = (credit(game, position, "f_assist"), credit(game, "3", "f_error_dropped_ball"))
        sentence = f"{name} reaches on a missed catch error by {descriptions.fielder(game, '3')},"
        sentence += f" assist to {descriptions.fielder(game, position)}."
    elif position in "789" or what > 0.55:
        by = (credit(game, position, "f_fielding_error"),)
        sentence = f"{name} reaches on a fielding error by {descriptions.fielder(game, position)}."
    else:
        by = (credit(game, position, "f_throwing_error"),)
        sentence = f"{name} reaches on a throwing error by {descriptions.fielder(game, position)}."
    game.advance(0, 1, kind, None, by=by)
    if not game.walked_off and position in "789" and not game.bases[2]:
        game.advance(1, 2, kind)
        sentence += f" {name} to 2nd."
    return kind, sentence
