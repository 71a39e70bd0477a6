"""What must hold of the games of a date however they were followed: each check returns what is wrong."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

from psycopg import Connection
from psycopg.sql import SQL, Identifier

from mlb_data_platform.documents.document import Json, canonical_sha256
from mlb_data_platform.documents.moment import CapturedDocument, History, document_at
from mlb_data_platform.mapping.load import load_mapping
from tests.checker import game
from tests.slate.api import Asked, WatchedApi

GAME, PATCHES = "game.live_game_v1", "game.live_game_diff_patch_v1"
_TOLD = {"play": "live_game_plays", "pitch": "live_game_pitch_events"}


def wrong_endings(connection: Connection[Any], api: WatchedApi, game_pks: Sequence[int]) -> list[str]:
    """The last document of each game is a whole one, and the final feed, before or after a late correction of it."""
    wrong = []
    for game_pk in game_pks:
        document = document_at(connection, load_mapping(GAME), {"game_pk": game_pk})
        if document is None or document.link.is_patch or document.sha256 not in _final_feeds(api, game_pk):
            wrong.append(f"game {game_pk}: its last document is not the final feed")
    return wrong


def wrong_moments(connection: Connection[Any], api: WatchedApi, game_pk: int, every: int = 1) -> list[str]:
    """The document of each `every`-th capture is the feed at its revision.

    A scorer who corrected a play in place tells nobody: from then to the next whole document a patched one may be the
    feed with or without it, or between the two. So these are left out.
    """
    history = History(connection, load_mapping(GAME), {"game_pk": game_pk})
    corrected = _uncertain(connection, api, game_pk)
    return [
        f"game {game_pk}: the document of {document.link.captured_at} is not the feed at {_revision(document.content)}"
        for document in map(history.document, history.links[::every])
        if not (document.link.is_patch and any(_within(document, span) for span in corrected))
        and document.sha256 not in _feeds(api, game_pk, _revision(document.content))
    ]


def asked_twice(connection: Connection[Any], api: WatchedApi, said: dict[int, str]) -> list[str]:
    """What was kept is not asked for again, unless the API insisted on an older document (`said` by the follower).

    A patch that was kept leads on from its revision: nobody asks from there again. A whole document that is kept twice
    in a row was asked for in vain; the raw tier has it as a sighting.
    """
    kept = {
        (game_pk, start): kept_at.timestamp()
        for game_pk, start, kept_at in connection.execute(
            f"SELECT game_pk, start_timecode, ingested_at FROM {PATCHES} ORDER BY ingested_at DESC"
        )
    }
    return [
        f"game {game_pk}: asked from {start} again, {asked.came_at - kept[game_pk, start]:.1f} s after that was kept"
        for asked in api.log
        for game_pk, start in _patch_of(asked)
        if "insists" not in said[game_pk] and asked.came_at > kept.get((game_pk, start), asked.came_at)
    ]


def wrong_tables(connection: Connection[Any], api: WatchedApi, game_pks: Sequence[int]) -> list[str]:
    """The tables hold the final feeds: where a late correction came after the last document, the one before it."""
    wrong = []
    for game_pk in game_pks:
        document = document_at(connection, load_mapping(GAME), {"game_pk": game_pk})
        feeds = _final_feeds(api, game_pk)
        newest = list(feeds.values())[-1]
        wrong += game.compare(connection, feeds.get(document.sha256, newest) if document else newest)
    return wrong


def wrongly_told(
    connection: Connection[Any], game_pk: int, state: Json | None, changes: Sequence[Mapping[str, str]]
) -> list[str]:
    """What Redis has of a game is what the tables say: its state, and the newest change of each row that was told.

    Whatever a consumer has missed before the first of `changes`, as Redis lost it, it reads in the tables.
    """
    metadata = _row(connection, "live_game_metadata", {"game_pk": game_pk})
    wrong = [f"game {game_pk}: its state is of raw row {state['raw_id']}"] if state and state != metadata else []
    told = [(each["kind"], each["key"], each["raw_id"]) for each in changes]
    wrong += [f"game {game_pk}: told twice: {each}" for each, count in Counter(told).items() if count > 1]
    moments = [datetime.fromisoformat(each["captured_at"]) for each in changes]
    wrong += [f"game {game_pk}: what was captured at {after} is told before {before}"
              for before, after in pairwise(moments) if after < before]  # fmt: skip
    newest = {(each["kind"], each["key"]): json.loads(each["data"]) for each in changes}
    for (kind, key), data in newest.items():
        row = metadata if kind not in _TOLD else _row(connection, _TOLD[kind], {"game_pk": game_pk, **json.loads(key)})
        if (data is None) != (row is None) or any(row[name] != data[name] for name in {*(row or ())} & {*(data or ())}):
            wrong.append(f"game {game_pk}: {kind} {key} was told last as {data}")
    return wrong


def _row(connection: Connection[Any], table: str, key: Json) -> Json | None:
    condition = SQL(" AND ").join(SQL("{} = {}").format(Identifier(name), value) for name, value in key.items())
    query = SQL("SELECT row_to_json(t) FROM {} t WHERE {}").format(Identifier("game", table), condition)
    found = connection.execute(query).fetchone()
    return found[0] if found else None


def _final_feeds(api: WatchedApi, game_pk: int) -> dict[str, Json]:
    """The feed as it was when the game was final, and after each correction since, by its hash; the newest is last."""
    final, now = api.course(game_pk).statuses[-1].since, api.clock.now()
    shown = [final, *(each for each in api.course(game_pk).corrections if final < each <= now)]
    feeds = [api.league.games.feed(game_pk, now, each) for each in sorted(shown)]
    return {canonical_sha256(feed): feed for feed in feeds}


def _revision(document: Json) -> str:
    return str(document["metaData"]["timeStamp"])


def _feeds(api: WatchedApi, game_pk: int, revision: str) -> set[str]:
    """The hashes of the feed at a revision, as it was shown before and after each correction."""
    at = datetime.strptime(f"{revision}+0000", "%Y%m%d_%H%M%S%z")
    shown = [at, *(each for each in api.course(game_pk).corrections if at < each <= api.clock.now())]
    return {canonical_sha256(api.league.games.feed(game_pk, at, now)) for now in shown}


def _uncertain(connection: Connection[Any], api: WatchedApi, game_pk: int) -> list[tuple[float, float]]:
    """From when to when, in seconds since the epoch, it was not known that a play was corrected."""
    corrections = [each for each in api.course(game_pk).corrections if each <= api.clock.now()]
    query = f"SELECT captured_at FROM {GAME} WHERE game_pk = %s ORDER BY 1"
    wholes = [captured_at.timestamp() for (captured_at,) in connection.execute(query, (game_pk,))]
    spans = []
    for corrected_at in map(api.real, corrections):
        later = wholes[bisect_right(wholes, corrected_at) :]
        spans.append((corrected_at - 1, later[0] if later else datetime.now(UTC).timestamp()))
    return spans


def _within(document: CapturedDocument, span: tuple[float, float]) -> bool:
    return span[0] <= document.link.captured_at.timestamp() <= span[1]


def _patch_of(asked: Asked) -> Iterator[tuple[int, str]]:
    """The game and revision whose patch was asked for, if it was one."""
    url = urlsplit(asked.target)
    if (found := re.search(r"/game/(\d+)/feed/live/diffPatch$", url.path)) and asked.status == 200:
        yield int(found[1]), parse_qs(url.query)["startTimecode"][0]
