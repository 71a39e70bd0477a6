"""Airflow connections as the environment that every program of the platform reads (DESIGN section 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from airflow.sdk.exceptions import AirflowFailException, AirflowNotFoundException

from mlb_data_platform.settings import Settings, from_environment

if TYPE_CHECKING:
    import psycopg
    from airflow.sdk import Connection

POSTGRES, S3, REDIS = "mlb_postgres", "mlb_s3", "mlb_redis"


def connection_environment() -> dict[str, str]:
    """Return POSTGRES_*, MINIO_* and REDIS_* from the connections mlb_postgres, mlb_s3 and mlb_redis.

    A connection that is not defined gives nothing: its variables are then those of Airflow's own environment. So is
    what one leaves out.
    """
    return {
        name: value
        for conn_id in (POSTGRES, S3, REDIS)
        for name, value in _variables(conn_id, find_connection(conn_id)).items()
    }


def platform_settings(conn_id: str) -> Settings:
    """Return the settings that a program has which is started with `connection_environment`, as to one connection.

    Whoever needs one service does not ask, and does not fail, for the sake of another. Asks Airflow for it.
    """
    return _settings(conn_id, find_connection(conn_id))


def connect_postgres() -> psycopg.Connection:
    """Return a connection to the platform's database. Raises TransientError when it cannot be reached."""
    from mlb_data_platform.storage.database import connect

    return connect(platform_settings(POSTGRES).postgres_dsn())


async def connect_postgres_async() -> psycopg.AsyncConnection:
    """Return a connection as `connect_postgres` does, in autocommit mode, for a trigger. Raises likewise."""
    from airflow.sdk import Connection

    from mlb_data_platform.storage.database import connect_async

    try:
        found = await Connection.async_get(POSTGRES)
    except AirflowNotFoundException:
        found = None
    return await connect_async(_settings(POSTGRES, found).postgres_dsn())


def find_connection(conn_id: str) -> Connection | None:
    """Return an Airflow connection, None where it is not defined."""
    from airflow.sdk import Connection

    try:
        found: Connection = Connection.get(conn_id)
    except AirflowNotFoundException:
        return None
    return found


def _settings(conn_id: str, found: Connection | None) -> Settings:
    given = {name.lower(): value for name, value in _variables(conn_id, found).items()}
    return from_environment(Settings, **given)


def _variables(conn_id: str, found: Connection | None) -> dict[str, str]:
    """What a connection says, as a program's environment has it."""
    if found is None:
        return {}
    said = {POSTGRES: _postgres, S3: _s3, REDIS: _redis}[conn_id](found)
    return {name: str(value) for name, value in said.items() if value is not None}


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
