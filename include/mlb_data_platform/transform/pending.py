"""Which captures a transform has to apply: what is acceptable, and neither in the tables nor in their history.

The tables and their history are a function of the acceptable captures in order of their moments (DESIGN section 7).
So captures are applied one after the other; where one comes late, and where the mapping has changed, its unit is made
anew from all of them. A capture that the mapping has refused does not count until the mapping changes.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, dict_row
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.publish import holds, same, version
from mlb_data_platform.storage.raw_lookup import as_object
from mlb_data_platform.storage.tables import PublishedTables, columns
from mlb_data_platform.transform.captures import CaptureRef
from mlb_data_platform.transform.selection import (
    Selection,
    is_refused,
    one_unit,
    parameters,
    same_unit,
    selected_captures,
    single_units,
)


def pending(
    connection: Connection, mapping: Mapping, selection: Selection, target: PublishedTables | None = None
) -> list[CaptureRef]:
    """Return the captures to apply. Raises BadInputError where the endpoint has no such selection.

    Those of several units come first, in order. Of what is one unit they are one, the newest first: the newest of the
    unit, with the `earlier` ones that come before it.
    """
    published = target or PublishedTables(mapping)
    several = _of_several_units(connection, mapping, selection, published)
    if not single_units(mapping):
        return several
    found = _of_one_unit(connection, mapping, selection, published)
    return [*several, *sorted(found, key=lambda ref: (ref.captured_at, ref.raw_id), reverse=True)]


def _of_several_units(
    connection: Connection, mapping: Mapping, selection: Selection, published: PublishedTables
) -> list[CaptureRef]:
    """The captures that are not applied yet of several units, or of who knows which, each time they were seen.

    And those of a unit that one of them holds too.
    """
    query = SQL(
        """
        SELECT c.id AS raw_id, c.stored_at, c.captured_at AS valid_from, c.captured_at, true AS alone, c.is_patch,
               {natural_key}::text AS natural_key
        FROM ({captures}) c
        WHERE NOT ({by_itself}) AND NOT {refused} AND (%(since)s::timestamptz IS NULL OR c.captured_at >= %(since)s)
          AND (%(force)s OR NOT EXISTS (
              SELECT FROM {applied} a WHERE a.raw_id = c.id
              AND a.mapping_sha256 = %(mapping)s AND a.captured_at = c.captured_at
          ))
        ORDER BY c.captured_at, c.content_sha256, c.id
        """
    ).format(
        natural_key=as_object(mapping.natural_key, "c"),
        captures=selected_captures(mapping, selection, each_time=True),
        by_itself=_by_itself(mapping, published),
        refused=is_refused(mapping),
        applied=published.applied,
    )
    cursor = connection.cursor(row_factory=class_row(CaptureRef))
    return list(cursor.execute(query, parameters(mapping, selection)))


def _of_one_unit(
    connection: Connection, mapping: Mapping, selection: Selection, published: PublishedTables
) -> list[CaptureRef]:
    """One capture for each unit of which something is to be applied: the newest, with those that come before it."""
    rows = connection.cursor(row_factory=dict_row).execute(
        _runs(mapping, selection, published), parameters(mapping, selection)
    )
    return [_chained(list(runs)) for _, runs in groupby(rows, itemgetter("natural_key"))]


def _chained(runs: list[dict[str, Any]]) -> CaptureRef:
    """What is to be done for one unit, whose `runs` are in order."""
    first = runs[0]
    refs = [
        CaptureRef(
            row["raw_id"],
            row["stored_at"],
            row["valid_from"],
            row["captured_at"],
            is_patch=row["is_patch"],
            same=row["is_moved"],
            natural_key=row["natural_key"],
        )
        for row in runs
    ]
    anew = not (first["is_new"] or first["goes_on"] or first["is_alike"])
    if first["is_new"] or anew:
        refs[0] = replace(refs[0], first=True)
    *earlier, newest = refs
    return replace(newest, earlier=tuple(earlier), anew=anew)


def _runs(mapping: Mapping, selection: Selection, published: PublishedTables) -> Composed:
    """The query of what is to be applied of each unit, in order: captures in a row that have one content are one run.

    A unit goes on where the version row and its history are the runs until now, made by the mapping in force; where
    there is one run, and it is the one in the tables, its rows are made again and replace what differs (`is_alike`).
    """
    return SQL(
        """
        WITH captures AS (SELECT * FROM ({captures}) c WHERE {by_itself}),
        events AS (  -- of those of one moment the hash decides
            SELECT DISTINCT ON ({keys}, captured_at) * FROM captures c WHERE NOT {refused}
            ORDER BY {keys}, captured_at, content_sha256 DESC, id
        ),
        marked AS (
            SELECT *, lag(id) OVER (PARTITION BY {keys} ORDER BY captured_at) IS DISTINCT FROM id AS begins FROM events
        ),
        numbered AS (
            SELECT *, count(*) FILTER (WHERE begins) OVER (PARTITION BY {keys} ORDER BY captured_at) AS run FROM marked
        ),
        runs AS (
            SELECT {keys}, run, id, stored_at, content_sha256, is_patch,
                   min(captured_at) AS valid_from, max(captured_at) AS captured_at
            FROM numbered GROUP BY {keys}, run, id, stored_at, content_sha256, is_patch
        ),
        compared AS (
            SELECT c.*, v.raw_id IS NOT NULL AS is_published, coalesce({holds}, false) AS holds,
                   coalesce(
                       v.raw_id = c.id AND v.valid_from = c.valid_from AND v.captured_at <= c.captured_at, false
                   ) AS is_current,
                   coalesce(c.captured_at > v.captured_at, false) AS is_later,
                   coalesce((c.valid_from, c.content_sha256) > {version_of_v}, true) AS is_newer,
                   EXISTS (
                       SELECT FROM {history} h
                       WHERE {of_version} AND h.raw_id = c.id
                         AND (h.valid_from, h.captured_at) = (c.valid_from, c.captured_at)
                   ) AS is_past,
                   CASE WHEN run = 1 THEN (SELECT count(*) FROM {history} h WHERE {of_version}) END AS kept_of_unit
            FROM runs c LEFT JOIN {version} v ON {same_unit}
        ),
        counted AS (
            SELECT *, max(kept_of_unit) OVER (PARTITION BY {keys}) AS kept FROM compared
        ),
        judged AS (
            SELECT *, NOT is_published AND kept = 0 AS is_new,
                   is_published AND holds AND NOT %(force)s
                       AND bool_or(is_current) OVER (PARTITION BY {keys})
                       AND bool_and(is_current OR is_past OR is_newer) OVER (PARTITION BY {keys})
                       AND count(*) FILTER (WHERE is_current OR is_past) OVER (PARTITION BY {keys}) = kept + 1
                       AS goes_on,
                   is_current AND kept = 0 AND count(*) OVER (PARTITION BY {keys}) = 1 AS is_alike
            FROM counted
        )
        SELECT id AS raw_id, stored_at, valid_from, captured_at, is_patch, is_new, goes_on, is_alike,
               goes_on AND is_current AS is_moved, {natural_key}::text AS natural_key
        FROM judged c
        WHERE CASE WHEN goes_on THEN CASE WHEN is_current THEN is_later ELSE NOT is_past END ELSE true END
        ORDER BY natural_key, valid_from
        """
    ).format(
        keys=columns(mapping.natural_key),
        captures=selected_captures(mapping, selection, each_time=True),
        by_itself=_by_itself(mapping, published),
        refused=is_refused(mapping),
        holds=holds(mapping.sha256, "v"),
        version_of_v=version("v"),
        history=published.history(mapping.version_table),
        version=published.identifier(mapping.version_table),
        same_unit=same_unit(mapping),
        of_version=same("h", "v", mapping.unit),  # typed as the index is, which a natural key need not be
        natural_key=as_object(mapping.natural_key, "c"),
    )


def _by_itself(mapping: Mapping, published: PublishedTables) -> Composable:
    """Return whether capture `c` is one unit that no response of several has been a version of."""
    if not single_units(mapping):
        return SQL("false")
    applied = SQL("SELECT raw_id FROM {} WHERE endpoint = {}").format(published.applied, Literal(mapping.name))
    of_several = SQL(" UNION ALL ").join(
        SQL("SELECT {} FROM {} v WHERE v.raw_id IN ({})").format(
            SQL(", ").join(SQL("v.{}::text").format(Identifier(name)) for name in mapping.unit), place, applied
        )
        for place in (published.identifier(mapping.version_table), published.history(mapping.version_table))
    )
    return SQL("{one_unit} AND ({unit}) NOT IN ({of_several})").format(
        one_unit=one_unit(mapping),
        unit=SQL(", ").join(SQL("c.{}::text").format(Identifier(name)) for name in mapping.unit),
        of_several=of_several,
    )
