"""Which captures a transform has to apply: the newest of each natural key, sightings included, unless applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, dict_row
from psycopg.sql import SQL, Composable, Identifier

from mlb_data_platform.errors import BadInputError, PlatformError
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.staging import columns
from mlb_data_platform.transform.flatten import Capture


@dataclass(frozen=True)
class Selection:
    """What a transform is asked for: what all given conditions select, everything if there are none."""

    game_pks: tuple[int, ...] = ()
    day: date | None = None
    since: datetime | None = None
    force: bool = False


@dataclass(frozen=True)
class CaptureRef:
    """Where the body of a capture stands (raw_id, stored_at) and when its content was last captured, in UTC."""

    raw_id: int
    stored_at: datetime
    captured_at: datetime
    alone: bool = False  # it may hold units that other captures hold too, so it needs a transaction of its own
    first: bool = False  # it is one unit, of which nothing has been published so far


def pending(connection: Connection, mapping: Mapping, selection: Selection) -> list[CaptureRef]:
    """Return the captures to apply, oldest first. Raises BadInputError where the endpoint has no such selection."""
    raw = Identifier(mapping.endpoint, mapping.method)
    keys = list(mapping.natural_key)
    conditions, parameters = _conditions(mapping, selection)
    query = SQL(
        """
        WITH captures AS (
            SELECT r.id, r.captured_at AS stored_at, r.captured_at, coalesce(r.content_sha256, '') AS content, {keys}
            FROM {raw} r WHERE {conditions}
            UNION ALL
            SELECT r.id, r.captured_at, s.captured_at, coalesce(r.content_sha256, ''), {keys}
            FROM {raw} r JOIN metadata.raw_sightings s ON s.raw_id = r.id WHERE {conditions}
        ),
        newest AS (
            SELECT DISTINCT ON ({group}) * FROM captures c ORDER BY {group}, captured_at DESC, content DESC
        )
        SELECT c.id AS raw_id, c.stored_at, c.captured_at, NOT ({one_unit}) AS alone, {first} FROM newest c
        WHERE (%(since)s::timestamptz IS NULL OR c.captured_at >= %(since)s) AND {not_applied}
        ORDER BY c.captured_at, c.id
        """
    ).format(
        keys=columns(keys, "r"),
        raw=raw,
        conditions=SQL(" AND ").join(conditions),
        group=SQL("{}, (CASE WHEN {} THEN 0 ELSE id END)").format(columns(keys), _one_unit(mapping)),
        one_unit=_one_unit(mapping),
        not_applied=SQL("true") if selection.force else _not_applied(mapping),
        first=_first(mapping),
    )
    cursor = connection.cursor(row_factory=class_row(CaptureRef))
    return list(cursor.execute(query, {**parameters, "since": selection.since}))


def never_captured(connection: Connection, mapping: Mapping, selection: Selection) -> list[PlatformError]:
    """Return an error for each game asked for by its game_pk that has no raw row."""
    if not selection.game_pks:
        return []
    if "game_pk" not in mapping.natural_key:
        raise BadInputError(f"{mapping.name} is not asked for by game: leave out --game-pk")
    query = SQL("SELECT unnest(%s::bigint[]) EXCEPT SELECT game_pk FROM {} WHERE game_pk = ANY(%s) ORDER BY 1").format(
        Identifier(mapping.endpoint, mapping.method)
    )
    game_pks = list(selection.game_pks)
    return [
        BadInputError(f"{mapping.name}: game_pk {game_pk}: nothing captured yet; run mlb-etl ingest for it first")
        for (game_pk,) in connection.execute(query, (game_pks, game_pks))
    ]


def load(connection: Connection, mapping: Mapping, refs: Sequence[CaptureRef]) -> list[Capture]:
    """Return the captures at `refs` with their bodies, in any order."""
    newest = {ref.raw_id: ref.captured_at for ref in refs}
    query = SQL(
        """
        SELECT id, content_sha256, source_url, request_params, body, {keys},
               CASE WHEN body IS NULL THEN convert_to(data::text, 'UTF8') END AS data
        FROM {raw}
        WHERE (id, captured_at) IN (SELECT * FROM unnest(%s::bigint[], %s::timestamptz[]))
        """
    ).format(keys=columns(mapping.natural_key), raw=Identifier(mapping.endpoint, mapping.method))
    rows = connection.cursor(row_factory=dict_row, binary=True).execute(  # bytes as they are, not as hex
        query, ([ref.raw_id for ref in refs], [ref.stored_at for ref in refs])
    )
    return [_capture(mapping, row, newest[row["id"]]) for row in rows]


def batches(refs: Sequence[CaptureRef], size: int) -> list[list[CaptureRef]]:
    """Return `refs` in batches of at most `size`, each to be applied in one transaction."""
    kinds = [[ref for ref in refs if not ref.alone and ref.first is first] for first in (True, False)]
    together = [kind[start : start + size] for kind in kinds for start in range(0, len(kind), size)]
    return together + [[ref] for ref in refs if ref.alone]


def _single_units(mapping: Mapping) -> bool:
    """Whether a response whose natural key is known is one unit, as a game is."""
    return set(mapping.unit) == set(mapping.natural_key)


def _capture(mapping: Mapping, row: dict[str, Any], captured_at: datetime) -> Capture:
    return Capture(
        raw_id=row["id"],
        captured_at=captured_at,
        content_sha256=row["content_sha256"] or "",
        source_url=row["source_url"] or "an unnamed URL",
        parameters=row["request_params"] or {},
        natural_key={name: row[name] for name in mapping.natural_key},
        body=row["data"] or row["body"],
        is_packed=row["data"] is None,
    )


def _conditions(mapping: Mapping, selection: Selection) -> tuple[list[Composable], dict[str, Any]]:
    conditions: list[Composable] = [SQL("true")]
    if selection.game_pks:
        conditions.append(SQL("r.game_pk = ANY(%(game_pks)s)"))
    if selection.day:
        conditions.append(_on_date(mapping))
    return conditions, {"game_pks": list(selection.game_pks), "day": selection.day}


def _on_date(mapping: Mapping) -> Composable:
    if mapping.dates is None:
        raise BadInputError(f"{mapping.name} has no dates: leave out --date")
    column = mapping.dates.column
    if mapping.dates.table is None:
        return SQL("r.{} = %(day)s::date::text").format(Identifier(column))
    return SQL("({}) IN (SELECT {} FROM {} WHERE {} = %(day)s)").format(
        columns(mapping.natural_key, "r"),
        columns(mapping.natural_key),
        Identifier(*mapping.dates.table.split(".")),
        Identifier(column),
    )


def _one_unit(mapping: Mapping) -> Composable:
    """Whether a capture is one unit: only then do captures with its natural key replace one another."""
    if not _single_units(mapping):
        return SQL("false")
    return SQL(" AND ").join(SQL("{} IS NOT NULL").format(Identifier(name)) for name in mapping.unit)


def _not_applied(mapping: Mapping) -> Composable:
    if not _single_units(mapping):
        return SQL("true")
    return SQL(
        """NOT EXISTS (
            SELECT FROM {version} v
            WHERE {unit} AND (v.captured_at, coalesce(v.content_sha256, '')) >= (c.captured_at, c.content)
        )"""
    ).format(version=Identifier(mapping.endpoint, mapping.version_table), unit=_same_unit(mapping))


def _first(mapping: Mapping) -> Composable:
    if not _single_units(mapping):
        return SQL("false AS first")
    return SQL("({one_unit}) AND NOT EXISTS (SELECT FROM {version} v WHERE {unit}) AS first").format(
        one_unit=_one_unit(mapping),
        version=Identifier(mapping.endpoint, mapping.version_table),
        unit=_same_unit(mapping),
    )


def _same_unit(mapping: Mapping) -> Composable:
    return SQL(" AND ").join(SQL("v.{0}::text = c.{0}::text").format(Identifier(name)) for name in mapping.unit)
