"""How the platform does: what was asked for when, which rules do not hold, what was refused, what no mapping knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.sql import SQL, Composable, Identifier, Literal

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.raw_endpoint import RawEndpoint
from mlb_data_platform.storage.executions import ASKED_LATELY
from mlb_data_platform.storage.raw import raw_table
from mlb_data_platform.storage.raw_lookup import as_object
from mlb_data_platform.web.endpoints import Endpoint
from mlb_data_platform.web.queries import rows_of

BUDGET_HOURS = 24


@dataclass(frozen=True)
class Freshness:
    """When an endpoint was last asked successfully, and when the newest content came that was another (UTC)."""

    name: str
    asked_at: datetime | None
    changed_at: datetime | None


@dataclass(frozen=True)
class BrokenRule:
    """A rule that rows did not keep: how often, when last (UTC), and how many of how many rows did not then."""

    endpoint: str
    table_name: str
    rule: str
    level: str
    times: int
    checked_at: datetime
    rows_failed: int
    rows_checked: int


@dataclass(frozen=True)
class Refusal:
    """A capture, or a unit of one, that the mapping in force has refused (moments in UTC).

    `key` is what was asked for, by the columns of the raw table, and which unit of it this is, if it has several.
    """

    endpoint: str
    raw_id: int
    key: dict[str, Any]
    reason: str
    captured_at: datetime
    rejected_at: datetime


@dataclass(frozen=True)
class Drift:
    """A path of responses that no mapping knows, since it was first seen (UTC)."""

    endpoint: str
    path: str
    raw_id: int
    first_seen_at: datetime


@dataclass(frozen=True)
class Asked:
    """How many requests the runs of a program that began in the last hours set out to make, and how many failed."""

    job: str
    runs: int
    asked: int
    failed_runs: int


@dataclass(frozen=True)
class Due:
    """How many final games are to be asked for again for a reason, and since when the first of them (UTC)."""

    reason: str
    games: int
    since: datetime


@dataclass(frozen=True)
class Correction:
    """How many values of a game are others since it was final, and when the last was seen (UTC)."""

    game_pk: int
    changed_values: int
    seen_at: datetime


async def freshness(connection: AsyncConnection, endpoints: Sequence[Endpoint]) -> list[Freshness]:
    """Return when each of these endpoints was last asked, in their order.

    That is when the last run that succeeded began to ask, or when the newest content came, by whichever program.
    """
    each: list[Composable] = [
        SQL(
            """
            SELECT {name} AS name, greatest(
                (SELECT max(last.started_at) FROM unnest({jobs}::text[]) AS job CROSS JOIN LATERAL (
                    SELECT started_at FROM metadata.job_executions
                    WHERE job_executions.job = job.job AND status = 'succeeded' ORDER BY started_at DESC LIMIT 1
                ) AS last),
                newest.captured_at
            ) AS asked_at, newest.captured_at AS changed_at
            FROM (SELECT) AS one LEFT JOIN (
                SELECT captured_at FROM {raw} ORDER BY id DESC LIMIT 1
            ) AS newest ON true
            """
        ).format(
            name=Literal(endpoint.name),
            jobs=Literal(list(endpoint.asked_by)),
            raw=Identifier(*endpoint.name.split(".")),
        )
        for endpoint in endpoints
    ]
    found = {row.name: row for row in await rows_of(connection, Freshness, SQL(" UNION ALL ").join(each))}
    return [found[endpoint.name] for endpoint in endpoints]


async def broken_rules(connection: AsyncConnection, since: datetime, limit: int) -> list[BrokenRule]:
    """Return the rules that did not hold at some time since then: errors first, then the newest."""
    query = """
        SELECT * FROM (
            SELECT DISTINCT ON (endpoint, table_name, rule)
                endpoint, table_name, rule, level, checked_at, rows_failed, rows_checked,
                count(*) OVER (PARTITION BY endpoint, table_name, rule) AS times
            FROM metadata.data_quality_results WHERE rows_failed > 0 AND checked_at >= %(since)s
            ORDER BY endpoint, table_name, rule, checked_at DESC
        ) AS last
        ORDER BY level, checked_at DESC LIMIT %(limit)s
    """
    return await rows_of(connection, BrokenRule, query, since=since, limit=limit)


async def checked_at(connection: AsyncConnection) -> datetime | None:
    """Return when a rule was evaluated last (UTC); None where none ever was."""
    cursor = await connection.execute("SELECT checked_at FROM metadata.data_quality_results ORDER BY id DESC LIMIT 1")
    row = await cursor.fetchone()
    return row[0] if row else None


async def refusals(connection: AsyncConnection, mappings: Sequence[Mapping], limit: int) -> list[Refusal]:
    """Return what the mappings in force have refused: the newest first."""
    query = """
        SELECT x.endpoint, x.raw_id, coalesce(x.unit, '{}') AS key, x.reason, x.captured_at, x.rejected_at
        FROM unnest(%(names)s::text[], %(hashes)s::text[]) AS mapping (name, sha256)
        CROSS JOIN LATERAL (
            SELECT * FROM metadata.rejected_captures
            WHERE endpoint = mapping.name AND mapping_sha256 = mapping.sha256
            ORDER BY rejected_at DESC LIMIT %(limit)s
        ) AS x
        ORDER BY x.rejected_at DESC, x.raw_id LIMIT %(limit)s
    """
    names, hashes = [mapping.name for mapping in mappings], [mapping.sha256 for mapping in mappings]
    found = await rows_of(connection, Refusal, query, names=names, hashes=hashes, limit=limit)
    refusing = {each.endpoint for each in found}
    asked = await _asked_for(
        connection,
        [endpoint for mapping in mappings if mapping.name in refusing for endpoint in mapping.raw_endpoints],
        [each.raw_id for each in found],
    )
    return [replace(each, key=asked.get(each.raw_id, {}) | each.key) for each in found]


async def _asked_for(
    connection: AsyncConnection, endpoints: Sequence[RawEndpoint], raw_ids: Sequence[int]
) -> dict[int, dict[str, Any]]:
    """The natural key of each of these raw rows, whichever of the endpoints has it."""
    if not endpoints:
        return {}
    each = [
        SQL("SELECT id, {} FROM {} AS raw WHERE id = ANY(%(ids)s)").format(
            as_object(endpoint.natural_key, "raw"), raw_table(endpoint)
        )
        for endpoint in endpoints
    ]
    cursor = await connection.execute(SQL(" UNION ALL ").join(each), {"ids": [*raw_ids]})
    return dict(await cursor.fetchall())


async def drift(connection: AsyncConnection, limit: int) -> list[Drift]:
    """Return the paths that no mapping knows: those that were seen first last come first."""
    query = """
        SELECT endpoint, path, raw_id, first_seen_at FROM metadata.schema_drift
        ORDER BY first_seen_at DESC, endpoint, path LIMIT %(limit)s
    """
    return await rows_of(connection, Drift, query, limit=limit)


async def budget_used(connection: AsyncConnection, asked_by: str) -> int:
    """Return how many requests of the last BUDGET_HOURS count against the budget of a program's runs."""
    cursor = await connection.execute(ASKED_LATELY, (asked_by, BUDGET_HOURS))
    return int((await cursor.fetchall())[0][0])


