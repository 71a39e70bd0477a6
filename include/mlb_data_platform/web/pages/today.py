"""Today: every game of a date with its score and where it stands, kept up to date while it is played."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response
from psycopg import AsyncConnection

from mlb_data_platform.web.clock import Day, Now, baseball_date, oldest_date_on
from mlb_data_platform.web.database import Reading
from mlb_data_platform.web.events import Parts, event_stream
from mlb_data_platform.web.news import news
from mlb_data_platform.web.queries.today import Date, Game, date_of, date_that_is_on, followers, games, newest_date
from mlb_data_platform.web.rendering import fragment, render
from mlb_data_platform.web.shared_looks import SharedLooks

router = APIRouter()


@dataclass(frozen=True)
class _Slate:
    """A date and its games, and how they are shown."""

    date: Date
    games: list[Game]
    parts: Parts


@router.api_route("/", methods=["GET", "HEAD"])
async def today(
    request: Request, connection: Reading, now: Now, day: Annotated[Day | None, Query(alias="date")] = None
) -> Response:
    """Return the page of a date; without one, of that whose games are on, or the newest that is listed up to today."""
    day = day or await _newest(connection, now)
    slate = await _slate(request, connection, day)
    return render(request, "today/page.html", date=slate.date, parts=slate.parts)


@router.get("/today/events")
async def events(
    request: Request,
    day: Annotated[Day, Query(alias="date")],
    shown: str = "",
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Return the stream that keeps the games of a date as they are, for a browser that shows them as `shown` says."""
    before: dict[int, Game] = {}
    looks: SharedLooks = request.app.state.looks

    async def look() -> Parts:
        slate = await looks.at(day, lambda: _as_it_is(request, day))
        said = " ".join(news(before.get(game.game_pk), game) for game in slate.games).strip()
        before.update({game.game_pk: game for game in slate.games})
        return replace(slate.parts, said=said)

    return await event_stream(request.app.state.changes, last_event_id or shown, look)


async def _newest(connection: AsyncConnection, now: datetime) -> date:
    today = baseball_date(now)
    is_on = await date_that_is_on(connection, oldest_date_on(now), today)
    return is_on or await newest_date(connection, today) or today


async def _as_it_is(request: Request, day: date) -> _Slate:
    async with request.app.state.database.connection() as connection:
        return await _slate(request, connection, day)


async def _slate(request: Request, connection: AsyncConnection, day: date) -> _Slate:
    listed = await games(connection, day)
    followed = await followers(connection, [game.game_pk for game in listed])
    of_date = await date_of(connection, day)
    html = {"standing": fragment(request, "today/standing.html", date=of_date, games=listed, followed=followed)}
    for game in listed:
        html[f"game-{game.game_pk}"] = fragment(request, "today/game.html", game=game, followed=followed)
    return _Slate(of_date, listed, Parts("slate", html))
