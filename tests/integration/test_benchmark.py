"""The benchmark measures what it says, and reports nothing where its contenders' rows differ. No time is asserted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmark.contenders import FLOOR, PLATFORM
from tests.benchmark.course import DifferentRows, Run, same_rows
from tests.benchmark.measure import Memory
from tests.conftest import PROJECT_DIR, Database
from tests.synthetic import feed


@pytest.mark.services
@pytest.mark.slow
def test_platform_and_floor_are_measured_side_by_side(database: Database, tmp_path: Path) -> None:
    recorded = tmp_path / "feed.json"
    recorded.write_text(json.dumps(feed(1)), encoding="utf-8")
    state = tmp_path / "state"
    finished = subprocess.run(
        [sys.executable, "-m", "tests.benchmark", "--games=3", "--states=9", "--contenders=a1,b", f"--feed={recorded}",
         "--markdown"],
        env={**database.environment, "MLB_STATE_DIR": str(state), "PYTHONPATH": _paths()},
        cwd=PROJECT_DIR, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    figures = json.loads((state / "bench.json").read_text(encoding="utf-8"))
    platform, floor = figures["runs"]
    assert (platform["contender"], floor["contender"], floor["ratio_to_floor"]) == ("a1", "b", 1.0)
    assert platform["rows"] == floor["rows"]
    assert platform["rows"]["live_game_plays"] == 3 * 10
    assert figures["raw_tier"]["disk"] > 0
    assert figures["profile"]["games"] == [3]
    assert set(figures["profile"]["stages"]) == {
        "read raw rows", "flatten", "copy rows", "audit", "commit and the rest",
    }  # fmt: skip
    following = figures["next_capture"]
    assert following["states"] == 9
    assert 0 < following["rows_written"] <= following["rows_changed"]
    assert "| a1 platform, mlb-etl transform | 3 |" in finished.stdout
    with database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM pg_database WHERE datname LIKE 'bench%'").fetchone() == (0,)


def test_different_rows_are_no_comparison() -> None:
    runs = [
        _run({"plays": 75, "pitches": 290, "actions": 20}),
        _run({"plays": 74, "pitches + actions": 310}, floor=True),
    ]
    with pytest.raises(DifferentRows, match=r"^3 games became different rows.*: plays: a1 has 75, b has 74$"):
        same_rows(runs)


def test_sums_of_tables_and_other_sizes_compare() -> None:
    same_rows([_run({"plays": 1}, games=1), _run({"a": 2, "b": 3}), _run({"a + b": 5}, floor=True)])


def _run(rows: dict[str, int], *, games: int = 3, floor: bool = False) -> Run:
    return Run(FLOOR if floor else PLATFORM, games, 1.0, 2.0, Memory(), rows)


def _paths() -> str:
    return os.pathsep.join([str(PROJECT_DIR), str(PROJECT_DIR / "include")])
