"""The view of the corrections of an endpoint: SQL from its mapping, over its tables and their history."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from mlb_data_platform.errors import nearest
from mlb_data_platform.mapping.corrections import Corrections
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.provenance import STAMP, VALID, VERSION_STAMP
from mlb_data_platform.yaml_models import Location

_COLUMNS = {
    "table_name": "The table that the row is or was in.",
    "key": "What names the row in its unit.",
    "column_name": "What has another value; NULL where the row as a whole was added or removed.",
    "before": "The value before, or the row that was removed.",
    "after": "The value since, or the row that was added.",
    "kind": "added, changed or removed.",
    "seen_at": "When the capture was made that has it so first (UTC).",
    "previous_capture": "The raw row of the capture before.",
    "capture": "The raw row of that capture.",
}


def unknown_names(mapping: Mapping) -> Iterator[tuple[Location, str]]:
    """Return what `corrections` names that is not there, each with where it stands."""
    if mapping.corrections is None:
        return
    for location, what, name, known in _asked(mapping, mapping.corrections):
        if not any(fnmatchcase(each, name) for each in known):
            yield ("corrections", *location), f"there is no {what} '{name}'{nearest(name, known)}"


def _asked(mapping: Mapping, own: Corrections) -> Iterator[tuple[Location, str, str, list[str]]]:
    """Each name that `corrections` has: where it stands, what it names, itself, and what there is."""
    of_version = [(("final", name), name) for name in own.final] + [
        *((("label", number), name) for number, name in enumerate(own.label)),
        *([(("day",), own.day)] if own.day else []),
    ]
    for location, name in of_version:
        yield location, f"column of {mapping.version_table}", name, list(mapping.columns(mapping.version_table))
    if own.names:
        yield ("names", "table"), "table", own.names.table, list(mapping.tables)
        if own.names.table in mapping.tables:
            known = list(mapping.columns(own.names.table))
            yield ("names", "column"), f"column of {own.names.table}", own.names.column, known
    for number, name in enumerate(own.people):
        everywhere = [column for table in mapping.tables for column in mapping.columns(table)]
        yield ("people", number), "column of any table", name, everywhere
    for part, by_table in (("notable", own.notable), ("noise", own.noise)):
        for table, names in by_table.items():
            yield (part, table), "table", table, list(mapping.tables)
            if table not in mapping.tables:
                continue
            values = [name for name in mapping.columns(table) if name not in mapping.key(table)]
            for number, name in enumerate(names):
                yield (part, table, number), f"column of {table}", name, values


def view(mapping: Mapping, corrections: Corrections) -> str:
    """Return the SQL that makes the view anew.

    It goes from unit to unit: whoever asks for one reads no other, and those that never changed cost one look.
    """
    name = f"{mapping.endpoint}.{corrections.view}"
    versions = _history(mapping, mapping.version_table)
    same_unit = _same("h", "u", mapping.unit)
    changes = "\n    UNION ALL\n".join(_changes(mapping, table) for table in mapping.tables)
    comments = "\n".join(f"COMMENT ON COLUMN {name}.{column} IS '{text}';" for column, text in _COLUMNS.items())
    return f"""\
-- Generated from {mapping.name}: what changed of a unit after it was final, one row per value.
DROP VIEW IF EXISTS {name};
CREATE VIEW {name} AS
SELECT
    {_listed("u", mapping.unit)}, c.table_name, c.key, d.column_name, d.before, d.after,
    CASE WHEN c.was IS NULL THEN 'added' WHEN c.now IS NULL THEN 'removed' ELSE 'changed' END AS kind,
    c.seen_at,
    (SELECT h.raw_id FROM {versions} AS h WHERE {same_unit} AND upper(h.valid) = c.seen_at) AS previous_capture,
    CASE WHEN u.valid_from = c.seen_at THEN u.raw_id ELSE (
        SELECT h.raw_id FROM {versions} AS h WHERE {same_unit} AND lower(h.valid) = c.seen_at
    ) END AS capture
FROM {_table(mapping, mapping.version_table)} AS u
CROSS JOIN LATERAL (  -- final since, and never again anything else
    SELECT coalesce(
        max(upper(h.valid)) FILTER (WHERE NOT {_is_final(corrections, "h")}), min(lower(h.valid)), u.valid_from
    ) AS final_at
    FROM {versions} AS h WHERE {same_unit}
) AS f
CROSS JOIN LATERAL (
{changes}
) AS c
CROSS JOIN LATERAL (
    SELECT NULL::text AS column_name, c.was AS before, c.now AS after WHERE c.was IS NULL OR c.now IS NULL
    UNION ALL
    SELECT n.key, c.was -> n.key, n.value
    FROM jsonb_each(c.now) AS n
    WHERE c.was IS NOT NULL AND n.value IS DISTINCT FROM c.was -> n.key
) AS d
WHERE {_is_final(corrections, "u")} AND u.valid_from > f.final_at;
COMMENT ON VIEW {name} IS
    'What changed of a unit after it was final. A value that is so only when it is asked for is no correction.';
{comments}
"""  # nosec B608 - names of a mapping, which are in snake_case


def not_compared(mapping: Mapping, table: str) -> list[str]:
    """Return the columns of a table and its history that do not tell one version of a row from another.

    Its key, what the platform adds, and what is so only when it is asked for.
    """
    own = [*mapping.key(table), *STAMP, *(VERSION_STAMP if table == mapping.version_table else ()), VALID]
    if mapping.corrections is None:
        return own
    return own + mapping.corrections.noisy(table, [name for name in mapping.columns(table) if name not in own])


def _changes(mapping: Mapping, table: str) -> str:
    """The rows of a table that were superseded or made after their unit was final, as they were and as they became."""
    is_version = table == mapping.version_table
    own = [name for name in mapping.key(table) if name not in mapping.unit]
    key = "jsonb_build_object(" + ", ".join(f"'{name}', t.{name}" for name in own) + ")"
    row = f"to_jsonb(t) - '{{{','.join(not_compared(mapping, table))}}}'::text[]"

    def rows(place: str, moment: str) -> str:
        return (
            f"        SELECT {key} AS key, {moment} AS seen_at, {row} AS content\n"  # nosec B608
            f"        FROM {place} AS t WHERE {_same('t', 'u', mapping.unit)} AND {moment} > f.final_at"
        )

    was = rows(_history(mapping, table), "upper(t.valid)")
    now = rows(_table(mapping, table), "t.valid_from" if is_version else "t.captured_at")
    now += "\n        UNION ALL\n" + rows(_history(mapping, table), "lower(t.valid)")
    return (
        f"    SELECT '{table}' AS table_name, key, seen_at, was.content AS was, now.content AS now\n"  # nosec B608
        f"    FROM (\n{was}\n    ) AS was FULL JOIN (\n{now}\n    ) AS now USING (key, seen_at)\n"
        "    WHERE was.content IS DISTINCT FROM now.content"
    )


def _is_final(corrections: Corrections, alias: str) -> str:
    conditions = [
        f"coalesce({alias}.{column}::text IN ({', '.join(_quoted(value) for value in values)}), false)"
        for column, values in corrections.final.items()
    ]
    return "(" + " AND ".join(conditions) + ")"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _table(mapping: Mapping, table: str) -> str:
    return f"{mapping.endpoint}.{table}"


def _history(mapping: Mapping, table: str) -> str:
    return f"history.{mapping.endpoint}_{table}"


def _listed(alias: str, names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"{alias}.{name}" for name in names)


def _same(left: str, right: str, names: tuple[str, ...] | list[str]) -> str:
    return " AND ".join(f"{left}.{name} = {right}.{name}" for name in names)
