"""How Spark reaches PostgreSQL: over JDBC, with the settings and the encryption that psycopg has."""

from __future__ import annotations

from pathlib import Path

from psycopg import pq

from mlb_data_platform.settings import settings

_ROOT_CERTIFICATE = "~/.postgresql/root.crt"
_DRIVERS_NAMES = {
    "sslmode": "sslmode",
    "sslrootcert": "sslrootcert",
    "sslcert": "sslcert",
    "sslkey": "sslkey",
    "sslnegotiation": "sslNegotiation",
    "channel_binding": "channelBinding",
    "require_auth": "requireAuth",
}
_FETCHED_AT_ONCE = 10_000  # the driver's default is all rows of a query in memory


def url() -> str:
    """Return the address of the platform's database."""
    known = settings()
    return f"jdbc:postgresql://{known.postgres_host}:{known.postgres_port}/{known.postgres_db}"


def properties() -> dict[str, str]:
    """Return what the driver is told of user, password and encryption, and how it reads."""
    known = settings()
    return {
        "driver": "org.postgresql.Driver",
        "user": known.postgres_user,
        "password": known.postgres_password.get_secret_value(),
        "ApplicationName": "mlb-etl",
        "fetchsize": str(_FETCHED_AT_ONCE),
        **_security(),
    }


def _security() -> dict[str, str]:
    """What PGSSLMODE, PGSSLROOTCERT … say to psycopg, as libpq itself reads them, in the words of the JDBC driver."""
    known = {option.keyword.decode(): (option.val or b"").decode() for option in pq.Conninfo.get_defaults()}
    given = {name: known[keyword] for keyword, name in _DRIVERS_NAMES.items() if known.get(keyword)}
    if given.get("sslrootcert") == "system":  # libpq then takes no mode but this; the driver knows no such word
        del given["sslrootcert"]
        return {**given, "sslmode": "verify-full", "sslfactory": "org.postgresql.ssl.DefaultJavaSSLFactory"}
    # Where there is a root certificate libpq checks against it; the driver does so only where it is told to.
    if given.get("sslmode") == "require" and Path(given.get("sslrootcert", _ROOT_CERTIFICATE)).expanduser().exists():
        given["sslmode"] = "verify-ca"
    return given
