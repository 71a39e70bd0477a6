"""The simulator is a package of its own: it imports nothing of the platform, and its folder builds a whole wheel."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email import message_from_string
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from statsapi_simulator import __version__

FOLDER = Path(__file__).resolve().parents[3] / "include" / "statsapi_simulator"

# Runs apart from this process, where the platform may be imported already. None in sys.modules makes an import fail.
IMPORT_ALL = """
import importlib, pkgutil, sys
sys.modules["mlb_data_platform"] = None
import statsapi_simulator
modules = [each.name for each in pkgutil.walk_packages(statsapi_simulator.__path__, "statsapi_simulator.")]
for name in modules:
    importlib.import_module(name)
print(len(modules))
"""
# Only the folder that is named has the package: -I keeps out PYTHONPATH and the current folder.
SERVE_A_FEED = """
import sys, json
from urllib.request import urlopen
sys.path = [sys.argv[1], *(path for path in sys.path if not path.endswith("include"))]
import statsapi_simulator
from statsapi_simulator.api.server import serve
assert statsapi_simulator.__file__.startswith(sys.argv[1]), statsapi_simulator.__file__
with serve(seed=7, season=2026) as url:
    feed = json.load(urlopen(url + "/api/v1.1/game/20260001/feed/live"))
    statuses = json.load(urlopen(url + "/api/v1/gameStatus"))
print(feed["gamePk"], feed["gameData"]["status"]["detailedState"], len(statuses) > 50)
"""


def run(program: str, *arguments: str) -> str:
    """Run a Python program apart from this process and return what it prints."""
    # Not measured: what runs from the wheel would count as files of its own.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    argv = [sys.executable, "-I", "-c", program, *arguments]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_its_tests_need_nothing_of_the_platform_either() -> None:
    others = [path for path in Path(__file__).parent.glob("*.py") if path.name != Path(__file__).name]
    assert [path.name for path in others if "mlb_data_platform" in path.read_text(encoding="utf-8")] == []


def test_every_module_can_be_imported_where_the_platform_is_absent() -> None:
    assert int(run(IMPORT_ALL)) > 80, "modules that were found"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel that the folder alone gives, as any front end builds it, without a network."""
    source = tmp_path_factory.mktemp("source") / "simulator"
    shutil.copytree(FOLDER, source, ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
    built = tmp_path_factory.mktemp("wheel")
    build = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(built)], cwd=source, capture_output=True, check=True)
    (file,) = built.glob("*.whl")
    return zipfile.ZipFile(file)


def metadata(wheel: zipfile.ZipFile, file: str) -> str:
    """What a file of the wheel's dist-info says."""
    return wheel.read(f"statsapi_simulator-{__version__}.dist-info/{file}").decode()


def test_the_platforms_distribution_installs_the_same() -> None:
    ours, theirs = (tomllib.loads((folder / "pyproject.toml").read_text()) for folder in (FOLDER, FOLDER.parents[1]))
    name = "statsapi_simulator"
    data = [each["tool"]["setuptools"]["package-data"][name] for each in (ours, theirs)]
    assert data[0] == data[1]
    assert ours["project"]["scripts"].items() <= theirs["project"]["scripts"].items()
    needed, installed = ({Requirement(each).name for each in of["project"]["dependencies"]} for of in (ours, theirs))
    assert needed <= installed


def test_the_wheel_holds_every_file_of_the_folder(wheel: zipfile.ZipFile) -> None:
    files = {path.relative_to(FOLDER.parent).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    meant = {file for file in files if not re.search(r"__pycache__|/build/|\.egg-info/|LICENSE|README|pyproject", file)}
    assert {name for name in wheel.namelist() if ".dist-info/" not in name} == meant
    assert metadata(wheel, "licenses/LICENSE") == (FOLDER.parents[1] / "LICENSE").read_text(encoding="utf-8")


def test_the_wheel_names_its_command_and_exactly_the_libraries_it_imports(wheel: zipfile.ZipFile) -> None:
    assert "statsapi-simulator = statsapi_simulator.cli:main" in metadata(wheel, "entry_points.txt")
    imported = {
        name.split(".")[0]
        for path in FOLDER.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in _imports(node)
    }
    libraries = imported - sys.stdlib_module_names - {"statsapi_simulator"}
    found = {
        min((each for each in packages_distributions()[name] if each.startswith(name)), key=len) for name in libraries
    }
    assert set(message_from_string(metadata(wheel, "METADATA")).get_all("Requires-Dist", [])) == found


def _imports(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names):
            return [each.name for each in names]
        case ast.ImportFrom(module=str(module)):
            return [module]
    return []


def test_what_the_wheel_installs_serves_a_game(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    assert run(SERVE_A_FEED, str(tmp_path)) == "20260001 Final True\n"
