"""What scorers and trackers correct after a game was final, in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from statsapi_simulator.game_record import Credit, GameRecord, Move, Play, ScoringChange
from statsapi_simulator.model import ScheduledGame
from statsapi_simulator.play import descriptions
from statsapi_simulator.play.earned import Inning
from statsapi_simulator.play.pitches import reclassified
from statsapi_simulator.seeded import seeded
from statsapi_simulator.world.season import World

_SHARE = 0.08  # of games
_REACHES = "reaches on a fielding error by"


def corrections(
    world: World, scheduled: ScheduledGame, plays: Sequence[Play], final_at: datetime
) -> tuple[ScoringChange, ...]:
    """Return the changes after `final_at`, in order of when they are announced; empty for most games."""
    rng = seeded("corrections", world.seed, scheduled.game_pk)
    if rng.random() >= _SHARE:
        return ()
    announced = final_at + timedelta(minutes=rng.choice((25, 55, 190, 700, 1500, 2900, 4300)) + rng.randint(0, 40))
    kind = rng.random()
    if kind < 0.5:
        changed = _rescored(world, plays, plays, rng)
    elif kind < 0.8:
        changed = _reclassified(world, plays, rng)
    else:
        changed = _retimed(plays, rng)
    return tuple(ScoringChange(announced, play) for play in changed)


def correction_at(world: World, record: GameRecord, now: datetime) -> tuple[ScoringChange, ...]:
    """Return a change that the scorer makes at `now` of what is over by then; empty where nothing is.

    It builds on the changes before it, so that another call for the changed record is another change.
    """
    rng = seeded("correction", world.seed, record.scheduled.game_pk, len(record.changes))
    known = {change.play.index: change.play for change in record.changes if change.announced_at <= now}
    plays = [known.get(play.index, play) for play in record.plays]
    over = [play for play in plays if play.ends_at <= now]
    changed = _rescored(world, plays, over, rng) or _retimed(over, rng)
    return tuple(ScoringChange(now, play) for play in changed)


def _reclassified(world: World, plays: Sequence[Play], rng: Random) -> list[Play]:
    """Call some pitches of one pitcher by another type."""
    changed = []
    for play in rng.sample(plays, k=min(8, len(plays))):
        events = list(play.events)
        for index, event in enumerate(events):
            if event.pitch and rng.random() < 0.5:
                pitch = reclassified(rng, world.people[play.pitcher_id], event.pitch)
                events[index] = replace(event, pitch=pitch or event.pitch)
        if events != list(play.events):
            changed.append(replace(play, events=tuple(events)))
    return sorted(changed, key=lambda play: play.index)


def _retimed(plays: Sequence[Play], rng: Random) -> list[Play]:
    """Move the start of some plays by about a second."""
    chosen = sorted(rng.sample(plays, k=min(16, len(plays))), key=lambda play: play.index)
    return [replace(play, starts_at=play.starts_at - timedelta(milliseconds=rng.randint(600, 1300))) for play in chosen]


def _rescored(world: World, plays: Sequence[Play], candidates: Sequence[Play], rng: Random) -> list[Play]:
    """Turn a single into an error, or an error into a single, and settle which runs are earned in that half.

    One of `candidates`, which are among the `plays` of the game.
    """
    able = [play for play in candidates if _is_plain(play, "single") or _is_plain(play, "field_error")]
    if not able:
        return []
    old = rng.choice(able)
    new = _as_error(world, old) if old.event_type == "single" else _as_single(world, old, rng)
    half = [new if play is old else play for play in plays if (play.inning, play.half) == (old.inning, old.half)]
    settled = _settle(half)
    before = {play.index: play for play in plays}
    return [play for play in settled if play != before[play.index]]


def _is_plain(play: Play, event_type: str) -> bool:
    """Whether nothing but the hit (or the error) happened on it: no review, no out, no wild throw."""
    last = len(play.events) - 1
    moves = [move for move in play.moves if move.event_index == last]
    batter = [move for move in moves if move.runner_id == play.batter_id]
    return (
        play.event_type == event_type
        and play.review is None
        and len(batter) == 1
        and batter[0].end == "1B"
        and all(move.event_type == event_type and move.out_base is None for move in moves)
        and batter[0].credits[0].credit in ("f_fielded_ball", "f_fielding_error")
        and len(batter[0].credits) == 1
    )


def _rewritten(play: Play, event_type: str, credit: str, *, rbi: bool) -> tuple[Move, ...]:
    """Return the moves of the play under its new name."""
    last = len(play.events) - 1
    moves = []
    for move in play.moves:
        if move.event_index != last:
            moves.append(move)
            continue
        by = tuple(Credit(each.player_id, each.position, credit) for each in move.credits)
        moves.append(replace(move, event_type=event_type, rbi=rbi and move.end == "score", credits=by))
    return tuple(moves)


def _movements(world: World, play: Play) -> str:
    last = len(play.events) - 1
    return descriptions.movements(
        world.people, [move for move in play.moves if move.event_index == last], play.batter_id
    )


def _fielder(world: World, play: Play) -> str:
    credit = next(move for move in play.moves if move.runner_id == play.batter_id and move.credits).credits[0]
    return f"{descriptions.POSITIONS[credit.position]} {world.people[credit.player_id].full_name}"


def _as_error(world: World, play: Play) -> Play:
    moves = _rewritten(play, "field_error", "f_fielding_error", rbi=False)
    batter = world.people[play.batter_id].full_name
    text = f"{batter} {_REACHES} {_fielder(world, play)}.{_movements(world, play)}"
    return replace(play, event_type="field_error", moves=moves, description=text, rbi=0)


def _as_single(world: World, play: Play, rng: Random) -> Play:
    moves = _rewritten(play, "single", "f_fielded_ball", rbi=True)
    batter = world.people[play.batter_id].full_name
    path = rng.choice(("ground ball", "sharp ground ball"))
    text = f"{batter} singles on a {path} to {_fielder(world, play)}.{_movements(world, play)}"
    runs = sum(move.rbi for move in moves)
    return replace(play, event_type="single", moves=moves, description=text, rbi=runs)


def _settle(half: Sequence[Play]) -> list[Play]:
    """Return the plays of a half-inning with its earned runs as they are now."""
    inning, settled = Inning(), []
    for play in half:
        moves: list[Move] = []
        for index, event in enumerate(play.events):
            if event.position == "12" and event.player_id and event.replaced_id:
                inning.replace_runner(event.replaced_id, event.player_id)
            group = [move for move in play.moves if move.event_index == index]
            for move, earned in zip(group, inning.earned(group), strict=True):
                unearned = move.end == "score" and not earned
                moves.append(replace(move, earned=earned, team_unearned=unearned))
        settled.append(replace(play, moves=tuple(moves)) if play.events else play)
    return settled
