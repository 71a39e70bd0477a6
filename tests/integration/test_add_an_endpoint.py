"""docs/add-an-endpoint.md, followed to the letter in a copy of the project: an endpoint by YAML alone."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mlb_data_platform.services.addresses import free_ports
from tests.documentation import reader
from tests.documentation.markdown import all_blocks
from tests.documentation.reader import Environment
from tests.documentation.session import Session
from tests.recordings import PROJECT_DIR

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.unmeasured]

GUIDE = [block for block in all_blocks() if Path(__file__).name in block.reason]
ENVIRONMENTS = (".venv", ".venv-jobs")
WRITTEN = {"include/mappings/uniforms/game.yaml", "dags/mlb_uniforms_game.yaml", "dags/mlb_uniforms_game.py"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project, on the environments of this one."""
    subprocess.run(["make", "setup"], cwd=PROJECT_DIR, check=True)  # the copy would install itself into what is stale
    copy = tmp_path / "project"
    copy.mkdir()
    for each in PROJECT_DIR.iterdir():
        if each.is_dir() and not each.name.startswith("."):
            shutil.copytree(each, copy / each.name, ignore=shutil.ignore_patterns("__pycache__"))
        elif each.is_file():
            shutil.copy2(each, copy)
    for name in ENVIRONMENTS:
        (copy / name).symlink_to(PROJECT_DIR / name)
    return copy


@pytest.fixture
def environment(project: Path, tmp_path: Path) -> Iterator[Environment]:
    made = reader.environment(tmp_path, project) | {"PYTHONPATH": str(project / "include")}
    yield made
    reader.stop_services(made, project)


def test_the_guide_is_followed_to_the_letter(project: Path, environment: Environment, tmp_path: Path) -> None:
    reader.load_day(environment, project)
    before = _files(project)
    assert before.isdisjoint(WRITTEN), "it is the repository's by now: let the guide add another one"
    (port,) = free_ports(1)
    with ExitStack() as stack:
        session = Session(tmp_path, environment, {"8601": str(port)}, project)
        stack.callback(session.end)
        said = [session.run(block) for block in GUIDE]
    (rows,) = (text for block, text in zip(GUIDE, said, strict=True) if "SELECT" in block.text)
    assert "(5 rows)" in rows
    added = {path for path in _files(project) - before if not path.startswith(("docs/", "tests/", "recordings/"))}
    assert added >= WRITTEN
    (migration,) = added - WRITTEN - {"sql/migrations/drafts.json"}
    assert migration.startswith("sql/migrations/")


def _files(project: Path) -> set[str]:
    folders = [each for each in project.iterdir() if not (each.is_symlink() or each.name.startswith("."))]
    found = [path.relative_to(project) for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {str(path) for path in found if "__pycache__" not in path.parts}
