"""When pitchers change, and who comes."""

from __future__ import annotations

from statsapi_simulator.play.club import SLOTS, Club, Outing
from statsapi_simulator.play.scorebook import Game

_THREE_BATTERS_SINCE = 2020
_HOPELESS = 8  # runs behind: a fielder may pitch


def starting_outing(game: Game, club: Club) -> Outing:
    """Return the starter's outing: he goes about six innings, longer if he has the stamina."""
    person = game.person(club.pitcher)
    return Outing(club.pitcher, int(game.rng.gauss(89 + 6 * (person.skill.stamina - 1.2), 9)), 0, 0, 1)


def should_change(game: Game, *, between_halves: bool) -> bool:
    club, rng = game.fielding, game.rng
    outing = club.outing
    if not available(game, club):
        return False
    starter = len(club.outings) == 1
    if not starter and game.season >= _THREE_BATTERS_SINCE and not between_halves and outing.batters < 3:
        return False
    if outing.pitches >= outing.limit or outing.runs >= (6 if starter else 4):
        return True
    if between_halves:
        return not starter and (outing.outs >= 3 or outing.pitches > 12) and rng.random() < 0.7
    in_trouble = game.on_base and outing.pitches > 0.85 * outing.limit
    return in_trouble and rng.random() < 0.2


def available(game: Game, club: Club) -> list[int]:
    """Return who can still come: relievers, and starters only when nobody else is left."""
    relievers = [man for man in club.bullpen if game.person(man).skill.stamina < 0.3]
    return relievers or (club.bullpen if game.inning > 9 else [])


def _choose_pitcher(game: Game, club: Club) -> int:
    """Return the best arm for a close lead late, else any but the best two."""
    relievers = sorted(available(game, club) or club.bullpen or club.bench, key=lambda man: _arm(game, man))
    lead = game.lead_of(club.side)
    if game.inning >= 8 and 0 <= lead <= 3:
        return relievers[-1]
    return game.rng.choice(relievers[:-2] or relievers)


def _arm(game: Game, man: int) -> float:
    skill = game.person(man).skill
    return skill.stuff + 0.5 * skill.control


def fielder_should_pitch(game: Game) -> bool:
    club = game.fielding
    pitching = game.person(club.pitcher).primary_position
    behind = -game.lead_of(club.side)
    late = game.inning >= 8 and behind >= _HOPELESS and game.season >= 2018
    return late and bool(club.bench) and pitching == "1" and game.rng.random() < 0.5


def change_pitcher(game: Game, new: int | None = None) -> None:
    """Bring in a pitcher: into the pitcher's slot if he bats, else nowhere in the order."""
    club, draft = game.fielding, game.draft
    old, slot = club.pitcher, club.pitcher_slot
    new = new or _choose_pitcher(game, club)
    (club.bullpen if new in club.bullpen else club.bench).remove(new)
    text = f"Pitching Change: {game.name(new)} replaces {game.name(old)}"
    if slot is not None:
        replaced = club.order[slot]
        club.enter(slot, new, "1")
        text += f", batting {SLOTS[slot]}"
        if replaced != old:
            text += f", replacing {game.name(replaced)}"
    club.fielders["1"] = new
    runners = sum(1 for base in (1, 2, 3) if game.bases[base])
    limit = int(game.rng.gauss(26 + 2 * (game.person(new).skill.stamina + 1.2), 6))
    club.outings.append(Outing(new, limit, game.lead_of(club.side), runners, game.inning))
    batter = game.bases[0]
    if batter:
        batter.pitcher_id = new
    slot_name = club.slot_name(slot) if slot is not None else None
    game.action("pitching_substitution", f"{text}.", 22.0, player_id=new, replaced_id=old, position="1", slot=slot_name)
    draft.disengagements = 0
