"""Game: a game as it is, or as it was by any of its captures, kept up to date while it is played."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Path, Query, Request, status
from fastapi.responses import RedirectResponse, Response

from mlb_data_platform.web import drawing
from mlb_data_platform.web.clock import Now, baseball_date
from mlb_data_platform.web.database import Reading
from mlb_data_platform.web.events import Parts, event_stream
from mlb_data_platform.web.game_view import GameView, game_view
from mlb_data_platform.web.news import news
from mlb_data_platform.web.queries.game import Game, listed
from mlb_data_platform.web.queries.game_history import Capture, Changed, captures, changed
from mlb_data_platform.web.queries.today import games, newest_date, newest_date_in_tables
from mlb_data_platform.web.rendering import fragment, fragment_of, render
from mlb_data_platform.web.shared_looks import SharedLooks

router = APIRouter()

_BEFORE = timedelta(microseconds=1)
_NEAR = 5  # captures that are listed before and after the one that is shown

GamePk = Annotated[int, Path(ge=1, lt=2**63)]


@router.api_route("/game", methods=["GET", "HEAD"])
async def newest(connection: Reading, now: Now) -> Response:
    """Lead to the first game in the tables of the newest date that has one: one that is on, if there is one.

    As long as none is there, it leads to the first that is listed.
    """
    today = baseball_date(now)
    day = await newest_date_in_tables(connection, today) or await newest_date(connection, today)
    if day is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "No game is listed yet: mlb_schedule does that.")
    first, *_ = sorted(await games(connection, day), key=lambda each: each.captured_at is None)
    return _redirect(f"game/{first.game_pk}")


@router.api_route("/game/{game_pk}", methods=["GET", "HEAD"])
async def game(
    request: Request,
    connection: Reading,
    now: Now,
    game_pk: GamePk,
    at: datetime | None = None,
    number: Annotated[int | None, Query(alias="capture", ge=1)] = None,
) -> Response:
    """Return the page of a game, as of a moment if one is given; `capture` leads to the moment of that one."""
    made = await captures(connection, game_pk)
    if number is not None and made:
        return _redirect(f"{game_pk}?at={moment(made[number - 1].since)}" if number < len(made) else f"{game_pk}")
    view = await game_view(connection, game_pk, _past(at, made, now))
    if view is None:
        if not made and (of_schedule := await listed(connection, game_pk)):
            return render(request, "game/listed.html", game=of_schedule)
        raise HTTPException(status.HTTP_404_NOT_FOUND, _why_nothing(game_pk, made))
    values = _values(view, made)
    return render(request, "game/page.html", **values, parts=_parts(request, view, made), grown=_grown(request, made))


@router.get("/game/{game_pk}/events")
async def events(
    request: Request, game_pk: GamePk, shown: str = "", last_event_id: Annotated[str | None, Header()] = None
) -> Response:
    """Return the stream that keeps a game as it is, for a browser that shows it as `shown` says."""
    before: Game | None = None
    looks: SharedLooks = request.app.state.looks

    async def look() -> Parts:
        nonlocal before
        game, parts = await looks.at(game_pk, lambda: _as_it_is(request, game_pk))
        said, before = news(before, game), game
        return replace(parts, said=said)

    return await event_stream(request.app.state.changes, last_event_id or shown, look, game_pk=game_pk)


@router.get("/game/{game_pk}/captures")
async def near(request: Request, connection: Reading, game_pk: GamePk, around: Annotated[int, Query(ge=1)]) -> Response:
    """Return the captures before and after one, counted from one, with what each has changed."""
    made = await captures(connection, game_pk)
    first = max(around - _NEAR - 1, 0)
    shown = made[first : around + _NEAR]
    if not shown:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"Game {game_pk} has no capture {around}.")
    of_moment: dict[datetime, list[Changed]] = defaultdict(list)
    for each in await changed(connection, game_pk, shown[0].since, shown[-1].since):
        of_moment[each.moment].append(each)
    return render(
        request, "game/captures_list.html", game_pk=game_pk, number=around, made=made, exact=moment,
        near=[(number, each, of_moment[each.since]) for number, each in enumerate(shown, first + 1)],
    )  # fmt: skip


@router.get("/game/{game_pk}/captures/events")
async def growth(
    request: Request, game_pk: GamePk, shown: str = "", last_event_id: Annotated[str | None, Header()] = None
) -> Response:
    """Return the stream that tells who looks at a game as it was how many captures there are by now."""
    looks: SharedLooks = request.app.state.looks

    async def look() -> Parts:
        return await looks.at(("captures", game_pk), lambda: _as_grown(request, game_pk))

    return await event_stream(request.app.state.changes, last_event_id or shown, look, game_pk=game_pk)


async def _as_grown(request: Request, game_pk: int) -> Parts:
    async with request.app.state.database.connection() as connection:
        return _grown(request, await captures(connection, game_pk))


def _grown(request: Request, made: list[Capture]) -> Parts:
    return Parts("made", {"made-so-far": fragment(request, "game/made.html", made=made)})


async def _as_it_is(request: Request, game_pk: int) -> tuple[Game, Parts]:
    async with request.app.state.database.connection() as connection:
        made = await captures(connection, game_pk)
        view = await game_view(connection, game_pk, None)
        if view is None:
            raise HTTPException(status.HTTP_404_NOT_FOUND, _why_nothing(game_pk, made))
    return view.game, _parts(request, view, made)


def moment(at: datetime) -> str:
    """Return a moment as an address has it: to the microsecond, since captures are told apart by it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def _parts(request: Request, view: GameView, made: list[Capture]) -> Parts:
    values = _values(view, made)
    names = ("score", "captures", "chance", "box", "field", "corrections", "plays")
    html = {name: fragment(request, f"game/{name}.html", **values) for name in names}
    away, home, root = view.game.away_short, view.game.home_short, request.scope.get("root_path", "")
    for half in view.halves:
        html[half.id] = fragment_of("game/half.html", half=half, away=away, home=home, drawing=drawing, root=root)
    return Parts("game", html)


def _past(at: datetime | None, made: list[Capture], now: datetime) -> datetime | None:
    """The moment that is asked for, in UTC, as all is that names no zone; None: now, and what is yet to come."""
    if at is None:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    first = made[0].since if made else now
    if at < first:  # before the year 1 in UTC, for all that is known
        return first - _BEFORE
    return at.astimezone(UTC) if at < now else None


def _values(view: GameView, made: list[Capture]) -> dict[str, Any]:
    """What the templates show: the number of the capture that is shown counts from one."""
    number = bisect_right([each.since for each in made], view.at) if view.at else len(made)
    return {
        "view": view,
        "game": view.game,
        "made": made,
        "number": max(number, 1),
        "near": _NEAR,
        "exact": moment,
        "drawing": drawing,
    }


def _why_nothing(game_pk: int, made: list[Capture]) -> str:
    if made:
        return f"Nothing was captured of game {game_pk} by then: its first capture is of {moment(made[0].since)}."
    return f"The tables know no game {game_pk}."


def _redirect(address: str) -> RedirectResponse:
    """Lead to an address by one relative to that which was asked for, wherever the page is mounted."""
    return RedirectResponse(address, status.HTTP_303_SEE_OTHER)
