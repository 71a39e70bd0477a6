"""The page's connections to PostgreSQL: those of Airflow's connection `mlb_postgres`, as the role `mlb_reader`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, Request
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from mlb_data_platform.errors import TransientError
from mlb_data_platform.orchestration.connections import POSTGRES, platform_settings
from mlb_data_platform.storage.database import async_parameters, connect_async, errors_for_people

_SESSION = {
    "role": "mlb_reader",
    "default_transaction_read_only": "on",
    "default_transaction_isolation": "repeatable read",
    "statement_timeout": "5s",
}
_MOST_CONNECTIONS = 4  # of one process of the API server: a query takes milliseconds
_SECONDS_TO_WAIT = 5


class Database:
    """A pool of connections that is opened when it is first asked: Airflow starts without the platform's database."""

    def __init__(self) -> None:
        self._pool: AsyncConnectionPool[AsyncConnection] | None = None

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """Give the block a connection which only reads, and reads all of it as of one moment: no page of half a game.

        Raises TransientError where PostgreSQL does not answer or does not take the role, BadInputError where the
        database was not migrated or the role may not read what is asked for.
        """
        pool = await self._opened()
        try:
            async with pool.connection() as connection:
                with errors_for_people():
                    async with connection.transaction():
                        yield connection
        except PoolTimeout:
            await (await connect_async(await _dsn(), seconds=_SECONDS_TO_WAIT, **_SESSION)).close()  # says why
            raise TransientError("PostgreSQL: the page's connections are all busy: ask again") from None

    async def close(self) -> None:
        """Close all connections."""
        if self._pool is not None:
            await self._pool.close()

    async def _opened(self) -> AsyncConnectionPool[AsyncConnection]:
        if self._pool is None:
            self._pool = AsyncConnectionPool(
                _dsn,  # asked for each connection: what an administrator changes in Airflow counts from then on
                kwargs=async_parameters(_SECONDS_TO_WAIT, **_SESSION),
                min_size=1,
                max_size=_MOST_CONNECTIONS,
                timeout=_SECONDS_TO_WAIT,
                reconnect_timeout=_SECONDS_TO_WAIT,  # it tries ever more seldom; the next request begins anew
                check=AsyncConnectionPool.check_connection,
                name="ballpark",
                open=False,
            )
            await self._pool.open(wait=False)
        return self._pool


async def _dsn() -> str:
    return (await asyncio.to_thread(platform_settings, POSTGRES)).postgres_dsn()


async def _reading(request: Request) -> AsyncIterator[AsyncConnection]:
    database: Database = request.app.state.database
    async with database.connection() as connection:
        yield connection


Reading = Annotated[AsyncConnection, Depends(_reading)]
