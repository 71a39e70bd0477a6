"""Finds the captures of one thing in the raw tier: whole documents, sightings of them, and patches."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composed, Literal

from mlb_data_platform.documents.chain import Base, Link
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.paths import Path
from mlb_data_platform.mapping.raw_endpoint import PatchEndpoint
from mlb_data_platform.storage.bodies import values_at
from mlb_data_platform.storage.capture import NaturalKey
from mlb_data_platform.storage.raw import has_natural_key, raw_table


def links(
    connection: Connection, mapping: Mapping, natural_key: NaturalKey, moment: datetime | None = None
) -> list[Link]:
    """Return the captures with this natural key that were made until `moment` (by default: all), newest first."""
    query = SQL("SELECT * FROM ({}) link ORDER BY captured_at DESC, content_sha256 DESC").format(
        SQL(" UNION ALL ").join(_kinds(mapping, natural_key))
    )
    cursor = connection.cursor(row_factory=dict_row)
    rows = cursor.execute(query, {**natural_key, "moment": moment}).fetchall()
    for row in rows:
        if mapping.patch_endpoint and row["is_unread"]:
            revisions = values_at(connection, mapping.patch_endpoint, row["id"], _revisions(mapping.patch_endpoint))
            row["result_revision"] = revisions[-1] if revisions else None
    return [_link(row) for row in rows]


def revision_of(connection: Connection, mapping: Mapping, link: Link) -> str | None:
    """Return the revision of a whole document, without reading all of it; None where it has none."""
    if mapping.patches is None:
        return None
    found = values_at(connection, mapping, link.raw_id, mapping.patches.revision)
    return str(found[0]) if found and found[0] is not None else None


def _kinds(mapping: Mapping, natural_key: NaturalKey) -> Iterator[Composed]:
    whole = {"raw": raw_table(mapping), "natural_key": has_natural_key(natural_key)}
    no_patch = SQL(
        "NULL AS start_timecode, NULL AS base_sha256, NULL AS result_sha256, NULL AS result_revision,"
        " false AS is_unread"
    )
    yield SQL(
        """
        SELECT raw.id, raw.captured_at AS stored_at, raw.captured_at, false AS is_patch,
               coalesce(raw.content_sha256, '') AS content_sha256, {no_patch}
        FROM {raw} AS raw WHERE {natural_key} AND (%(moment)s::timestamptz IS NULL OR raw.captured_at <= %(moment)s)
        """
    ).format(no_patch=no_patch, **whole)
    yield SQL(
        """
        SELECT raw.id, raw.captured_at, seen.captured_at, false, coalesce(raw.content_sha256, ''), {no_patch}
        FROM {raw} AS raw JOIN metadata.raw_sightings AS seen ON seen.raw_id = raw.id
        WHERE {natural_key} AND (%(moment)s::timestamptz IS NULL OR seen.captured_at <= %(moment)s)
        """
    ).format(no_patch=no_patch, **whole)
    if mapping.patch_endpoint:
        yield _patches(mapping.patch_endpoint, natural_key)


def _patches(endpoint: PatchEndpoint, natural_key: NaturalKey) -> Composed:
    """The patches; the revision that one leads to is read from it only where hashes do not link all of them."""
    return SQL(
        """
        SELECT id, captured_at, captured_at, true, coalesce(content_sha256, ''), start_timecode, base_sha256,
               result_sha256, CASE WHEN unlinked THEN jsonb_path_query_array(data, {revisions}) ->> -1 END,
               unlinked AND data IS NULL
        FROM (
            SELECT *, bool_or(base_sha256 IS NULL OR result_sha256 IS NULL) OVER () AS unlinked
            FROM {raw} AS raw WHERE {natural_key} AND (%(moment)s::timestamptz IS NULL OR raw.captured_at <= %(moment)s)
        ) patch
        """
    ).format(
        raw=raw_table(endpoint),
        natural_key=has_natural_key(natural_key),
        revisions=Literal(_revisions(endpoint)),
    )


def _revisions(endpoint: PatchEndpoint) -> str:
    """The path, in PostgreSQL's language, of the revisions that a patch leads to, one after the other."""
    return f'lax $[*].diff[*] ? (@.path == "{_pointer(endpoint.patches.revision)}").value'


def _pointer(path: str) -> str:
    """A path as a JSON pointer (RFC 6901), as operations name it."""
    return "".join(f"/{key.replace('~', '~0').replace('/', '~1')}" for key in Path.parse(path).keys)


def _link(row: dict[str, Any]) -> Link:
    return Link(
        row["id"],
        row["stored_at"],
        row["captured_at"],
        Base(row["base_sha256"], row["start_timecode"]) if row["is_patch"] else None,
        row["result_sha256"],
        row["result_revision"],
    )
