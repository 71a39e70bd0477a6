"""Responses that hold several units, asked for in whatever batches: each unit is as its newest capture has it.

DESIGN section 7, guarantee 2: of a response of several units each counts alone. What is no more in a batch stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.ddl import create
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.raw_endpoint import Dates
from mlb_data_platform.storage.capture import Capture
from mlb_data_platform.storage.raw import store
from mlb_data_platform.transform.pending import pending
from mlb_data_platform.transform.selection import Selection
from mlb_data_platform.transform.shortfall import never_captured
from tests.conftest import Database
from tests.integration.support import Platform, at, body, see_again
from tests.integration.test_invented_endpoints import insert, rows
from tests.invented_endpoints import PEOPLE, SQUAD

pytestmark = pytest.mark.unmeasured

Versions = dict[int, str | None]
"""What a response says of each person: a name, or nothing, which a rule refuses."""


@dataclass(frozen=True)
class World:
    """A database with the two mappings, two programs that transform, and one by a mapping that refuses no name."""

    mapping: Mapping
    connection: Connection[Any]
    platforms: tuple[Platform, Platform]
    lenient: Platform

    def add(self, minutes: float, versions: Versions) -> int:
        """Insert a response of these people."""
        members = [{"id": person, "fullName": name} for person, name in versions.items()]
        asked = {"personIds": ",".join(map(str, versions))}
        return insert(self.connection, self.mapping, asked, {"members": members}, minutes)

    def names(self) -> Versions:
        """Return what the tables have."""
        return dict(rows(self.connection, self.mapping)["members_normalized"])


@pytest.fixture(scope="module")
def make_world(
    new_database: Callable[[], Database], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], World]]:
    """Makes worlds in one database, each emptied of what was there."""
    database, folder = new_database(), tmp_path_factory.mktemp("mappings")
    mapping = PEOPLE.mapping(folder)
    without_rules = {name: table.model_copy(update={"quality": []}) for name, table in mapping.tables.items()}
    lenient = mapping.model_copy(update={"tables": without_rules})
    with (
        database.connect() as connection,
        database.connect(autocommit=False) as one,
        database.connect(autocommit=False) as another,
    ):
        for each in (SQUAD.mapping(folder), mapping):
            connection.execute(create(each))

        def make() -> World:
            connection.execute(
                "TRUNCATE club.members, club.members_normalized, club.member_clubs, club.squad_members,"
                " history.club_members_normalized, history.club_member_clubs, metadata.raw_sightings,"
                " metadata.rejected_captures, metadata.applied_captures"
            )
            platforms = Platform(one, mapping=mapping), Platform(another, mapping=mapping)
            return World(mapping, connection, platforms, Platform(one, mapping=lenient))

        yield make


@pytest.fixture
def world(make_world: Callable[[], World]) -> World:
    """An empty world."""
    return make_world()


def test_a_unit_is_as_the_newest_batch_with_it_says_and_stays_where_no_batch_has_it(world: World) -> None:
    world.add(2, {1: "new", 2: "two"})
    world.add(1, {1: "old", 3: "three"})
    world.platforms[0].transform()
    assert world.names() == {1: "new", 2: "two", 3: "three"}
    world.add(3, {2: "two again"})
    world.platforms[0].transform()
    assert world.platforms[0].rows == 1, "what was applied of other batches is not applied again"
    assert world.names() == {1: "new", 2: "two again", 3: "three"}


_names = count(1)
_batches = st.lists(
    st.dictionaries(st.integers(1, 4), st.sampled_from(["good", "good", None]), min_size=1, max_size=3), max_size=6
)


def everything(world: World) -> dict[str, list[str]]:
    """Return all rows and all former ones, but for what is of the database: raw rows and transactions."""
    query = "SELECT (to_jsonb(t) - '{{raw_id,content_sha256,published_xid}}'::text[])::text FROM {} t"
    tables = [f"club.{table}" for table in world.mapping.tables]
    tables += [f"history.club_{table}" for table in world.mapping.tables]
    return {table: sorted(text for (text,) in world.connection.execute(query.format(table))) for table in tables}


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(found=_batches, draw=st.data())
def test_any_batches_in_any_order_leave_one_history(
    make_world: Callable[[], World], found: list[dict[int, str | None]], draw: st.DataObject
) -> None:
    """That of the same captures in order; as of each of them each person is as the newest one until then says."""
    batches = [{person: name and f"{name} {next(_names)}" for person, name in batch.items()} for batch in found]
    which = st.sampled_from(range(len(batches))) if batches else st.nothing()
    seen = draw.draw(st.lists(which, max_size=8)) if batches else []  # one more than once: seen again
    minutes = draw.draw(st.permutations(range(len(seen))))
    world = make_world()
    rows: dict[int, int] = {}
    for minute, number in zip(minutes, seen, strict=True):
        if number in rows:
            see_again(world.connection, rows[number], at(minute))
        else:
            rows[number] = world.add(minute, batches[number])
        who = draw.draw(st.sampled_from([None, 0, 1]))
        if who is not None:
            world.platforms[who].errors_of_transform(force=draw.draw(st.booleans()))
    world.platforms[0].errors_of_transform()
    arrived = everything(world)
    expected: Versions = {}
    for minute, number in sorted(zip(minutes, seen, strict=True)):
        expected |= {person: name for person, name in batches[number].items() if name}
        as_of = world.connection.execute(
            "SELECT person_id, full_name FROM club.members_normalized_as_of(%s)", [at(minute)]
        )
        assert dict(as_of.fetchall()) == expected
    in_order = make_world()
    rows = {}
    for minute, number in sorted(zip(minutes, seen, strict=True)):
        if number in rows:
            see_again(in_order.connection, rows[number], at(minute))
        else:
            rows[number] = in_order.add(minute, batches[number])
        in_order.platforms[0].errors_of_transform()
    assert arrived == everything(in_order)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(found=_batches, draw=st.data())
def test_any_batches_in_any_order_converge(
    make_world: Callable[[], World], found: list[dict[int, str | None]], draw: st.DataObject
) -> None:
    world = make_world()
    batches = [{person: name and f"{name} {next(_names)}" for person, name in batch.items()} for batch in found]
    minutes = draw.draw(st.permutations(range(len(batches))))
    for minute, batch in zip(minutes, batches, strict=True):
        world.add(minute, batch)
        who = draw.draw(st.sampled_from([None, 0, 1]))
        if who is not None:
            world.platforms[who].errors_of_transform()
    errors = world.platforms[0].errors_of_transform()
    newest: Versions = {}
    for minute in sorted(minutes, reverse=True):
        for person, name in batches[minutes.index(minute)].items():
            newest.setdefault(person, name)
    good = {
        person: next(name for name in _newest_first(minutes, batches, person) if name)
        for person in newest
        if any(_newest_first(minutes, batches, person))
    }
    assert world.names() == good
    assert len(errors) == sum(name is None for name in newest.values()), "of each person whose newest is refused"
    assert world.lenient.errors_of_transform() == []
    assert world.names() == newest, "by a mapping that refuses nothing"
    world.platforms[1].errors_of_transform()
    assert world.names() == newest | good, "rows go back where the mapping does, if it accepts any"


def _newest_first(minutes: list[int], batches: list[Versions], person: int) -> list[str | None]:
    order = sorted(zip(minutes, batches, strict=True), key=lambda each: -each[0])
    return [batch[person] for _, batch in order if person in batch]


def _before_the_command(error: Exception) -> str:
    told, _, raw_id = str(error).partition("; look: mlb-etl raw show ")
    assert raw_id.isdecimal()
    return told


def test_a_batch_that_is_refused_is_told_until_all_its_units_are_newer(world: World) -> None:
    bad = {"members": [{"id": 1, "fullName": {"not": "a name"}}]}
    insert(world.connection, world.mapping, {"personIds": "1,2"}, bad, 5)
    world.add(1, {1: "old", 2: "old"})
    (error,) = world.platforms[0].errors_of_transform()
    assert "person_ids 1,2: " in str(error)
    assert _before_the_command(error).endswith("the tables have nothing newer of 1, 2")
    world.add(6, {2: "new"})
    (error,) = world.platforms[0].errors_of_transform()
    assert _before_the_command(error).endswith("the tables have nothing newer of 1")
    world.add(7, {1: "new", 3: "new"})
    assert world.platforms[0].errors_of_transform() == []


def test_a_date_selects_the_batches_with_somebody_who_is_listed_for_it(world: World) -> None:
    listed = "INSERT INTO club.squad_members (club_id, squad_date, person_id, captured_at, raw_id)"
    world.connection.execute(f"{listed} VALUES (7, '2026-07-04', 2, now(), 1), (7, '2026-07-05', 12, now(), 1)")
    ids = [world.add(0, {1: "a", 2: "b"}), world.add(1, {2: "c"}), world.add(2, {1: "d", 22: "e"})]

    def selected(mapping: Mapping, day: int) -> list[int]:
        return sorted(ref.raw_id for ref in pending(world.connection, mapping, Selection(day=date(2026, 7, day))))

    assert [selected(world.mapping, day) for day in (4, 5)] == [ids[:2], []]
    either = Dates(column="squad_date", table="club.squad_members", key={"person_id": ["person_id", "club_id"]})
    by_either = world.mapping.model_copy(update={"dates": either})
    seven = world.add(3, {7: "f"})
    assert selected(by_either, 5) == [seven]


def test_a_unit_selects_the_batches_that_it_was_asked_for_in(world: World) -> None:
    ids = [world.add(0, {1: "a", 2: "b"}), world.add(1, {2: "c"}), world.add(2, {12: "d"})]

    def selected(**keys: list[int | str]) -> list[int]:
        selection = Selection(keys=keys)
        return sorted(ref.raw_id for ref in pending(world.connection, world.mapping, selection))

    assert selected(person_id=[2]) == ids[:2]
    assert selected(person_id=["12", 1]) == [ids[0], ids[2]]
    assert selected(person_ids=["1,2"]) == ids[:1]
    with pytest.raises(BadInputError, match=r"club\.members is not asked for by person; did you mean 'person_ids?'\?"):
        selected(person=[2])
    asked = Selection(keys={"person_id": [9, 2, 22]})
    assert [str(error) for error in never_captured(world.connection, world.mapping, asked)] == [
        f"club.members: person_id {person}: nothing captured yet; run mlb-etl ingest for it first" for person in (9, 22)
    ]


def test_what_is_asked_for_is_the_same_in_any_order(world: World) -> None:
    def captured(asked: str, minutes: float) -> tuple[bool, Any]:
        parameters = world.mapping.canonical({"personIds": asked})
        content = body({"members": [{"id": 2, "fullName": "b"}, {"id": 10, "fullName": "j"}]})
        capture = Capture(world.mapping, parameters, "http://api/members", 200, at(minutes), content)
        return store(world.connection, capture).is_new, capture.natural_key["person_ids"]

    assert captured("10, 2,2", 0) == (True, "2,10")
    assert captured("2,10", 1) == (False, "2,10")
