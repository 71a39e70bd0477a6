"""What a transform was asked for and the tables do not have: never captured, or refused (guarantee 7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composable, Composed, Identifier

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.load import load_mapping, mapping_files
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.raw_endpoint import Dates, NaturalKeyColumn
from mlb_data_platform.storage.capture import NaturalKey
from mlb_data_platform.storage.publish import version
from mlb_data_platform.storage.tables import PublishedTables, columns
from mlb_data_platform.storage.verdicts import any_rejected
from mlb_data_platform.transform.selection import (
    Selection,
    asked_by,
    asked_for,
    lists_units,
    one_unit,
    parameters,
    raw_tables,
    rejection_stands,
    same_unit,
    selected_captures,
    single_units,
)


class RefusedCaptureError(BadInputError):
    """The newest capture of a natural key, or of a unit that it holds, is refused."""

    def __init__(self, text: str, natural_key: NaturalKey) -> None:
        super().__init__(text)
        self.natural_key = natural_key


def never_captured(connection: Connection, mapping: Mapping, selection: Selection) -> list[BadInputError]:
    """Return an error for each item asked for that has no raw row, and for a date of which nothing is captured.

    A date without games that the schedule knows is no error. Raises BadInputError where the endpoint has no such
    selection.
    """
    return [*_items(connection, mapping, selection), *_date(connection, mapping, selection)]


def refused(
    connection: Connection, mapping: Mapping, selection: Selection, target: PublishedTables | None = None
) -> list[RefusedCaptureError]:
    """Return an error for each natural key whose newest capture the mapping in force refuses, in whichever run.

    Of a response of several units: for each unit that is refused, as long as the tables have nothing newer of it.
    """
    if not any_rejected(connection, mapping):
        return []
    version_table = (target or PublishedTables(mapping)).identifier(mapping.version_table)
    cursor = connection.cursor(row_factory=dict_row)
    return [
        _refusal(mapping, row)
        for query in (_refused_captures, _refused_units)
        for row in cursor.execute(query(mapping, selection, version_table), parameters(mapping, selection))
    ]


def forget(connection: Connection, mapping: Mapping, selection: Selection) -> None:
    """Let what this mapping refused of the selected captures be tried again."""
    statement = SQL(
        "DELETE FROM metadata.rejected_captures"
        " WHERE mapping_sha256 = %(mapping)s AND raw_id IN (SELECT id FROM ({}) c)"
    ).format(selected_captures(mapping, selection))
    connection.execute(statement, parameters(mapping, selection))


def described(values: dict[str, Any]) -> str:
    """Return a unit or natural key as words for a message: "game_pk 822750"."""
    return " ".join(f"{name} {value}" for name, value in values.items() if value is not None)


def _items(connection: Connection, mapping: Mapping, selection: Selection) -> Iterator[BadInputError]:
    for name, values in selection.asked.items():
        column, key = asked_by(mapping, name)
        value = SQL("unnest(string_to_array(r.{}, ','))" if key.many == name else "r.{}::text")
        captured = SQL(" UNION ").join(
            SQL("SELECT {} FROM {} r WHERE {}").format(
                value.format(Identifier(column)), raw, asked_for(mapping, name, values)
            )
            for raw in raw_tables(mapping)
        )
        known = {found for (found,) in connection.execute(captured, parameters(mapping, selection))}
        for missing in (each for each in dict.fromkeys(values) if each not in known):
            what = f"{mapping.name}: {name} {missing}"
            yield BadInputError(f"{what}: nothing captured yet; run mlb-etl ingest for it first")


def _date(connection: Connection, mapping: Mapping, selection: Selection) -> Iterator[BadInputError]:
    if selection.day is None or _any_capture(connection, mapping, selection):
        return
    dates = mapping.dates
    if dates is None or dates.table is None:
        yield BadInputError(f"{mapping.name}: nothing captured of {selection.day} yet; run mlb-etl ingest for it first")
    elif listed := _listed(connection, dates, selection.day):
        yield BadInputError(
            f"{mapping.name}: {dates.table} lists {listed} of {selection.day}, and nothing of them is captured yet;"
            " run mlb-etl ingest for them first"
        )
    elif not is_known(connection, dates, selection.day):
        yield unknown_date(mapping, selection.day)


def is_known(connection: Connection, dates: Dates, day: date) -> bool:
    """Return whether the table that lists natural keys by date knows this date, games or none."""
    query = SQL("SELECT EXISTS (SELECT FROM {} WHERE {} = %s)").format(_days_known(dates), Identifier(dates.column))
    return connection.execute(query, [day]).fetchone() == (True,)


def unknown_date(mapping: Mapping, day: date) -> BadInputError:
    """Return what to say of a date that no listing knows."""
    listing = mapping.dates.table if mapping.dates else None
    return BadInputError(f"{mapping.name}: {day} is not in {listing}; ingest and transform that date first")


def _any_capture(connection: Connection, mapping: Mapping, selection: Selection) -> bool:
    query = SQL("SELECT EXISTS ({})").format(selected_captures(mapping, selection))
    return connection.execute(query, parameters(mapping, selection)).fetchone() == (True,)


def _listed(connection: Connection, dates: Dates, day: date) -> int:
    """How many rows the table that lists natural keys has of the date."""
    query = SQL("SELECT count(*) FROM {} WHERE {} = %s").format(
        Identifier(*str(dates.table).split(".")), Identifier(dates.column)
    )
    row = connection.execute(query, [day]).fetchone()
    return row[0] if row else 0


def _days_known(dates: Dates) -> Identifier:
    """The version table of the mapping that has the listing table: it has a row of each date, games or none."""
    schema, _, table = str(dates.table).partition(".")
    for file in mapping_files():
        if file.parent.name == schema:
            mapping = load_mapping(f"{schema}.{file.stem}")
            if table in mapping.tables and dates.column in mapping.unit:
                return Identifier(schema, mapping.version_table)
    return Identifier(schema, table)


def _newest(mapping: Mapping, selection: Selection) -> Composed:
    """The newest captures, one of each request: of the natural key, and of the parameters where units are several."""
    return SQL(
        """
        SELECT DISTINCT ON ({keys}, asked) * FROM (
            SELECT *, CASE WHEN {one_unit} THEN NULL ELSE request_params END AS asked FROM ({captures}) c
        ) c ORDER BY {keys}, asked, captured_at DESC, content_sha256 DESC
        """
    ).format(
        keys=columns(mapping.natural_key),
        one_unit=one_unit(mapping),
        captures=selected_captures(mapping, selection),
    )


def _refused_captures(mapping: Mapping, selection: Selection, version_table: Identifier) -> Composed:
    """The newest captures that are refused as a whole, unless the tables have something newer of all units they list.

    `held` is what the tables have, `behind` are the listed units of which they have nothing newer.
    """
    return SQL(
        """
        SELECT c.id, c.captured_at, c.source_url, {keys}, r.unit, r.reason, v.captured_at AS held, b.behind
        FROM ({newest}) c
        JOIN metadata.rejected_captures r
          ON r.raw_id = c.id AND r.mapping_sha256 = %(mapping)s AND r.unit IS NULL AND {stands}
        LEFT JOIN {version} v ON ({one_unit}) AND {same_unit}
        CROSS JOIN LATERAL ({behind}) b
        WHERE (%(since)s::timestamptz IS NULL OR c.captured_at >= %(since)s) AND b.behind IS DISTINCT FROM '{{}}'
        ORDER BY c.captured_at, c.id
        """
    ).format(
        keys=columns(mapping.natural_key, "c"),
        newest=_newest(mapping, selection),
        stands=rejection_stands(mapping),
        one_unit=one_unit(mapping),
        version=version_table,
        same_unit=same_unit(mapping) if single_units(mapping) else SQL("false"),
        behind=_behind(mapping, version_table),
    )


def _behind(mapping: Mapping, version_table: Identifier) -> Composable:
    """The units that capture `c` was asked for and of which the tables have nothing newer; NULL where nobody knows."""
    lists = lists_units(mapping)
    if lists is None:
        return SQL("SELECT NULL::text[] AS behind")
    units = [
        SQL("v.{}::text = {}").format(Identifier(key.many or name), _asked(name, key))
        for name, key in mapping.natural_key.items()
    ]
    return SQL(
        """
        SELECT CASE WHEN c.{lists} IS NOT NULL THEN ARRAY(
            SELECT u.asked FROM unnest(string_to_array(c.{lists}, ',')) WITH ORDINALITY AS u (asked, position)
            WHERE NOT EXISTS (SELECT FROM {version} v WHERE {units} AND {version_of_v} > {version_of_c})
            ORDER BY u.position
        ) END AS behind
        """
    ).format(
        lists=Identifier(lists),
        version=version_table,
        units=SQL(" AND ").join(units),
        version_of_v=version("v"),
        version_of_c=version("c"),
    )


def _asked(column: str, key: NaturalKeyColumn) -> Composable:
    """What capture `c` was asked for, as text: of a list each value that is unnested as `u`."""
    return SQL("u.asked") if key.many else SQL("c.{}::text").format(Identifier(column))


def _refused_units(mapping: Mapping, selection: Selection, version_table: Identifier) -> Composed:
    """The units that were refused of the newest responses of several, unless the tables have something newer."""
    return SQL(
        """
        WITH newest AS (
            SELECT DISTINCT ON (r.unit) c.*, r.unit, r.reason
            FROM ({newest}) c
            JOIN metadata.rejected_captures r
              ON r.raw_id = c.id AND r.mapping_sha256 = %(mapping)s AND r.unit IS NOT NULL
            ORDER BY r.unit, c.captured_at DESC, c.content_sha256 DESC
        )
        SELECT c.id, c.captured_at, c.source_url, {keys}, c.unit, c.reason, v.captured_at AS held,
               NULL::text[] AS behind
        FROM newest c
        LEFT JOIN {version} v ON {same_unit}
        WHERE (%(since)s::timestamptz IS NULL OR c.captured_at >= %(since)s)
          AND NOT coalesce({version_of_v} > {version_of_c}, false)
        ORDER BY c.captured_at, c.id, c.unit
        """
    ).format(
        keys=columns(mapping.natural_key, "c"),
        newest=_newest(mapping, selection),
        version=version_table,
        same_unit=SQL(" AND ").join(
            SQL("v.{}::text = c.unit ->> {}").format(Identifier(name), name) for name in mapping.unit
        ),
        version_of_v=version("v"),
        version_of_c=version("c"),
    )


def _refusal(mapping: Mapping, row: dict[str, Any]) -> RefusedCaptureError:
    natural_key = {name: row[name] for name in mapping.natural_key}
    what = {name: row["unit"][name] for name in mapping.unit} if row["unit"] else natural_key
    capture = f"the capture of {_moment(row['captured_at'])} (raw row {row['id']} from {row['source_url'] or 'no URL'})"
    if row["held"]:
        held = f"the tables hold the capture of {_moment(row['held'])}"
    elif row["behind"]:
        held = f"the tables have nothing newer of {', '.join(row['behind'])}"
    else:
        held = "the tables have nothing of it"
    look = f"look: mlb-etl raw show {row['id']}"
    text = f"{mapping.name}: {described(what)}: {capture} is refused: {row['reason']}; {held}; {look}"
    return RefusedCaptureError(text, natural_key)


def _moment(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}Z"
