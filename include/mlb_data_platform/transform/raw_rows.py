"""Rows of the raw tier with their bodies, as the transform reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.tables import columns
from mlb_data_platform.transform.selection import CaptureRef


@dataclass(frozen=True)
class RawRow:
    """One raw row as the transform sees it. `captured_at` is that of its newest sighting, in UTC.

    With `is_packed` the body is as column `body` holds it.
    """

    raw_id: int
    captured_at: datetime
    content_sha256: str
    source_url: str
    parameters: dict[str, Any]
    natural_key: dict[str, Any]
    body: bytes
    is_packed: bool = False

    def stamp(self, mapping: Mapping) -> dict[str, Any]:
        """Return the values of the version row's stamp columns, for rows that `mapping` makes from this one."""
        return {
            "captured_at": self.captured_at,
            "raw_id": self.raw_id,
            "content_sha256": self.content_sha256,
            "mapping_sha256": mapping.sha256,
        }


def load_raw_rows(connection: Connection, mapping: Mapping, refs: Sequence[CaptureRef]) -> list[RawRow]:
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
    return [_raw_row(mapping, row, newest[row["id"]]) for row in rows]


def _raw_row(mapping: Mapping, row: dict[str, Any], captured_at: Any) -> RawRow:
    return RawRow(
        raw_id=row["id"],
        captured_at=captured_at,
        content_sha256=row["content_sha256"] or "",
        source_url=row["source_url"] or "an unnamed URL",
        parameters=row["request_params"] or {},
        natural_key={name: row[name] for name in mapping.natural_key},
        body=row["data"] or row["body"],
        is_packed=row["data"] is None,
    )
