"""Content that the archive has lost, of a row that left it to that, and that is received once more."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext, suppress

from psycopg import Connection
from psycopg.sql import SQL

from mlb_data_platform.errors import PlatformError
from mlb_data_platform.storage.bodies import exact_bytes
from mlb_data_platform.storage.capture import Capture
from mlb_data_platform.storage.raw import Stored, raw_table, store
from mlb_data_platform.storage.stored_body import LostContentError, packed


def store_or_bring_back(
    connection: Connection, capture: Capture, put_object: Callable[[Capture], object] | None = None
) -> Stored:
    """Add a capture as `storage.raw.store` does; where its content is there already but lost, it is there again.

    Raises what `store` raises, and with `put_object` what `bring_back` does. Who gives none does not wait for the
    archive: while that is away nothing comes back, until the same is received once more.
    """
    stored = store(connection, capture, put_object)
    if not stored.is_new:
        with nullcontext() if put_object else suppress(PlatformError):
            bring_back(connection, capture, stored.raw_id)
    return stored


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
