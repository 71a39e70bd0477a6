"""What a mapping made of captures: `metadata.rejected_captures` and, of several units, `metadata.applied_captures`.

So nothing is tried again until the mapping changes or somebody asks for it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL
from psycopg.types.json import Jsonb

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.tables import PublishedTables


@dataclass(frozen=True)
class Rejection:
    """A capture that cannot become acceptable rows, or one `unit` of those it holds (None: all of it), and why.

    With `seen`, the snapshot of the raw tier it was judged by at `judged_at`, only as long as no capture from before it
    comes later. `is_lost`: its content is, so nobody can tell; that is no verdict, and not kept.
    """

    raw_id: int
    captured_at: datetime
    reason: str
    unit: dict[str, Any] | None = None
    seen: str | None = None
    judged_at: datetime | None = None
    is_lost: bool = False

    def __str__(self) -> str:
        return f"raw row {self.raw_id} {'cannot be read' if self.is_lost else 'is refused'}: {self.reason}"


def record_rejections(connection: Connection, mapping: Mapping, rejections: Iterable[Rejection]) -> None:
    """Keep the rejections; one that is known already stays as it was found first, but for what it was judged by."""
    connection.cursor().executemany(
        """
        INSERT INTO metadata.rejected_captures AS r (
            endpoint, raw_id, captured_at, unit, mapping_sha256, reason, seen, rejected_at
        )
        VALUES (%s, %s, %s, %s, %s, %s, %s, coalesce(%s, clock_timestamp()))
        ON CONFLICT (raw_id, unit, mapping_sha256) DO UPDATE
        SET reason = excluded.reason, seen = excluded.seen, rejected_at = excluded.rejected_at
        WHERE r.seen IS NOT NULL
        """,
        [
            (
                *(mapping.name, each.raw_id, each.captured_at, _json(each.unit), mapping.sha256),
                *(each.reason, each.seen, each.judged_at),
            )
            for each in sorted(rejections, key=lambda rejection: rejection.raw_id)  # in order: no deadlock
            if not each.is_lost
        ],
    )


def withdraw_misfits(connection: Connection, mapping: Mapping, applied: Collection[int]) -> None:
    """Take back that these captures were patches that fit nothing: by now they were applied."""
    connection.execute(
        "DELETE FROM metadata.rejected_captures WHERE raw_id = ANY(%s) AND mapping_sha256 = %s AND seen IS NOT NULL",
        (list(applied), mapping.sha256),
    )


def record_applied(connection: Connection, target: PublishedTables, captures: Iterable[tuple[int, datetime]]) -> None:
    """Keep that these captures (raw_id, captured_at) were applied, all their units that were not refused.

    What other mappings applied is forgotten: the tables hold it no more, should one of them come back into force.
    """
    mapping = target.mapping
    given = [(mapping.name, raw_id, captured_at, mapping.sha256) for raw_id, captured_at in sorted(captures)]
    if not given:
        return
    connection.execute(
        SQL("DELETE FROM {} WHERE endpoint = %s AND mapping_sha256 <> %s").format(target.applied),
        (mapping.name, mapping.sha256),
    )
    connection.cursor().executemany(
        SQL(
            "INSERT INTO {} (endpoint, raw_id, captured_at, mapping_sha256) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING"
        ).format(target.applied),
        given,
    )


def any_rejected(connection: Connection, mapping: Mapping) -> bool:
    """Return whether this mapping has refused anything at all."""
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM metadata.rejected_captures WHERE endpoint = %s AND mapping_sha256 = %s)",
        (mapping.name, mapping.sha256),
    ).fetchone()
    return row == (True,)


def _json(unit: dict[str, Any] | None) -> Jsonb | None:
    return None if unit is None else Jsonb(unit, dumps=partial(json.dumps, default=str))
