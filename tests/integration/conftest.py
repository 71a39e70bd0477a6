"""Fixtures of the integration tests."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from random import Random

import pytest

from tests.conftest import Database
from tests.integration.support import Bench, Platform, used


@pytest.fixture
def platform(database: Database) -> Iterator[Platform]:
    """Transforms in this process what is pending in `database`: the program without its start-up."""
    with database.connect(autocommit=False) as connection:
        yield Platform(connection)


@pytest.fixture(scope="module")
def bench(module_database: Database) -> Iterator[Bench]:
    """Give a module of property tests where its examples run."""
    with (
        used(module_database),
        module_database.connect() as connection,
        module_database.connect(autocommit=False) as one,
        module_database.connect(autocommit=False) as another,
    ):
        yield Bench(connection, (Platform(one), Platform(another, remembers=2)))


@pytest.fixture
def rng() -> Random:
    """Chance, by the seed in MLB_SEED or a new one, which is said."""
    seed = int(os.environ.get("MLB_SEED") or random.randrange(2**32))
    print(f"MLB_SEED={seed}")
    return Random(seed)
