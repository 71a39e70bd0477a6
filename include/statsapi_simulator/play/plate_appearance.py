"""One plate appearance, pitch by pitch: the walk of the count to its end."""

from __future__ import annotations

from statsapi_simulator.play import incidents, manager, results, running, umpiring
from statsapi_simulator.play.odds import Odds, odds
from statsapi_simulator.play.pitches import Where
from statsapi_simulator.play.scorebook import Game, HalfOver

_HIT_BY_PITCH = 0.0030
_CATCHER_INTERFERENCE = 0.0001
_DIRT = 0.08  # of balls
_BLOCKED = 0.06  # of misses
_FOUL_TIP = 0.04  # of fouls
_WALK_ON_PURPOSE = 0.05
_BUNT = 0.05


def play_plate_appearance(game: Game) -> None:
    """Play until the batter is out or on base, or the half ends before that (then he leads off the next time)."""
    game.open_play()
    pace, new_half = game.clock.pace, game.half_is_new
    pause = pace.half if new_half else pace.batter
    if not game.plays:
        pause = 0.0
    game.clock.pass_about(0.4 * pause)
    if new_half:
        _place_runner(game)
    manager.prepare(game)
    game.clock.pass_about(0.6 * pause)
    draft = game.draft
    draft.starts_at = game.clock.now
    game.clock.pass_exactly(2.3 if draft.events else 9.0)
    try:
        event_type = results.intentional_walk(game) if _wants_to_walk_him(game) else _duel(game)
    except HalfOver as over:
        event_type = over.event_type
        draft.description = draft.events[-1].description or ""
    else:
        batting = game.batting
        batting.next_slot = (batting.next_slot + 1) % 9
        game.fielding.outing.batters += 1
    game.close_play(event_type)
    if draft.review:
        game.clock.now = draft.review.ends_at


def _place_runner(game: Game) -> None:
    """Put the man who precedes the batter on second in extra innings of regular-season games since 2020."""
    scheduled = game.scheduled
    if game.inning <= scheduled.scheduled_innings or game.season < 2020 or scheduled.game_type not in ("R", "S"):
        return
    batting = game.batting
    runner = batting.order[(batting.next_slot - 1) % 9]
    game.place_runner(runner)
    game.action("runner_placed", f"{game.name(runner)} starts inning at 2nd base.", 0.1, player_id=runner, base=2)
    game.settle()


# ---- The count ----


def _duel(game: Game) -> str:
    """Throw pitches until something comes of it; return the result."""
    draft = game.draft
    batter = game.person(draft.batter)
    pitcher = game.fielding.pitcher
    chances = odds(batter, game.person(pitcher), game.fielding.outing, game.luck)
    bunting = _wants_to_bunt(game)
    first = True
    while True:
        if not first:
            incidents.between_pitches(game)
            pace = game.clock.pace
            game.clock.pass_about(pace.pitch_runners_on if game.on_base else pace.pitch)
        first = False
        running.before_pitch(game)
        if game.fielding.pitcher != pitcher:
            pitcher = game.fielding.pitcher
            chances = odds(batter, game.person(pitcher), game.fielding.outing, game.luck)
        violation = umpiring.violation(game)
        if violation:
            result = _no_pitch(game, violation)
        else:
            result = _pitch(game, chances, bunting=bunting and draft.strikes < 2)
        if result:
            return result


def _no_pitch(game: Game, call: str) -> str | None:
    """Punish whoever was slow; it can end the plate appearance."""
    draft = game.draft
    if call == "VP":
        draft.balls += 1
        if draft.balls == 4:
            return results.walk(game, call)
    else:
        draft.strikes += 1
        if draft.strikes == 3:
            return results.strikeout(game, call, None)
    game.event("no_pitch", 4.0, call=call, violation=umpiring.VIOLATIONS[call])
    return None


def _pitch(game: Game, chances: Odds, *, bunting: bool) -> str | None:
    """Throw one pitch; return the result if it ends the plate appearance."""
    draft, rng = game.draft, game.rng
    game.fielding.outing.pitches += 1
    going = running.going(game) if game.on_base and draft.balls < 3 else None
    at = rng.random()
    if at < _HIT_BY_PITCH:
        draft.balls = min(4, draft.balls + 1)
        return results.hit_by_pitch(game)
    if at > 1 - _CATCHER_INTERFERENCE:
        return results.catcher_interference(game)
    at = rng.random()
    ball, called, missed, foul = chances.at(draft.balls, draft.strikes)
    if bunting:
        called, missed, foul = ball + 0.05, ball + 0.11, ball + 0.3
    if at < ball:
        return _ball(game, going)
    if at < called:
        return _strike(game, "C", "strike", going)
    if at < missed:
        blocked = rng.random() < _BLOCKED
        return _strike(game, "M" if bunting else "W" if blocked else "S", "dirt" if blocked else "swing", going)
    if at < foul:
        tipped = not bunting and rng.random() < _FOUL_TIP
        if tipped:
            return _strike(game, "T", "swing", None, went=going is not None)
        draft.strikes = min(2, draft.strikes + 1)
        _throw(game, "L" if bunting else "F", "swing", going is not None)
        return None
    return results.in_play(game, chances, bunting=bunting, going=going)


def _throw(game: Game, call: str, where: Where, went: bool, ruling: umpiring.Ruling | None = None) -> None:
    """Write a pitch after which the batter still stands at the plate; `went`: a runner started with it."""
    game.event(
        "pitch",
        3.0 + 1.6 * game.rng.random(),
        call=call,
        pitch=game.flight(where),
        runner_going=went,
        disengagements=running.disengagements(game),
        review=ruling.review if ruling else None,
    )
    if ruling:
        game.clock.now = ruling.review.ends_at


def _ball(game: Game, going: int | None) -> str | None:
    draft, rng = game.draft, game.rng
    draft.balls += 1
    dirt = rng.random() < _DIRT
    if draft.balls == 4:
        return results.walk(game, "*B" if dirt else "B")
    if dirt:
        _throw(game, "*B", "dirt", going is not None)
    else:
        ruling = umpiring.challenge_pitch(game, "B")
        _throw(game, "B", "edge" if ruling else "ball", going is not None, ruling)
    if going:
        running.steal(game, going)
    elif dirt:
        running.ball_in_the_dirt(game)
    return None


def _strike(game: Game, call: str, where: Where, going: int | None, *, went: bool = False) -> str | None:
    draft = game.draft
    draft.strikes += 1
    if draft.strikes == 3:
        return results.strikeout(game, call, going, where)
    ruling = umpiring.challenge_pitch(game, "C") if call == "C" else None
    _throw(game, call, "edge" if ruling else where, went or going is not None, ruling)
    if going:
        running.steal(game, going)
    return None


def _wants_to_walk_him(game: Game) -> bool:
    late = game.inning >= 7 and game.bases[1] is None and (game.bases[2] or game.bases[3])
    return bool(late) and abs(game.away - game.home) <= 1 and game.rng.random() < _WALK_ON_PURPOSE


def _wants_to_bunt(game: Game) -> bool:
    runners = bool(game.bases[1] or game.bases[2]) and game.bases[3] is None
    if not runners or game.outs > 1:
        return False
    if game.person(game.draft.batter).primary_position == "1":
        return game.rng.random() < 0.6
    return game.outs == 0 and abs(game.away - game.home) <= 2 and game.rng.random() < _BUNT
