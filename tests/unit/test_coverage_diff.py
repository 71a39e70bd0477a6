"""What two sources of responses differ in, and whether that is explained."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from mlb_data_platform.cli.schema import app

OPTIONS = ("--endpoint", "season.seasons")


def recordings(folder: Path, season: dict[str, Any]) -> Path:
    """Recordings of one answer of /seasons/all."""
    folder.mkdir()
    (folder / "seasons.json.gz").write_bytes(gzip.compress(json.dumps({"seasons": [season]}).encode()))
    entries = [{"file": "seasons.json.gz", "url": "/api/v1/seasons/all?sportId=1"}]
    (folder / "manifest.json").write_text(json.dumps(entries))
    return folder


@pytest.fixture
def compared(tmp_path: Path) -> list[str]:
    """Two folders: the second lacks hasWildcard and has seasonStartDate beyond."""
    one = recordings(tmp_path / "one", {"seasonId": "2026", "hasWildcard": True})
    other = recordings(tmp_path / "other", {"seasonId": "2026", "seasonStartDate": "2026-03-01"})
    return ["coverage", str(one), "--against", str(other), *OPTIONS]


def explained(folder: Path, text: str) -> list[str]:
    file = folder / "explained.yaml"
    file.write_text(text)
    return ["--explained", str(file)]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_a_difference_without_an_explanation(compared: list[str]) -> None:
    result = run(*compared)
    assert result.exit_code == 1
    assert "season.seasons: 1 paths missing there, 1 of them unexplained" in result.stdout
    assert "$.seasons[*].hasWildcard  NOT EXPLAINED" in result.stdout
    assert "$.seasons[*].seasonStartDate  NOT EXPLAINED" in result.stdout


EXPLAINED = """
season.seasons:
  missing:
    $.seasons[*].hasWildcard: no season of it has play-offs
  extra:
    $.seasons[*].seasonStartDate: since 2020
"""


def test_differences_that_are_explained(compared: list[str], tmp_path: Path) -> None:
    result = run(*compared, *explained(tmp_path, EXPLAINED), "--json")
    assert result.exit_code == 0, result.stdout
    found = json.loads(result.stdout)["season.seasons"]
    assert found["missing"] == {"$.seasons[*].hasWildcard": "no season of it has play-offs"}
    assert found["extra"] == {"$.seasons[*].seasonStartDate": "since 2020"}
    assert found["obsolete"] == []


def test_an_explanation_covers_what_lies_below(tmp_path: Path) -> None:
    dates = {side: {"start": "2026-03-01", "end": "2026-10-01"} for side in ("spring", "autumn")}
    one = recordings(tmp_path / "one", {"seasonId": "2026", **dates})
    other = recordings(tmp_path / "other", {"seasonId": "2026"})
    text = "season.seasons:\n  missing:\n    $.seasons[*]['spring','autumn']: it knows no spring\n"
    result = run("coverage", str(one), "--against", str(other), *OPTIONS, *explained(tmp_path, text), "--json")
    found = json.loads(result.stdout)["season.seasons"]
    assert len(found["missing"]) == 4
    assert {*found["missing"].values()} == {"it knows no spring"}
    assert found["obsolete"] == []


def test_an_explanation_of_nothing(compared: list[str], tmp_path: Path) -> None:
    result = run(*compared, *explained(tmp_path, EXPLAINED + "    $.seasons[*].seasonId: it has a name\n"))
    assert result.exit_code == 1
    assert "$.seasons[*].seasonId is explained, but there is no such difference" in result.stdout


def test_an_explanation_in_the_wrong_place(compared: list[str], tmp_path: Path) -> None:
    result = run(*compared, *explained(tmp_path, "season.seasons:\n  mising: {}\n"))
    assert result.exit_code != 0
    assert "mising" in str(result.exception)


def test_the_same_on_both_sides(compared: list[str]) -> None:
    _, one, *_ = compared
    result = run("coverage", one, "--against", one, *OPTIONS)
    assert result.exit_code == 0, result.stdout
    assert "season.seasons: 0 paths extra there, 0 of them unexplained" in result.stdout
