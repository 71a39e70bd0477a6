"""From the commit of a row to the screen of a page that is open, run by run."""

from __future__ import annotations

import random
import time
from contextlib import closing, nullcontext
from typing import Any

from playwright.sync_api import Page

from mlb_data_platform.live.serve.live_state import LiveState
from mlb_data_platform.mapping.load import followed_mapping
from mlb_data_platform.settings import settings
from tests.page.world import World

ON_TODAY = "#game-{} .club b"
ON_GAME = "#score .line .sum"
_WATCH = """
    (where) => {
        window.painted = [];
        const runs = () => document.querySelector(where).textContent;
        new MutationObserver(() => requestAnimationFrame(() => painted.push([runs(), Date.now() / 1000])))
            .observe(document.querySelector("main"), {subtree: true, childList: true, characterData: true});
    }
"""
_SCORED = """
    UPDATE game.live_game_metadata SET away_runs = away_runs + 1, published_xid = pg_current_xact_id()
    WHERE game_pk = %s RETURNING away_runs
"""


def delays(
    page: Page, world: World, game_pk: int, where: str, times: int, *, is_told: bool = True
) -> tuple[list[float], int]:
    """Let the visitors of a game score so often; return after how many seconds each run was shown, and their runs.

    `where` the page shows them. `is_told`: Redis is told of each run, as a publication does.
    """
    page.evaluate(_WATCH, where.format(game_pk))
    found, runs = [], 0
    with world.connect() as connection, _live_state(is_told) as told:
        if told:
            told.serve(connection, [{"game_pk": game_pk}])  # it has connected to Redis by then
        for _ in range(times):
            row: Any = connection.execute(_SCORED, (game_pk,)).fetchone()
            committed, runs = time.time(), row[0]
            if told:
                told.serve(connection, [{"game_pk": game_pk}])
            painted = page.wait_for_function(
                "runs => window.painted.find(each => each[0] === runs)?.[1]", arg=str(runs)
            ).json_value()
            found.append(painted - committed)
            time.sleep(random.uniform(0.1, 0.4))  # who looks by the clock is met at any moment between two looks
    return found, runs


def _live_state(is_told: bool) -> Any:
    return closing(LiveState(followed_mapping()[0], settings(), print)) if is_told else nullcontext()
