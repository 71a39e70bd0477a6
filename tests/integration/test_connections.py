"""Sessions of PostgreSQL whose other end is gone without a word."""

from __future__ import annotations

from mlb_data_platform.storage.database import connect
from tests.conftest import Database


def test_both_ends_notice_within_a_minute_that_the_other_is_gone(database: Database) -> None:
    """Else the lock of a follower on a machine that is gone would keep its game from the next one for two hours."""
    with connect(database.dsn) as connection:
        ours = connection.info.get_parameters()
        for keepalive in ("idle", "interval", "count"):
            theirs = connection.execute("SELECT current_setting(%s)", (f"tcp_keepalives_{keepalive}",)).fetchone()
            assert theirs == (ours[f"keepalives_{keepalive}"],)
    assert int(ours["keepalives_idle"]) + int(ours["keepalives_interval"]) * int(ours["keepalives_count"]) <= 30
    assert int(ours["tcp_user_timeout"]) <= 60_000
