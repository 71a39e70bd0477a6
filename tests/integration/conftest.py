"""Fixtures of the integration tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Database
from tests.integration.support import Platform


@pytest.fixture
def platform(database: Database) -> Iterator[Platform]:
    """Transforms in this process what is pending in `database`: the program without its start-up."""
    with database.connect(autocommit=False) as connection:
        yield Platform(connection)
