"""Rows of the raw tier with their bodies, as the transform reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.sql import SQL

from mlb_data_platform.documents.known import KnownDocuments
from mlb_data_platform.documents.moment import History
from mlb_data_platform.documents.patch import MisfitError
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.raw_endpoint import RawEndpoint
from mlb_data_platform.storage.bodies import bodies
from mlb_data_platform.storage.raw import raw_table
from mlb_data_platform.storage.stored_body import LostBody, LostContentError, PlainBody, StoredBody
from mlb_data_platform.storage.tables import columns
from mlb_data_platform.transform.captures import CaptureRef


@dataclass(frozen=True)
class RawRow:
    """One raw row as the transform sees it: the API said so from `valid_from` to `captured_at` at least, in UTC.

    The body of a patch is the document it leads to. Where it leads to none, `misfit` says why, and `seen` is the
    snapshot of the raw tier that says so, `judged_at` its moment.
    """

    raw_id: int
    captured_at: datetime
    valid_from: datetime
    content_sha256: str
    source_url: str
    parameters: dict[str, Any]
    natural_key: dict[str, Any]
    body: StoredBody
    misfit: str = ""
    seen: str | None = None
    judged_at: datetime | None = None

    def stamp(self, mapping: Mapping) -> dict[str, Any]:
        """Return the values of the version row's stamp columns, for rows that `mapping` makes from this one."""
        return {
            "captured_at": self.captured_at,
            "raw_id": self.raw_id,
            "content_sha256": self.content_sha256,
            "mapping_sha256": mapping.sha256,
            "valid_from": self.valid_from,
        }


def load_raw_rows(
    connection: Connection, mapping: Mapping, refs: Sequence[CaptureRef], known: KnownDocuments
) -> list[RawRow]:
    """Return the captures at `refs` with their bodies, in any order; of a patch that is the document it leads to.

    `known` are the documents that are at hand: patches of them are applied to them, and what is read joins them.
    """
    patches = [ref for ref in refs if ref.is_patch]
    places = [ref for ref in refs if not ref.is_patch]
    contents = bodies(connection, mapping, places) if places else {}
    whole = [replace(row, body=contents[row.raw_id]) for row in _without_bodies(connection, mapping, mapping, places)]
    for row in whole:
        known.keep(row.natural_key, row.captured_at, row.body)
    return [*whole, *_patched(connection, mapping, patches, known)] if patches else whole


def _patched(
    connection: Connection, mapping: Mapping, refs: Sequence[CaptureRef], known: KnownDocuments
) -> Iterator[RawRow]:
    """Yield the patches at `refs`, each with the document it leads to."""
    if mapping.patch_endpoint is None:
        return
    for patch in _without_bodies(connection, mapping, mapping.patch_endpoint, refs):
        if document := known.patched(connection, patch.natural_key, patch.raw_id, patch.captured_at):
            yield replace(patch, body=PlainBody(document))
        else:
            yield _with_document(connection, mapping, patch, known)


def _without_bodies(
    connection: Connection, mapping: Mapping, endpoint: RawEndpoint, refs: Sequence[CaptureRef]
) -> list[RawRow]:
    """The captures at `refs` with all but their bodies."""
    query = SQL(
        """
        SELECT id, content_sha256, source_url, request_params, {keys} FROM {raw}
        WHERE (id, captured_at) IN (SELECT * FROM unnest(%s::bigint[], %s::timestamptz[]))
        """
    ).format(keys=columns(mapping.natural_key), raw=raw_table(endpoint))
    by_raw_id = {ref.raw_id: ref for ref in refs}
    rows = connection.cursor(row_factory=dict_row, binary=True).execute(
        query, ([ref.raw_id for ref in refs], [ref.stored_at for ref in refs])
    )
    return [_raw_row(mapping, row, by_raw_id[row["id"]]) for row in rows.fetchall()]


def _with_document(connection: Connection, mapping: Mapping, patch: RawRow, known: KnownDocuments) -> RawRow:
    """Return a patch with the document it leads to; where it leads to none, with why."""
    now = connection.execute("SELECT pg_current_snapshot()::text, statement_timestamp()").fetchone()
    seen, judged_at = now or (None, None)
    try:
        history = History(connection, mapping, patch.natural_key, patch.captured_at)
        link = next(each for each in history.links if each.raw_id == patch.raw_id)
        document = history.document(link)
    except LostContentError as error:
        return replace(patch, body=LostBody(str(error)))
    except MisfitError as error:
        return replace(patch, misfit=str(error), seen=seen, judged_at=judged_at)
    known.keep(patch.natural_key, patch.captured_at, document.content)
    return replace(patch, body=PlainBody(msgspec.json.encode(document.content)))


def _raw_row(mapping: Mapping, row: dict[str, Any], ref: CaptureRef) -> RawRow:
    return RawRow(
        raw_id=row["id"],
        captured_at=ref.captured_at,
        valid_from=ref.valid_from,
        content_sha256=row["content_sha256"] or "",
        source_url=row["source_url"] or "an unnamed URL",
        parameters=row["request_params"] or {},
        natural_key={name: row[name] for name in mapping.natural_key},
        body=PlainBody(b""),
    )
