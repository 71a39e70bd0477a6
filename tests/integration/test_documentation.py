"""What the READMEs and docs/*.md tell readers to type does what they say: run in order, in one shell per document.

Which blocks are not run, and that all they name exists: tests/unit/test_documentation.py.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mlb_data_platform import services
from mlb_data_platform.services.addresses import free_ports
from tests.conftest import Cli, callers_environment
from tests.documentation.markdown import Where, all_blocks
from tests.documentation.session import Session
from tests.recordings import PROJECT_DIR

pytestmark = [pytest.mark.services, pytest.mark.spark, pytest.mark.slow, pytest.mark.unmeasured]

JOBS = PROJECT_DIR / ".venv-jobs" / "bin"
DAY = "2026-07-30"
RUN = [block for block in all_blocks() if block.where is Where.HERE]

Environment = dict[str, str]


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[Environment]:
    """The environment of a reader in this folder: a state folder of their own; afterwards all is stopped."""
    given = callers_environment()
    made = given | {  # no program is measured: it would take Airflow twice as long, and other tests do
        "PATH": f"{JOBS}:{given['PATH']}",
        "MLB_STATE_DIR": str(tmp_path / "state"),
        "PYTEST_DEBUG_TEMPROOT": str(tmp_path),  # ours would be closed to PostgreSQL's user
        "MLB_REQUESTS_PER_SECOND": "1000",  # nobody is to be spared here
    }
    yield made
    subprocess.run(["make", "down"], cwd=PROJECT_DIR, env=made, check=True)


def nothing(environment: Environment) -> None:
    """What a guide begins with."""


def a_loaded_day(environment: Environment) -> None:
    """What `make run` leaves: running services, migrated databases, the day in the tables."""
    begin = "from steps import SIMULATED, migrate, start_services; migrate(start_services(SIMULATED))"
    subprocess.run([JOBS / "python", "-c", begin], cwd=PROJECT_DIR / "scripts", env=environment, check=True)
    mlb_etl = Cli(environment | services.environment(Path(environment["MLB_STATE_DIR"]))).ok
    for job, mapping in (("mlb_schedule", "schedule.schedule"), ("mlb_game", "game.live_game_v1")):
        mlb_etl("ingest", job, "--date", DAY)
        mlb_etl("transform", mapping, "--date", DAY)


BEFORE: dict[str, Callable[[Environment], None]] = {"README.md": a_loaded_day}


@pytest.mark.parametrize("document", sorted({block.document for block in RUN}))
def test_a_document_does_what_it_says(document: str, environment: Environment, tmp_path: Path) -> None:
    BEFORE.get(document, nothing)(environment)
    (port,) = free_ports(1)
    with ExitStack() as stack:
        session = Session(tmp_path, environment, instead={"8601": str(port)})
        stack.callback(session.end)
        for block in RUN:
            if block.document == document and block.language == "sql":
                assert session.query(block), f"{block} finds nothing"
            elif block.document == document:
                session.run(block)
