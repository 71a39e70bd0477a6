"""Who plays where: pinch hitters who stay, fresh gloves, switches, the designated hitter who takes the field."""

from __future__ import annotations

from statsapi_simulator.model import PositionCode
from statsapi_simulator.play import bullpen, descriptions
from statsapi_simulator.play.club import SLOTS, Club
from statsapi_simulator.play.scorebook import Game

_INFIELD, _OUTFIELD = frozenset("3456"), frozenset("789")
_FRESH_GLOVE, _SWAP_OUTFIELDERS, _LOSE_DESIGNATED_HITTER = 0.05, 0.008, 0.006
_STAY_AFTER_PINCH_HITTING = 0.6


def take_the_field(game: Game) -> None:
    """Settle who stays after pinch-hitting, then think about gloves and arms."""
    club, rng = game.fielding, game.rng
    needs_pitcher = False
    for slot, (replaced, position) in sorted(club.pinch_for.items()):
        if position == "1":
            club.at[slot] = "1"
            needs_pitcher = True
        else:
            _stay_or_go(game, club, slot, replaced, position)
    club.pinch_for.clear()
    lead = game.lead_of(club.side)
    if game.inning >= 8 and 0 < lead <= 3 and rng.random() < _FRESH_GLOVE:
        slot = rng.choice([slot for slot in range(9) if club.at[slot] in "3456789"])
        better = _able(game, club, club.at[slot])
        if better:
            defensive_substitution(game, slot, better[0])
    if rng.random() < _SWAP_OUTFIELDERS:
        _swap_outfielders(game, club)
    if bullpen.fielder_should_pitch(game):
        bullpen.change_pitcher(game, club.bench[-1])
    elif (
        game.inning >= 7
        and not needs_pitcher
        and rng.random() < _LOSE_DESIGNATED_HITTER
        and bullpen.available(game, club)
    ):
        _lose_designated_hitter(game, club)
    elif needs_pitcher or bullpen.should_change(game, between_halves=True):
        bullpen.change_pitcher(game)


def _able(game: Game, club: Club, position: PositionCode) -> list[int]:
    """Return who on the bench can play `position`."""
    return [man for man in club.bench if can_play(game, man, position)]


def can_play(game: Game, man: int, position: PositionCode) -> bool:
    """Whether `position` is his own, or one of the same part of the field."""
    own = game.person(man).primary_position
    return own == position or {own, position} <= _INFIELD or {own, position} <= _OUTFIELD


def _stay_or_go(game: Game, club: Club, slot: int, replaced: int, position: PositionCode) -> None:
    """Let a pinch hitter or runner take the place of who he came for, or have somebody else take it."""
    man = club.order[slot]
    others = _able(game, club, position) if position != "10" else []
    stays = can_play(game, man, position) and game.rng.random() < _STAY_AFTER_PINCH_HITTING
    if others and not stays:
        defensive_substitution(game, slot, others[0], position)
        return
    club.at[slot] = position
    if position != "10":
        club.fielders[position] = man
    game.action(
        "defensive_switch",
        f"{game.name(man)} remains in the game as the {descriptions.POSITIONS[position]}.",
        0.1,
        player_id=man,
        replaced_id=replaced,
        position=position,
        slot=club.slot_name(slot),
    )


def defensive_substitution(game: Game, slot: int, new: int, position: PositionCode | None = None) -> None:
    """Bring somebody from the bench to field `position`, by default where the man in `slot` plays."""
    club = game.fielding
    old, place = club.order[slot], position or club.at[slot]
    club.bench.remove(new)
    club.enter(slot, new, place)
    if place != "10":
        club.fielders[place] = new
    was = f"{descriptions.POSITIONS[place]} " if position is None else ""
    text = f"Defensive Substitution: {game.name(new)} replaces {was}{game.name(old)}, batting {SLOTS[slot]},"
    text += f" playing {descriptions.place(place)}."
    game.action(
        "defensive_substitution",
        text,
        9.0,
        player_id=new,
        replaced_id=old,
        position=place,
        slot=club.slot_name(slot),
    )


def _switch(game: Game, club: Club, slot: int, position: PositionCode) -> None:
    """Move the man in `slot` to `position`."""
    man, old = club.order[slot], club.at[slot]
    club.at[slot] = position
    club.fielders[position] = man
    text = f"Defensive switch from {descriptions.place(old)} to {descriptions.place(position)} for {game.name(man)}."
    game.action("defensive_switch", text, 0.1, player_id=man, position=position, slot=club.slot_name(slot))


def _swap_outfielders(game: Game, club: Club) -> None:
    left, right = club.at.index("7"), club.at.index("9")
    _switch(game, club, left, "9")
    _switch(game, club, right, "7")


def _lose_designated_hitter(game: Game, club: Club) -> None:
    """Send the designated hitter into the field: the next pitcher bats for who makes room (Rule 5.11)."""
    if "10" not in club.at or club.order[club.at.index("10")] == club.pitcher:
        return
    designated = club.at.index("10")
    if game.person(club.order[designated]).primary_position == "Y":
        return
    slot = next((slot for slot in range(9) if club.at[slot] in ("3", "7")), None)
    if slot is None:
        return
    _switch(game, club, designated, club.at[slot])
    club.at[slot] = "1"
    bullpen.change_pitcher(game)
