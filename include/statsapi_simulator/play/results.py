"""How plate appearances end: walks, strikeouts, balls in play, and rarer ways."""

from __future__ import annotations

from statsapi_simulator.game_record import Credit
from statsapi_simulator.play import descriptions, running, umpiring
from statsapi_simulator.play.ball_in_play import put_bunt_in_play, put_in_play
from statsapi_simulator.play.hits import credit, relay_credits
from statsapi_simulator.play.odds import Odds
from statsapi_simulator.play.pitches import Where
from statsapi_simulator.play.scorebook import Game

_DROPPED_THIRD_STRIKE = 0.03  # of misses that could be dropped
_REACHES = 0.25  # of those
_THROWN_OUT_WITH_STRIKEOUT = 0.2  # the runner who went
_INTENTIONAL_BALLS_SINCE = 2019  # before, an intentional walk has no events
_TELLS_BATTER = frozenset({"force_out", "grounded_into_double_play", "triple_play"})
_REVIEWABLE = {"field_out": "MF", "force_out": "MC", "home_run": "NH", "single": "MF"}


def _scored(game: Game) -> bool:
    return any(move.end == "score" for move in game.draft.moves[game.draft.settled :])


def _force_in(game: Game, event_type: str, by: tuple[Credit, ...] = ()) -> None:
    """Give the batter first base, and whoever must make room the next one."""
    last = next((base for base in (1, 2, 3) if game.bases[base] is None), 4) - 1
    for base in range(last, 0, -1):
        game.advance(base, base + 1, event_type, "r_adv_force", rbi=base == 3)
    game.advance(0, 1, event_type, None, by=by)


def _tell(game: Game, event_type: str, sentence: str, ruling: umpiring.Ruling | None) -> None:
    """Put together the description of the play from its sentence, what the runners did, and a review."""
    draft = game.draft
    told = None if event_type in _TELLS_BATTER else draft.batter
    text = sentence + descriptions.movements(game.world.people, draft.moves[draft.settled :], told)
    draft.description = f"{ruling.prefix}{text}" if ruling else text
    draft.review = ruling.review if ruling else None


def walk(game: Game, call: str) -> str:
    """Write ball four: a pitch, or an automatic ball ('VP')."""
    ruling = umpiring.challenge_pitch(game, "B") if call == "B" else None
    _force_in(game, "walk")
    _tell(game, "walk", f"{game.name(game.draft.batter)} walks.", ruling)
    if call in umpiring.VIOLATIONS:
        game.event("no_pitch", 4.0, call=call, violation=umpiring.VIOLATIONS[call], is_scoring=_scored(game))
    else:
        flown = game.flight("dirt" if call == "*B" else "edge" if ruling else "ball")
        game.event("pitch", 4.0, call=call, pitch=flown, is_scoring=_scored(game))
    return "walk"


def intentional_walk(game: Game) -> str:
    """Write a walk on purpose, as four automatic balls; in 2018 it could have no events at all."""
    draft = game.draft
    written = game.season >= _INTENTIONAL_BALLS_SINCE or bool(draft.events)
    if written:
        for draft.balls in (1, 2, 3):
            game.event("no_pitch", 0.01, call="VB")
    draft.balls = 4
    _force_in(game, "intent_walk")
    pitcher, batter = game.name(game.fielding.pitcher), game.name(draft.batter)
    _tell(game, "intent_walk", f"{pitcher} intentionally walks {batter}.", None)
    if written:
        game.event("no_pitch", 2.0, call="VB")
    return "intent_walk"


def hit_by_pitch(game: Game) -> str:
    """Write a pitch that hits the batter."""
    ruling = umpiring.replay(game, "MI", is_out=False)
    _force_in(game, "hit_by_pitch")
    _tell(game, "hit_by_pitch", f"{game.name(game.draft.batter)} hit by pitch.", ruling)
    flown = game.flight("inside")
    game.event("pitch", 5.0, call="H", pitch=flown, is_scoring=_scored(game))
    return "hit_by_pitch"


def catcher_interference(game: Game) -> str:
    """Write a swing that the catcher's mitt got in the way of."""
    kind = "catcher_interf"
    _force_in(game, kind, (credit(game, "2", "c_catcher_interf"),))
    sentence = f"{game.name(game.draft.batter)} reaches on catcher interference by {descriptions.fielder(game, '2')}."
    _tell(game, kind, sentence, None)
    game.draft.strikes = min(2, game.draft.strikes + 1)
    game.event("pitch", 4.0, call="F", pitch=game.flight("swing"))
    return kind


def strikeout(game: Game, call: str, going: int | None, where: Where = "strike") -> str:
    """Write strike three, a pitch or an automatic strike ('AC'): mostly the catcher's put-out.

    `going` is the base of a runner who has started; he may be caught as well.
    """
    draft, rng, outs = game.draft, game.rng, game.outs
    name, kind = game.name(draft.batter), "strikeout"
    sentence = f"{name} called out on strikes" if call in ("C", "AC") else f"{name} strikes out swinging"
    if call == "M":
        sentence = f"{name} strikes out on a missed bunt"
    ruling = umpiring.challenge_pitch(game, "C") if call == "C" else None
    dropped = call in ("S", "W") and game.bases[1] is None and rng.random() < _DROPPED_THIRD_STRIKE
    if dropped and rng.random() < _REACHES:
        fault = "wild_pitch" if rng.random() < 0.75 else "passed_ball"
        running.reach_on_dropped_strike(game, fault)
        who = descriptions.fielder(game, "1" if fault == "wild_pitch" else "2")
        sentence += f". {name} to 1st. {fault.replace('_', ' ').capitalize()} by {who}"
    else:
        doubled = going is not None and outs < 2 and call in ("C", "S") and rng.random() < _THROWN_OUT_WITH_STRIKEOUT
        kind = "strikeout_double_play" if doubled else kind
        game.put_out(0, 1, kind, None, relay_credits(game, ("2", "3") if dropped else ("2",)))
        if doubled and going is not None:
            sentence += running.strike_him_out_throw_him_out(game, going).rstrip(".")
    draft.description = f"{ruling.prefix if ruling else ''}{sentence}."
    draft.review = ruling.review if ruling else None
    if call in umpiring.VIOLATIONS:
        game.event("no_pitch", 4.0, outs=outs, call=call, violation=umpiring.VIOLATIONS[call], is_out=True)
    else:
        flown = game.flight("edge" if ruling else where)
        went = going is not None
        game.event("pitch", 4.4, outs=outs, call=call, pitch=flown, is_out=game.outs > outs, runner_going=went)
    return kind


def in_play(game: Game, chances: Odds, *, bunting: bool, going: int | None) -> str:
    """Write a ball in play and all that comes of it."""
    outs = game.outs
    played = put_bunt_in_play(game, chances) if bunting else put_in_play(game, chances, runners_going=going is not None)
    scored = _scored(game)
    kind = _REVIEWABLE.get(played.event_type)
    if kind == "MF" and played.hit.trajectory != "ground_ball":
        kind = "MD" if played.event_type == "field_out" else None
    ruling = umpiring.replay(game, kind, is_out=game.outs > outs) if kind else None
    _tell(game, played.event_type, played.sentence, ruling)
    seconds = 24.0 if played.event_type == "home_run" else 7.0 + 6 * game.rng.random()
    game.event(
        "pitch",
        seconds,
        outs=outs,
        call="E" if scored else "X" if game.outs > outs else "D",
        pitch=game.flight("swing"),
        hit=played.hit,
        is_out=game.outs > outs,
        is_scoring=scored,
        runner_going=going is not None,
    )
    return played.event_type
