"""The page of a game as tests read it, and games whose tables they change as captures would."""

from __future__ import annotations

import re
from datetime import datetime
from html import unescape
from itertools import count
from typing import Any

import httpx
from psycopg import Connection
from psycopg.rows import dict_row

from tests.season_copies import game_tables
from tests.web.conftest import DAY

Row = dict[str, Any]
_PKS = count(900_000_001)


def rows(owner: Connection[Any], query: str, *parameters: Any) -> list[Row]:
    return owner.cursor(row_factory=dict_row).execute(query.encode(), parameters).fetchall()


def a_game(owner: Connection[Any], where: str) -> int:
    """A copy of a game of the evening, which the test may change; no date lists it."""
    of_the_evening = "official_date = %s AND game_pk < 100000000"
    found = rows(owner, f"SELECT game_pk FROM game.live_game_metadata WHERE {of_the_evening} AND {where} LIMIT 1", DAY)
    assert found, f"no game of that time of the evening is one that {where}"
    game_pk = next(_PKS)
    for table, columns in game_tables(owner, "game"):
        names = ", ".join(columns)
        others = ", ".join("%(copy)s" if name == "game_pk" else name for name in columns)
        query = f"INSERT INTO {table} ({names}) SELECT {others} FROM {table} WHERE game_pk = %(game)s"
        owner.execute(query.encode(), {"copy": game_pk, "game": found[0]["game_pk"]})
    return game_pk


LIVE = "abstract_game_state = 'Live' AND inning_state IN ('Top', 'Bottom') AND current_inning > 2"
AHEAD = "abstract_game_state = 'Preview'"


def a_game_that_is_over(owner: Connection[Any]) -> int:
    """The same, of a game that was ended early."""
    game_pk = a_game(owner, LIVE)
    owner.execute(
        """
        UPDATE game.live_game_metadata SET abstract_game_state = 'Final', coded_game_state = 'F',
            detailed_state = 'Completed Early' WHERE game_pk = %s
        """,
        (game_pk,),
    )
    return game_pk


def captured(owner: Connection[Any], game_pk: int, *changes: str) -> datetime:
    """Publish as a capture would, in one transaction: what it supersedes is kept. Return when that was captured."""
    with owner.transaction():
        (found,) = rows(
            owner,
            """
            UPDATE game.live_game_metadata SET valid_from = clock_timestamp(), captured_at = clock_timestamp(),
                published_xid = pg_current_xact_id(), raw_id = raw_id + 1
            WHERE game_pk = %s RETURNING valid_from
            """,
            game_pk,
        )
        moment = found["valid_from"]
        owner.execute("UPDATE game.live_game_metadata SET captured_at = valid_from WHERE game_pk = %s", (game_pk,))
        for change in changes:
            owner.execute(change.encode(), {"game": game_pk, "now": moment})
    assert isinstance(moment, datetime)
    return moment


def page(viewer: httpx.Client, game_pk: int, **query: Any) -> str:
    answer = viewer.get(f"/ballpark/game/{game_pk}", params=query)
    assert answer.status_code == 200, words(answer.text)
    assert not re.search(r"<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=", answer.text), "the policy would refuse it"
    return answer.text


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def part(html: str, name: str) -> str:
    """What stands in a section of the page."""
    found = re.search(rf'<section id="{name}".*?</section>', html, re.DOTALL)
    assert found, f"no {name}"
    return found[0]


def cells(html: str) -> list[list[str]]:
    """The rows of the tables of a part, cell by cell; their heads are left out."""
    bodies = "".join(re.findall(r"<tbody>.*?</tbody>", html, re.DOTALL))
    found = re.findall(r"<tr.*?</tr>", bodies, re.DOTALL)
    return [[words(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)] for row in found]


def said(*values: Any) -> list[str]:
    return ["" if value is None else str(value) for value in values]
