"""`make lint` refuses an import that the layers forbid, and docs/architecture.md says where each folder lies."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from mlb_data_platform.settings import PROJECT_DIR

LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


@dataclass(frozen=True)
class Linted:
    """What import-linter says of the packages with one module more."""

    code: int
    said: str


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages."""
    ignored = shutil.ignore_patterns("__pycache__", "mappings", "schemas")
    return shutil.copytree(PROJECT_DIR / "include", tmp_path_factory.mktemp("layers") / "include", ignore=ignored)


def lint(packages: Path, module: str, code: str) -> Linted:
    """Run import-linter over the packages with one module more, `module` (dotted), that has this code."""
    file = packages / (module.replace(".", "/") + ".py")
    file.write_text(f"{code}\n")
    try:
        ended = subprocess.run(
            [LINT_IMPORTS, "--no-logo", "--no-cache", PROJECT_DIR / "pyproject.toml"],
            env={**os.environ, "PYTHONPATH": str(packages), "COLUMNS": "200"},
            cwd=packages,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        file.unlink()
    return Linted(ended.returncode, ended.stdout + ended.stderr)


@pytest.mark.parametrize(
    ("module", "code", "broken"),
    [
        ("mlb_data_platform.mapping.new", "import mlb_data_platform.storage.database", "Imports point down"),
        ("mlb_data_platform.ingest.new", "import mlb_data_platform.spark.engine", "Imports point down"),
        ("mlb_data_platform.new", "", "Imports point down"),
        ("mlb_data_platform.storage.new", "def f():\n    import mlb_data_platform.cli.app", "No two folders"),
        ("mlb_data_platform.transform.new", "import pyspark.sql", "Only the folder spark"),
        ("mlb_data_platform.storage.new", "import pandas", "Only the folder spark"),
        ("mlb_data_platform.history.new", "import duckdb", "Only the folder export"),
        ("mlb_data_platform.spark.new", "import deltalake", "Only the folder export"),
        ("mlb_data_platform.export.new", "import mlb_data_platform.history.as_of", "Imports point down"),
        ("mlb_data_platform.jobs.new", "from airflow.sdk import DAG", "Only the folders orchestration and web"),
        ("mlb_data_platform.orchestration.new", "import fastapi", "Only the folder web"),
        ("mlb_data_platform.orchestration.new", "import mlb_data_platform.web.app", "Imports point down"),
        ("statsapi_simulator.new", "from mlb_data_platform.errors import BadInputError", "The simulator imports"),
        ("statsapi_simulator.world.new", "import statsapi_simulator.play.game", "The simulator's folders"),
        ("mlb_data_platform.ingest.new", "from statsapi_simulator.game_record import GameRecord", "The platform takes"),
    ],
)
def test_a_forbidden_import_is_refused(packages: Path, module: str, code: str, broken: str) -> None:
    linted = lint(packages, module, code)
    assert linted.code == 1, linted.said
    assert any(line.startswith(broken) and "BROKEN" in line for line in linted.said.splitlines()), linted.said
    assert module in linted.said


def test_a_cycle_in_the_simulator_is_refused(packages: Path) -> None:
    linted = lint(packages, "statsapi_simulator.world.new", "import statsapi_simulator.play.game")
    assert linted.code == 1, linted.said
    assert "No cycles are allowed in statsapi_simulator." in linted.said


def test_an_allowed_import_is_not(packages: Path) -> None:
    code = "import pyspark.sql\nimport mlb_data_platform.storage.database"
    linted = lint(packages, "mlb_data_platform.spark.new", code)
    assert linted.code == 0, linted.said


def test_the_page_on_the_architecture_names_each_folder() -> None:
    page = (PROJECT_DIR / "docs" / "architecture.md").read_text(encoding="utf-8")
    of_page = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    assert of_page == {file.parent.name for file in (PROJECT_DIR / "include/mlb_data_platform").glob("*/__init__.py")}


def test_the_files_that_the_page_names_exist() -> None:
    page = (PROJECT_DIR / "docs" / "architecture.md").read_text(encoding="utf-8")
    folders = re.compile(r"^\| `(\w+)` \|.*\|(.*)\|$", re.MULTILINE)
    to_find = re.findall(r"`(\w+(?:/\w+)+\.py)`", folders.sub("", page))
    begin_with = [
        f"{folder}/{file}" for folder, files in folders.findall(page) for file in re.findall(r"`([\w/]+\.py)`", files)
    ]
    assert "storage/publish.py" in to_find
    assert "storage/publish.py" in begin_with
    named = {*to_find, *begin_with} - {"cli/COMMAND.py"}
    assert [file for file in named if not (PROJECT_DIR / "include/mlb_data_platform" / file).is_file()] == []


def test_the_first_line_of_each_module_says_its_subject() -> None:
    """`head -n 1` is the index of a folder: a sentence that ends on a later line is none."""
    first_lines = {
        str(file): file.read_text(encoding="utf-8").partition("\n")[0]
        for file in (PROJECT_DIR / "include").rglob("*.py")
    }
    assert [file for file, line in first_lines.items() if not re.fullmatch(r'"""[^"]+[.:](""")?', line)] == []
