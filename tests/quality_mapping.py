"""A small mapping with every kind of quality rule, and rows that break them, for the tests of the audits."""

from __future__ import annotations

from typing import Any

from psycopg import Connection
from psycopg.sql import SQL

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.tables import StagingTables


def rules_mapping(**changes: Any) -> Mapping:
    """Return the mapping; `changes` replace parts of its table `things`."""
    things = {
        "description": "Things of a group.",
        "rows": "$.things[*]",
        "key": ["number", "place"],
        "nullable_key": ["place"],
        "columns": {
            "number": {"type": "integer", "path": "number"},
            "place": {"type": "integer", "path": "place"},
            "base": {"type": "text", "path": "base"},
            "speed": {"type": "double precision", "path": "speed"},
            "low": {"type": "integer", "path": "low"},
            "high": {"type": "integer", "path": "high"},
        },
        "quality": [
            {"rule": "complete", "columns": ["base", "low"], "level": "warning"},
            {"rule": "between", "column": "speed", "low": 0.1, "high": 120},
            {"rule": "between", "column": "speed", "low": 40, "level": "warning"},
            {"rule": "one_of", "column": "base", "values": ["1B", "top half"]},
            {"rule": "expression", "name": "low_is_low", "expression": "low <= high"},
        ],
    }
    group = {"description": "A group.", "rows": "$", "columns": {"title": {"type": "text", "path": "title"}}}
    return Mapping.model_validate(
        {
            "endpoint": "test",
            "method": "groups",
            "schema_version": 1,
            "description": "Groups of things.",
            "request": {"path": "/api/v1/groups/{group}"},
            "natural_key": {"game_pk": {"type": "bigint", "parameter": "game_pk"}},
            "version_table": "groups",
            "common": {"game_pk": {"type": "bigint", "path": "$.game_pk"}},
            "tables": {"groups": group, "things": {**things, **changes}},
        }
    )


def good_and_bad_rows() -> dict[str, list[tuple[Any, ...]]]:
    """Return staged rows by table: game 1 keeps all rules, each of the others breaks one; 9 breaks only a warning."""
    now = "2026-07-01T00:00Z"
    things = [
        (1, 1, None, "1B", 90.5, 1, 2, now, 101),
        (1, 2, None, None, None, None, None, now, 101),  # low is NULL: a warning
        (1, 3, 1, "top half", 120.0, 3, 3, now, 101),
        (2, 1, None, "1B", 50.0, 1, 1, now, 102),
        (2, None, 1, "1B", 50.0, 1, 1, now, 102),  # no number
        (3, 1, None, "1B", 50.0, 1, 1, now, 103),
        (3, 1, None, "1B", 60.0, 1, 1, now, 103),  # the same key: NULLs are equal
        (3, 1, 7, "1B", 60.0, 1, 1, now, 103),
        (4, 1, None, "1B", 120.5, 1, 1, now, 104),  # too fast
        (5, 1, None, "2B", 50.0, 1, 1, now, 105),  # no such base
        (6, 1, None, "1B", 50.0, 2, 1, now, 106),  # low above high
        (None, 1, None, "1B", 50.0, 1, 1, now, 107),  # whose is it? Its response says: of game 7
        (9, 1, None, "1B", 0.1, 1, None, now, 109),  # slow: a warning; high is unknown, and passes
        (9, 1, None, "1B", 80.0, 1, 1, now, 110),  # another response may have the same key
    ]
    groups = [(game, f"Group {game}", now, 100 + game, "", "", now) for game in (1, 2, 3, 4, 5, 6, 7, 9)]
    return {"groups": groups, "things": things}


def stage(connection: Connection[Any], staging: StagingTables, rows: dict[str, list[tuple[Any, ...]]]) -> None:
    """Create the staged tables and copy rows into them."""
    staging.create(connection)
    for table, values in rows.items():
        with connection.cursor().copy(SQL("COPY {} FROM STDIN").format(staging.identifier(table))) as copy:
            for row in values:
                copy.write_row(row)
