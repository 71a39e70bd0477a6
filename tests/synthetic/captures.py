"""A game as one sees it who asks again and again."""

from __future__ import annotations

from tests.synthetic.feed import feed
from tests.synthetic.people import Json


def captures(game_pk: int, *, shape: int = 2026) -> list[Json]:
    """Return the feed before, during and after the game, then twice corrected in place, in order of capture."""
    return [
        feed(game_pk, shape=shape, state="Scheduled"),
        feed(game_pk, shape=shape, state="Warmup"),
        feed(game_pk, shape=shape, state="In Progress"),
        feed(game_pk, shape=shape, state="In Progress", revision=1),
        feed(game_pk, shape=shape, state="Final"),
        feed(game_pk, shape=shape, state="Final", revision=2),
        feed(game_pk, shape=shape, state="Final", revision=3),
    ]
