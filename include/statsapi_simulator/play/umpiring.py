"""What the umpires decide: replay reviews, ball-strike challenges, violations of the pitch clock, ejections."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from statsapi_simulator.game_record import Review
from statsapi_simulator.play.club import Club
from statsapi_simulator.play.scorebook import Game
from statsapi_simulator.play.timing import PITCH_CLOCK_SINCE

ABS_SINCE = 2026
_ABS_CHALLENGE = 0.032  # of called pitches
_REPLAY = {"MA": 0.05, "MF": 0.012, "MC": 0.015, "MD": 0.004, "MI": 0.04, "NH": 0.025}
_ADDITIONAL = 0.04
VIOLATIONS = {"VP": "pitcher_pitch_timer", "AC": "batter_pitch_timer"}  # by call
_VIOLATION = 0.0011
_SUBJECTS = {
    "MA": "tag play",
    "MF": "play at 1st",
    "MC": "force play",
    "MD": "catch/drop in outfield",
    "MI": "hit by pitch",
    "NH": "home run",
}


@dataclass(frozen=True, slots=True)
class Ruling:
    """A review and what it puts before the description of the play."""

    review: Review
    prefix: str


def replay(game: Game, kind: str, *, is_out: bool) -> Ruling | None:
    """Maybe have a play reviewed: `is_out` is how it stands in the end, so who gains by that is known.

    A manager challenges while he has a challenge left, which he keeps when he is right; NH is the umpires' own idea.
    """
    rng = game.rng
    if rng.random() >= _REPLAY[kind]:
        return None
    overturned = rng.random() < 0.48
    ends_at = game.clock.now + timedelta(seconds=rng.randint(45, 130))
    word = "overturned" if overturned else "upheld" if rng.random() < 0.5 else "confirmed"
    subject = _SUBJECTS[kind]
    if kind == "NH":
        review = Review(kind, overturned, None, None, ends_at)
        return Ruling(review, f"Umpire reviewed ({subject}), call on the field was {word}: ")
    gains = game.fielding if is_out else game.batting
    other = game.batting if is_out else game.fielding
    club: Club = gains if overturned else other
    if club.reviews_left == 0:
        return None
    club.reviews_left -= not overturned
    additional = (Review("NX", False, None, None, ends_at),) if rng.random() < _ADDITIONAL else ()
    review = Review(kind, overturned, club.team.id, None, ends_at, additional)
    return Ruling(review, f"{club.team.club_name} challenged ({subject}), call on the field was {word}: ")


def challenge_pitch(game: Game, call: Literal["B", "C"]) -> Ruling | None:
    """Maybe have a called pitch challenged; `call` is how it stands in the end.

    Batters challenge strikes, catchers (and few pitchers) balls; two a team, kept when right.
    """
    if game.season < ABS_SINCE or game.rng.random() >= _ABS_CHALLENGE:
        return None
    rng = game.rng
    overturned = rng.random() < 0.54
    by_batter = (call == "B") == overturned
    club = game.batting if by_batter else game.fielding
    if club.abs_left == 0:
        return None
    club.abs_left -= not overturned
    player = game.draft.batter if by_batter else club.fielders["1" if rng.random() < 0.1 else "2"]
    ends_at = game.clock.now + timedelta(seconds=rng.randint(14, 24))
    review = Review("MJ", overturned, club.team.id, player, ends_at)
    word = "overturned" if overturned else "confirmed"
    return Ruling(review, f"{game.name(player)} challenged (pitch result), call on the field was {word}: ")


def extra_innings(game: Game) -> None:
    """Give each team that has none left one ball-strike challenge, as in each extra inning."""
    for club in game.clubs.values():
        club.abs_left = max(1, club.abs_left)


def violation(game: Game) -> str | None:
    """Maybe punish a slow pitcher ('VP', an automatic ball) or batter ('AC', an automatic strike)."""
    if game.season < PITCH_CLOCK_SINCE:
        return None
    at = game.rng.random()
    return "VP" if at < 0.6 * _VIOLATION else "AC" if at < _VIOLATION else None
