"""Content that the archive has lost, of a row that left it to that, and that is received once more."""

from __future__ import annotations

from psycopg import Connection
from psycopg.sql import SQL

from mlb_data_platform.storage.bodies import exact_bytes
from mlb_data_platform.storage.capture import Capture
from mlb_data_platform.storage.raw import raw_table
from mlb_data_platform.storage.stored_body import LostContentError, packed


def bring_back(connection: Connection, capture: Capture, raw_id: int) -> None:
    """Give row `raw_id`, of which `capture` is a sighting, its content again if the archive does not give it back.

    It is a row that is not archived then, and gets another object: nothing in the archive is replaced, and what is
    damaged there stays to be looked into. Raises TransientError where the archive does not answer, BadInputError where
    it does not accept the settings.
    """
    left = SQL("SELECT FROM {} WHERE id = %s AND data IS NULL").format(raw_table(capture.mapping))
    if connection.execute(left, [raw_id]).fetchone() is None:
        return
    try:
        exact_bytes(connection, [capture.mapping], raw_id)
    except LostContentError:
        update = SQL("UPDATE {} SET data = %s, body = %s, object_key = NULL WHERE id = %s AND data IS NULL")
        values = (capture.body.decode("utf-8"), packed(capture.body), raw_id)
        connection.execute(update.format(raw_table(capture.mapping)), values)
