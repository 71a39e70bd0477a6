"""Airflow connections as the environment that every program of the platform reads (DESIGN section 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow.sdk.exceptions import AirflowFailException, AirflowNotFoundException

from mlb_data_platform.settings import Settings

if TYPE_CHECKING:
    import psycopg
    from airflow.sdk import Connection

POSTGRES = "mlb_postgres"


def connection_environment() -> dict[str, str]:
    """Return POSTGRES_*, MINIO_* and REDIS_* from the connections mlb_postgres, mlb_s3 and mlb_redis.

    A connection that is not defined gives nothing: its variables are then those of Airflow's own environment.
    """
    environment: dict[str, str] = {}
    for conn_id, variables in ((POSTGRES, _postgres), ("mlb_s3", _s3), ("mlb_redis", _redis)):
        connection = find_connection(conn_id)
        if connection is not None:
            environment |= {name: str(value) for name, value in variables(connection).items() if value is not None}
    return environment


def platform_settings() -> Settings:
    """Return the settings that a program has which is started with `connection_environment`; asks Airflow for it."""
    given: dict[str, Any] = {name.lower(): value for name, value in connection_environment().items()}
    return Settings(**given)


def connect_postgres() -> psycopg.Connection:
    """Return a connection to the platform's database. Raises TransientError when it cannot be reached."""
    from mlb_data_platform.storage.database import connect

    return connect(_dsn(find_connection(POSTGRES)))


async def connect_postgres_async() -> psycopg.AsyncConnection:
    """Return a connection as `connect_postgres` does, in autocommit mode, for a trigger. Raises likewise."""
    from airflow.sdk import Connection

    from mlb_data_platform.storage.database import connect_async

    try:
        found = await Connection.async_get(POSTGRES)
    except AirflowNotFoundException:
        found = None
    return await connect_async(_dsn(found))


def _dsn(found: Connection | None) -> str | None:
    """The libpq string of the connection; None, which stands for that of the environment, where it is not defined."""
    from psycopg.conninfo import make_conninfo

    if found is None:
        return None
    return make_conninfo(
        host=found.host, port=found.port, user=found.login, password=found.password or None, dbname=found.schema
    )


def find_connection(conn_id: str) -> Connection | None:
    """Return an Airflow connection, None where it is not defined."""
    from airflow.sdk import Connection

    try:
        found: Connection = Connection.get(conn_id)
    except AirflowNotFoundException:
        return None
    return found


def _postgres(connection: Connection) -> dict[str, object]:
    return {
        "POSTGRES_HOST": connection.host,
        "POSTGRES_PORT": connection.port,
        "POSTGRES_USER": connection.login,
        "POSTGRES_PASSWORD": connection.password,
        "POSTGRES_DB": connection.schema,
    }


def _s3(connection: Connection) -> dict[str, object]:
    """Of the `aws` connection type: keys as login and password, the endpoint in extra `endpoint_url`."""
    endpoint = urlsplit(connection.extra_dejson.get("endpoint_url", ""))
    if not endpoint.netloc:
        raise AirflowFailException("connection mlb_s3: extra 'endpoint_url' is missing, such as http://127.0.0.1:9000")
    return {
        "MINIO_ENDPOINT": endpoint.netloc,
        "MINIO_ACCESS_KEY": connection.login,
        "MINIO_SECRET_KEY": connection.password,
        "MINIO_SECURE": "true" if endpoint.scheme == "https" else "false",
    }


def _redis(connection: Connection) -> dict[str, object]:
    return {
        "REDIS_HOST": connection.host,
        "REDIS_PORT": connection.port,
        "REDIS_PASSWORD": connection.password,
        "REDIS_DB": connection.extra_dejson.get("db"),
    }
