"""What managers do before a batter steps in: visits, changes in the field, pinch hitters and runners."""

from __future__ import annotations

from statsapi_simulator.play import bullpen, fielders, incidents
from statsapi_simulator.play.scorebook import Game

_MOUND_VISIT = 0.018
_PINCH_HIT, _PINCH_RUN = 0.09, 0.08


def prepare(game: Game) -> None:
    """Write what happens before the first pitch to the batter whose turn it is."""
    if game.half_is_new:
        fielders.take_the_field(game)
        game.half_is_new = False
    elif bullpen.should_change(game, between_halves=False):
        _visit(game)
        bullpen.change_pitcher(game)
        game.clock.pass_about(game.clock.pace.pitching_change)
    elif game.rng.random() < _MOUND_VISIT and not incidents.visits_used_up(game):
        _visit(game)
    incidents.before_batter(game)
    _pinch_run(game)
    _pinch_hit(game)


def _visit(game: Game) -> None:
    game.fielding.mound_visits += 1
    game.action("mound_visit", "Mound Visit.", 24.0)


def _pinch_hit(game: Game) -> None:
    club, rng = game.batting, game.rng
    slot = club.next_slot
    if not club.bench or slot in club.pinch_for or (club.order[slot] == club.pitcher and club.at[slot] != "1"):
        return
    old, pitcher = club.order[slot], club.at[slot] == "1"
    if pitcher:
        tired = club.outing.pitches > 0.75 * club.outing.limit or len(club.outings) > 1
        wanted = game.inning >= 5 and tired and bool(bullpen.available(game, club))
    else:
        best = max(game.person(man).skill.contact for man in club.bench)
        weak = game.person(old).skill.contact < best
        wanted = game.inning >= 6 and weak and abs(game.away - game.home) <= 4 and rng.random() < _PINCH_HIT
    if not wanted:
        return
    new = max(club.bench, key=lambda man: game.person(man).skill.contact)
    club.bench.remove(new)
    club.pinch_for[slot] = (old, club.at[slot])
    club.enter(slot, new, "11")
    game.draft.batter = new
    batter = game.bases[0]
    if batter:
        batter.player_id = new
    game.action(
        "offensive_substitution",
        f"Offensive Substitution: Pinch-hitter {game.name(new)} replaces {game.name(old)}.",
        14.0,
        player_id=new,
        replaced_id=old,
        position="11",
        slot=club.slot_name(slot),
    )


def _pinch_run(game: Game) -> None:
    club, rng = game.batting, game.rng
    if game.inning < 8 or len(club.bench) < 2 or abs(game.away - game.home) > 2:
        return
    for base in (3, 2, 1):
        runner = game.bases[base]
        if runner is None or game.person(runner.player_id).skill.speed > -0.3 or rng.random() >= _PINCH_RUN:
            continue
        old, slot = runner.player_id, club.order.index(runner.player_id)
        if slot in club.pinch_for or old == club.pitcher:
            continue
        new = max(club.bench, key=lambda man: game.person(man).skill.speed)
        club.bench.remove(new)
        club.pinch_for[slot] = (old, club.at[slot])
        club.enter(slot, new, "12")
        runner.player_id = new
        game.reconstruction.replace_runner(old, new)
        game.action(
            "offensive_substitution",
            f"Offensive Substitution: Pinch-runner {game.name(new)} replaces {game.name(old)}.",
            14.0,
            player_id=new,
            replaced_id=old,
            position="12",
            slot=club.slot_name(slot),
            base=base,
        )
        return
