"""The roles of the database: made, and given what they may read, whenever it is migrated."""

from __future__ import annotations

from pathlib import Path

import psycopg
from psycopg import Connection

from mlb_data_platform.errors import BadInputError


def make_roles(connection: Connection, folder: Path) -> None:
    """Apply the files of `folder`, each of which makes the role that it is named for, as far as something is missing.

    Raises BadInputError saying what an administrator has to do where the user may not do it.
    """
    for file in sorted(folder.glob("*.sql")):
        try:
            with connection.transaction():
                connection.execute(file.read_bytes())
        except psycopg.errors.InsufficientPrivilege as error:
            user = connection.info.user
            raise BadInputError(
                f"every migration is applied, but {user} may not make the role {file.stem} what it should be"
                f" ({error.diag.message_primary}): let an administrator of PostgreSQL run"
                f' `CREATE ROLE {file.stem} NOLOGIN` if there is none, and `GRANT {file.stem} TO "{user}"`;'
                " then run `mlb-etl db migrate` again"
            ) from error
