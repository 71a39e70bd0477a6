"""Endpoints that nobody has, from the YAML of their mapping to their rows in PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection
from psycopg.sql import SQL, Identifier

from mlb_data_platform.mapping.ddl import create
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.capture import Parameters
from mlb_data_platform.storage.schema_diff import schema_differences
from mlb_data_platform.storage.tables import columns
from mlb_data_platform.transform.selection import single_units
from tests import invented_endpoints
from tests.conftest import Database
from tests.integration.support import Platform, at, body, insert_raw
from tests.invented_endpoints import Endpoint, Rows


def insert(connection: Connection[Any], mapping: Mapping, parameters: Parameters, response: Any, minutes: float) -> int:
    """Insert a response as somebody would who knows only DESIGN section 5; return the row's id."""
    given = {name: parameters.get(key.parameter) for name, key in mapping.natural_key.items() if not key.generated}
    url = f"http://api{mapping.request.path}"
    content = body(response)
    return insert_raw(connection, mapping.name, content, at(minutes), url=url, request_params=parameters, **given)


def rows(connection: Connection[Any], mapping: Mapping) -> Rows:
    """Return the rows of each table, in the order of its key."""
    return {
        table: connection.execute(
            SQL("SELECT {} FROM {} ORDER BY {}").format(
                columns(mapping.columns(table)), Identifier(mapping.endpoint, table), columns(mapping.key(table))
            )
        ).fetchall()
        for table in mapping.tables
    }


@pytest.mark.parametrize("endpoint", invented_endpoints.ALL, ids=lambda endpoint: endpoint.name)
def test_a_response_becomes_rows(endpoint: Endpoint, database: Database, tmp_path: Path) -> None:
    mapping = endpoint.mapping(tmp_path)
    with database.connect() as connection, database.connect(autocommit=False) as another:
        connection.execute(create(mapping))
        assert schema_differences(connection, mapping) == []
        platform = Platform(another, mapping=mapping, remembers=1)
        insert(connection, mapping, endpoint.parameters, endpoint.response, 0)
        platform.transform()
        assert rows(connection, mapping) == endpoint.rows
        platform.transform()
        assert platform.rows == 0, "what is applied is not applied again"
        insert(connection, mapping, endpoint.parameters, endpoint.fewer, 1)
        platform.transform()
        remaining = [table for table, found in rows(connection, mapping).items() if found]
        assert remaining == ([mapping.version_table] if single_units(mapping) else list(mapping.tables))
        insert(connection, mapping, endpoint.parameters, endpoint.response, 2)
        platform.transform()  # as a change of what the process remembers
        assert rows(connection, mapping) == endpoint.rows
