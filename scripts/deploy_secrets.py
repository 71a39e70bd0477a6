"""The Secrets of environment dev: made-up passwords, and everything that is derived from them."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from typing import Any

# The one place they are kept; every other Secret is made of it, anew each time.
PASSWORDS = "mlb-passwords"
_NAMES = ("postgres", "postgres-airflow", "redis", "s3-access", "s3-secret", "airflow-admin", "api", "jwt")


def new_passwords(found: Mapping[str, Any]) -> dict[str, str]:
    """Return the passwords of Secret `found` (empty: there is none), and new ones for those it lacks."""
    kept = {name: base64.b64decode(value).decode() for name, value in found.get("data", {}).items()}
    # Hexadecimal digits: they become parts of URLs.
    made = {name: secrets.token_hex(24) for name in _NAMES}
    made["fernet"] = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()  # the form Fernet takes
    return made | kept


def manifests(password: Mapping[str, str]) -> dict[str, Any]:
    """Return all Secrets as one list."""
    postgres = "postgres-rw.mlb-data.svc:5432"
    s3 = {"accessKey": password["s3-access"], "secretKey": password["s3-secret"]}
    identity = {"name": "mlb", "credentials": [s3], "actions": ["Admin", "Read", "Write", "List", "Tagging"]}
    items = [
        _secret("mlb-data", PASSWORDS, password),
        _login("postgres-mlb", "mlb", password["postgres"]),
        _login("postgres-airflow", "airflow", password["postgres-airflow"]),
        _secret("mlb-data", "valkey-users", {"default": password["redis"]}),
        _secret("mlb-data", "seaweedfs-s3-config", {"seaweedfs_s3_config": json.dumps({"identities": [identity]})}),
        _secret("mlb", "mlb-postgres", {"POSTGRES_USER": "mlb", "POSTGRES_PASSWORD": password["postgres"]}),
        _secret("mlb", "mlb-s3", {"MINIO_ACCESS_KEY": s3["accessKey"], "MINIO_SECRET_KEY": s3["secretKey"]}),
        *(_secret(namespace, "mlb-redis", {"REDIS_PASSWORD": password["redis"]}) for namespace in ("mlb", "airflow")),
        _secret(
            "airflow", "airflow-metadata",
            {"connection": f"postgresql+psycopg2://airflow:{password['postgres-airflow']}@{postgres}/airflow"},
        ),
        # Pods bring their own settings; of the platform's services all of Airflow asks only PostgreSQL, the page also
        # Redis, by `mlb-redis` of its own namespace.
        _secret(
            "airflow", "airflow-connections",
            {"AIRFLOW_CONN_MLB_POSTGRES": f"postgres://mlb:{password['postgres']}@{postgres}/mlb"},
        ),
        _secret(
            "airflow", "airflow-keys",
            {
                "fernet-key": password["fernet"],
                "api-secret-key": password["api"],
                "jwt-secret": password["jwt"],
                "passwords.json": json.dumps({"admin": password["airflow-admin"]}),
            },
        ),
    ]  # fmt: skip
    return {"apiVersion": "v1", "kind": "List", "items": items}


def _login(name: str, user: str, password: str) -> dict[str, Any]:
    """A user of PostgreSQL, as CloudNativePG reads it."""
    return _secret("mlb-data", name, {"username": user, "password": password}, "kubernetes.io/basic-auth")


def _secret(namespace: str, name: str, data: Mapping[str, str], kind: str = "Opaque") -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "type": kind,
        "stringData": dict(data),
    }
