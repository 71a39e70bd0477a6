"""Fixtures of the integration tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Database
from tests.integration.support import Bench, Platform


@pytest.fixture
def platform(database: Database) -> Iterator[Platform]:
    """Transforms in this process what is pending in `database`: the program without its start-up."""
    with database.connect(autocommit=False) as connection:
        yield Platform(connection)


@pytest.fixture(scope="module")
def bench(module_database: Database) -> Iterator[Bench]:
    """Give a module of property tests where its examples run."""
    with (
        module_database.connect() as connection,
        module_database.connect(autocommit=False) as one,
        module_database.connect(autocommit=False) as another,
    ):
        yield Bench(connection, (Platform(one), Platform(another, remembers=2)))
