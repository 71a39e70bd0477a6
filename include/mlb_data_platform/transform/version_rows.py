"""Content that is published already was captured again: one UPDATE of version rows, and no row is derived anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import Connection
from psycopg.sql import SQL, Identifier

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.provenance import PUBLISHED_XID
from mlb_data_platform.storage.publish import holds, version
from mlb_data_platform.storage.tables import PublishedTables, columns
from mlb_data_platform.transform.captures import CaptureRef
from mlb_data_platform.transform.selection import same_unit, single_units


@dataclass(frozen=True)
class Moved:
    """A unit whose version row names the capture `raw_id` now, and its published_xid before and after."""

    raw_id: int
    unit: tuple[str, ...]
    xid_before: str | None
    xid: str


def move_version_rows(
    connection: Connection, mapping: Mapping, target: PublishedTables, refs: Sequence[CaptureRef]
) -> list[Moved]:
    """Let the version rows of these captures name them, in the caller's transaction; return those that do now.

    It leaves alone what has other content, is of another mapping or names a newer capture by now: whoever was faster.
    """
    if not refs or not single_units(mapping):
        return []
    statement = SQL(
        """
        WITH c AS (
            SELECT r.id, m.valid_from, m.captured_at, r.content_sha256, {keys}
            FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])
                AS m (id, stored_at, valid_from, captured_at)
            JOIN {raw} r ON r.id = m.id AND r.captured_at = m.stored_at
        ),
        locked AS (  -- in order: no deadlock
            SELECT c.id, c.captured_at, v.{xid} AS xid_before, {unit} FROM {version} v JOIN c ON {same_unit}
            WHERE v.raw_id = c.id AND v.valid_from = c.valid_from AND {holds} AND {version_of_v} < {version_of_c}
            ORDER BY {unit} FOR UPDATE OF v
        )
        UPDATE {version} v
        SET captured_at = locked.captured_at, {xid} = pg_current_xact_id()
        FROM locked WHERE {is_locked}
        RETURNING v.raw_id, locked.xid_before::text, v.{xid}::text, {unit}
        """
    ).format(
        keys=columns(mapping.natural_key, "r"),
        raw=Identifier(mapping.endpoint, mapping.method),
        version=target.identifier(mapping.version_table),
        unit=columns(mapping.unit, "v"),
        same_unit=same_unit(mapping),
        holds=holds(mapping.sha256, "v"),
        version_of_v=version("v"),
        version_of_c=version("c"),
        xid=Identifier(PUBLISHED_XID),
        is_locked=SQL(" AND ").join(SQL("v.{0} = locked.{0}").format(Identifier(name)) for name in mapping.unit),
    )
    given = [
        [ref.raw_id for ref in refs],
        [ref.stored_at for ref in refs],
        [ref.valid_from for ref in refs],
        [ref.captured_at for ref in refs],
    ]
    rows = connection.execute(statement, given)
    return [Moved(raw_id, tuple(map(str, unit)), xid_before, xid) for raw_id, xid_before, xid, *unit in rows]
