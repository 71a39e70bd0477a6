"""Coverage: nothing of a response is dropped silently."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from tests.sample_mapping import sample
from typer.testing import CliRunner

from mlb_data_platform.cli import schema
from mlb_data_platform.cli.schema import app
from mlb_data_platform.mapping.coverage import Coverage, unaccounted
from mlb_data_platform.mapping.load import all_mappings, load_mapping, mapping_files

COMPLETE: dict[str, Any] = {
    "id": 1,
    "link": "/match/1",
    "start": {"official": "2026-01-01"},
    "moves": [
        {"piece": {"code": "N", "link": "/n"}, "clock": {"used": 1.5}, "drawing": {"colour": [1, 2]}},
        {"piece": None, "clock": {}, "protests": []},
    ],
    "sides": {"white": {"people": {"ID7": {"id": 7, "board": 101, "helps": True}}}, "black": None},
}


def test_a_response_that_is_mapped_or_ignored_throughout(tmp_path: Path) -> None:
    coverage = Coverage(sample(tmp_path))
    coverage.add(COMPLETE, "first")
    assert coverage.unaccounted == {}
    assert coverage.mapped >= {
        "$.id",
        "$.start.official",
        "$.moves[*].piece.code",
        "$.sides.white.people.*.board",
        "$.sides.white.people.*.helps",
    }
    assert coverage.ignored == {
        "$.link": "a URL made of the id",
        "$.moves[*].piece.link": "a URL made of the id",
        "$.moves[*].drawing.colour[*]": "how a board shows it",
    }


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"venue": {"name": "Hall"}}, "$.venue.name"),
        ({"venue": {}}, "$.venue"),
        ({"start": {"official": None, "zone": "UTC"}}, "$.start.zone"),
        ({"moves": [{"piece": {"code": "N", "worth": 3}}]}, "$.moves[*].piece.worth"),
        ({"moves": [{"piece": {"code": {"letter": "N"}}}]}, "$.moves[*].piece.code.letter"),
        ({"sides": {"red": {"people": {}}}}, "$.sides.red.people"),
        ({"sides": {"white": {"people": {"ID7": {"rank": 1}, "ID8": {"rank": 2}}}}}, "$.sides.white.people.*.rank"),
    ],
)
def test_a_path_nobody_has_seen_before(tmp_path: Path, change: dict[str, Any], path: str) -> None:
    assert unaccounted(sample(tmp_path), {**COMPLETE, **change}) == {path}


def test_the_report_names_the_first_response_with_a_new_path(tmp_path: Path) -> None:
    coverage = Coverage(sample(tmp_path))
    for name in ("first", "second"):
        coverage.add({"id": 1, "venue": name}, name)
    assert coverage.unaccounted == {"$.venue": "first"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Recordings of one answer of /seasons/all, with a field that no mapping knows, and of an endpoint without one."""
    season = {"seasons": [{"seasonId": "2026", "mascot": "Nobody"}]}
    (tmp_path / "seasons.json.gz").write_bytes(gzip.compress(json.dumps(season).encode()))
    entries = [
        {"file": "seasons.json.gz", "url": "/api/v1/seasons/all?sportId=1"},
        {"file": "absent.json.gz", "url": "/api/v1/nothing"},
    ]
    (tmp_path / "manifest.json").write_text(json.dumps(entries))
    return tmp_path


def test_the_command_ends_with_1_where_a_path_is_new(folder: Path) -> None:
    result = CliRunner().invoke(app, ["coverage", str(folder)])
    assert result.exit_code == 1
    assert "season.seasons: 1 responses, 1 paths mapped, 0 ignored, 1 unaccounted" in result.stdout
    assert "$.seasons[*].mascot  first in seasons.json.gz" in result.stdout


def test_the_command_speaks_json(folder: Path) -> None:
    result = CliRunner().invoke(app, ["coverage", str(folder), "--endpoint", "season.seasons", "--json"])
    assert json.loads(result.stdout)["season.seasons"] == {
        "responses": 1,
        "mapped": ["$.seasons[*].seasonId"],
        "ignored": {},
        "unaccounted": {"$.seasons[*].mascot": "seasons.json.gz"},
    }


@pytest.mark.parametrize("why", [{"unrecorded": "nobody asked for it"}, {"unsimulated": "it has no seasons"}, {}])
def test_a_mapping_that_says_why_is_not_compared_with_the_simulator(
    folder: Path, monkeypatch: pytest.MonkeyPatch, why: dict[str, str]
) -> None:
    def sample_of_seasons(into: Path, _: int) -> None:
        answers = {"/api/v1/seasons/all": {"seasons": []}, "/api/v1/schedule": {"dates": []}}
        entries = [{"file": f"{number}.json.gz", "url": url} for number, url in enumerate(answers)]
        for entry, answer in zip(entries, answers.values(), strict=True):
            (into / entry["file"]).write_bytes(gzip.compress(json.dumps(answer).encode()))
        (into / "manifest.json").write_text(json.dumps(entries))

    monkeypatch.setattr("statsapi_simulator.sample.write", sample_of_seasons)
    seasons, schedule = load_mapping("season.seasons").model_copy(update=why), load_mapping("schedule.schedule")
    monkeypatch.setattr(schema, "all_mappings", lambda: [seasons, schedule])
    found = json.loads(CliRunner().invoke(schema.app, ["coverage", str(folder), "--simulated", "7", "--json"]).stdout)
    assert {name for name, each in found.items() if "missing" in each} == {
        schedule.name,
        *([] if why else [seasons.name]),
    }


@pytest.mark.unmeasured
@pytest.mark.recordings
def test_nothing_of_the_recordings_is_unaccounted(recordings_folder: Path) -> None:
    result = CliRunner().invoke(app, ["coverage", str(recordings_folder), "--json"])
    assert result.exit_code == 0, result.stdout
    found = {name for name, each in json.loads(result.stdout).items() if each["responses"]}
    mappings = all_mappings()
    assert found == {mapping.name for mapping in mappings if not mapping.unrecorded}


@pytest.mark.parametrize("file", mapping_files(), ids=lambda file: f"{file.parent.name}.{file.stem}")
def test_no_reason_is_given_twice_for_one_path(file: Path) -> None:
    paths = [ignored.path for ignored in load_mapping(f"{file.parent.name}.{file.stem}").ignore]
    assert len(paths) == len(set(paths))
