"""The Airflow pools of the platform: `airflow pools import` reads the same file."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

POOLS_FILE = Path(__file__).with_name("pools.json")


@cache
def pool_slots() -> dict[str, int]:
    """Return how many tasks each pool lets run at once, by the pool's name."""
    return {name: pool["slots"] for name, pool in json.loads(POOLS_FILE.read_text(encoding="utf-8")).items()}
