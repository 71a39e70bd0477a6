"""What the READMEs and docs/*.md tell readers to type does what they say: run in order, in one shell per document.

Which blocks are not run, and that all they name exists: tests/unit/test_documentation.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mlb_data_platform.services.addresses import free_ports
from tests.documentation import reader
from tests.documentation.markdown import Where, all_blocks
from tests.documentation.reader import Environment
from tests.documentation.session import Session

pytestmark = [pytest.mark.services, pytest.mark.spark, pytest.mark.slow, pytest.mark.unmeasured]

RUN = [block for block in all_blocks() if block.where is Where.HERE]


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[Environment]:
    """The environment of a reader in this folder; afterwards all is stopped."""
    made = reader.environment(tmp_path)
    yield made
    reader.stop_services(made)


def nothing(environment: Environment) -> None:
    """What a guide begins with."""


BEFORE: dict[str, Callable[[Environment], None]] = {
    "README.md": reader.load_day,
    "docs/archive.md": reader.load_day_without_airflow,
    "docs/exports.md": reader.load_day_without_airflow,
}


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
