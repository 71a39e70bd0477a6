"""What changed of a game after it was final, as the view has it, for a person or a program to read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.corrections import Corrections
from mlb_data_platform.mapping.load import all_mappings
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.provenance import VALID_FROM
from mlb_data_platform.storage.publish import same
from mlb_data_platform.storage.tables import columns


@dataclass(frozen=True)
class Correction:
    """A value that is another one, or a row that came or went: what a row of the view says, and whether people care.

    `label` and `player` are what people call the unit and whom the row is about, where that is known.
    """

    unit: dict[str, Any]
    label: str | None
    player: str | None
    table_name: str
    key: dict[str, Any]
    column_name: str | None
    before: Any
    after: Any
    kind: str
    seen_at: datetime
    previous_capture: int
    capture: int
    notable: bool


@dataclass(frozen=True)
class Wanted:
    """Which corrections are asked for: all that are given."""

    since: datetime | None = None
    game_pk: int | None = None
    player: int | None = None


def corrected_mapping() -> tuple[Mapping, Corrections]:
    """Return the mapping that says what a correction is, and what it says. Raises BadInputError where none does."""
    for mapping in all_mappings():
        if mapping.corrections:
            return mapping, mapping.corrections
    raise BadInputError("no mapping says what a correction is: there is no `corrections:` in any of them")


def corrections(connection: Connection, mapping: Mapping, own: Corrections, wanted: Wanted) -> Iterator[Correction]:
    """Yield the corrections that are asked for, in the order they were seen."""
    conditions: list[Composable] = [SQL("true")]
    if wanted.since:
        since = Literal(wanted.since)  # a unit in which something was seen since then has a version from since then
        conditions.append(SQL("c.seen_at >= {} AND v.{} >= {}").format(since, Identifier(VALID_FROM), since))
    if wanted.game_pk:
        conditions.append(SQL("c.game_pk = {}").format(Literal(wanted.game_pk)))
    if wanted.player:
        conditions.append(_of_player(mapping, own, wanted.player))
    query = SQL(
        """
        SELECT c.*, {label} AS label, {player} AS player
        FROM {view} c JOIN {version} v ON {same_unit}
        WHERE {conditions} ORDER BY c.seen_at, {unit}, c.table_name, c.key, c.column_name
        """
    ).format(
        label=_label(own),
        player=_player(mapping, own),
        view=Identifier(mapping.endpoint, own.view),
        version=Identifier(mapping.endpoint, mapping.version_table),
        same_unit=same("v", "c", mapping.unit),
        conditions=SQL(" AND ").join(conditions),
        unit=columns(mapping.unit, "c"),
    )
    for row in connection.cursor(row_factory=dict_row).execute(query):
        unit = {name: row.pop(name) for name in mapping.unit}
        yield Correction(unit, **row, notable=row["column_name"] in own.notable.get(row["table_name"], ()))


def _label(own: Corrections) -> Composable:
    """What people call the unit of version row `v`."""
    if not own.label:
        return SQL("NULL")
    label = SQL("concat_ws(' @ ', {})").format(columns(own.label, "v"))
    return SQL("{} || coalesce(' on ' || {}, '')").format(label, Identifier("v", own.day)) if own.day else label


def _player(mapping: Mapping, own: Corrections) -> Composable:
    """The name of the player whom the row of correction `c` is about: the first that it, or what it is of, names."""
    names = own.names
    if names is None:
        return SQL("NULL")
    (player_id,) = _own_key(mapping, names.table)
    found = []
    for table in mapping.tables:
        holder, people = next(_holders(mapping, own, table), (None, []))
        if holder is None:
            continue
        found.append(
            SQL("WHEN {} THEN (SELECT {} FROM {} LIMIT 1)").format(
                Literal(table),
                Identifier("p", names.column),
                SQL("{rows} JOIN {players} p ON {of_unit} AND {id} = {player}").format(
                    rows=_rows(mapping, holder),
                    players=Identifier(mapping.endpoint, names.table),
                    of_unit=SQL("{} AND {}").format(_is_of(mapping, holder), same("p", "t", mapping.unit)),
                    id=Identifier("p", player_id),
                    player=Identifier("t", people[0]),
                ),
            )
        )
    return SQL("CASE c.table_name {} END").format(SQL(" ").join(found)) if found else SQL("NULL")


def _holders(mapping: Mapping, own: Corrections, table: str) -> Iterator[tuple[str, list[str]]]:
    """Yield `table`, and those whose rows its rows belong to, if they name players: each with the columns that do."""
    for holder in dict.fromkeys((table, *mapping.tables)):
        key = _own_key(mapping, holder)
        people = [name for name in own.people if name in mapping.columns(holder)]
        if people and _own_key(mapping, table)[: len(key)] == key:
            yield holder, people


def _rows(mapping: Mapping, table: str) -> Composed:
    """The rows of a table as of correction `c`, and as of right before it: what was removed is there no more."""
    return SQL(
        """
        (VALUES (c.seen_at), (c.seen_at - interval '1 microsecond')) AS m (moment)
        CROSS JOIN LATERAL {}(m.moment) t
        """
    ).format(Identifier(mapping.endpoint, f"{table}_as_of"))


def _is_of(mapping: Mapping, table: str) -> Composed:
    """Whether row `t` of a table is the one that correction `c` is of, or that its row belongs to."""
    key = [
        SQL("t.{}::text = c.key ->> {}").format(Identifier(name), Literal(name)) for name in _own_key(mapping, table)
    ]
    return SQL(" AND ").join([same("t", "c", mapping.unit), *key])


def _of_player(mapping: Mapping, own: Corrections, player: int) -> Composed:
    """Whether a correction `c` is of a row that names the player, or of what belongs to such a row."""
    named = [
        SQL("c.table_name = {} AND EXISTS (SELECT FROM {} WHERE {} AND {} IN ({}))").format(
            Literal(table), _rows(mapping, holder), _is_of(mapping, holder), Literal(player), columns(people, "t")
        )
        for table in mapping.tables
        for holder, people in _holders(mapping, own, table)
    ]
    return SQL("({})").format(SQL(" OR ").join(named))


def _own_key(mapping: Mapping, table: str) -> list[str]:
    return [name for name in mapping.key(table) if name not in mapping.unit]