async def asked_since(connection: AsyncConnection, since: datetime, programs: str) -> list[Asked]:
    """Return what the runs of the programs whose names begin so have asked for since then: those that asked most first.

    Of a run that still works, all that it is going to ask for.
    """
    query = """
        SELECT job, count(*) AS runs, coalesce(sum(asked), 0)::bigint AS asked,
            count(*) FILTER (WHERE status = 'failed') AS failed_runs
        FROM metadata.job_executions WHERE started_at >= %(since)s AND starts_with(job, %(programs)s)
        GROUP BY job ORDER BY asked DESC, job
    """
    return await rows_of(connection, Asked, query, since=since, programs=programs)


async def due_again(connection: AsyncConnection) -> list[Due]:
    """Return why final games are to be asked for again: the most urgent reason first."""
    query = """
        SELECT reason, count(*) AS games, min(due_at) AS since FROM game.due_again
        GROUP BY urgency, reason ORDER BY urgency
    """
    return await rows_of(connection, Due, query)


async def corrections(connection: AsyncConnection, games: Sequence[int]) -> dict[int, Correction]:
    """Return what was corrected of those of these games of which something was."""
    query = """
        SELECT game_pk, count(*) AS changed_values, max(seen_at) AS seen_at FROM game.corrections
        WHERE game_pk = ANY(%(games)s) GROUP BY game_pk
    """
    return {row.game_pk: row for row in await rows_of(connection, Correction, query, games=[*games])}
