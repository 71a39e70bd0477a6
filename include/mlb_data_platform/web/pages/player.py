"""Player: his seasons and last games, where he hit the ball, and what he threw."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Request, status
from fastapi.responses import Response

from mlb_data_platform.web import drawing
from mlb_data_platform.web.database import Reading
from mlb_data_platform.web.queries import player as queries
from mlb_data_platform.web.queries import player_pictures as pictures
from mlb_data_platform.web.rendering import render

router = APIRouter()

_TEXT = r"^[^\x00]*$"  # PostgreSQL knows no text with a NUL
_FOUND_SHOWN = 50
_GAMES_SHOWN = 15
_DRAWN = 400  # balls or pitches in one picture: more of them is a blot


@router.api_route("/player", methods=["GET", "HEAD"])
async def search(
    request: Request, connection: Reading, name: Annotated[str, Query(max_length=100, pattern=_TEXT)] = ""
) -> Response:
    """Return the page on which somebody is looked for by name, and whom it finds."""
    begins = " ".join(name.split())
    found = await queries.find(connection, begins, _FOUND_SHOWN) if begins else []
    return render(request, "player/search.html", name=begins, found=found, most=_FOUND_SHOWN)


@router.api_route("/player/{player_id}", methods=["GET", "HEAD"])
async def one(
    request: Request,
    connection: Reading,
    player_id: Annotated[int, Path(ge=1, le=2**31 - 1)],
    season: Annotated[int | None, Query(ge=1876, le=2100)] = None,
) -> Response:
    """Return the page of a player, with the pictures of a season; without one, of his newest that is loaded."""
    player = await queries.player(connection, player_id)
    if player is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"Nothing that is loaded names a player {player_id}.")
    batting = await queries.batting(connection, player_id)
    pitching = await queries.pitching(connection, player_id)
    season = season or player.newest_season
    return render(
        request, "player/page.html", player=player, batting=batting, pitching=pitching, season=season,
        seasons=sorted({line.season for line in batting} | {line.season for line in pitching}, reverse=True),
        games=await queries.last_games(connection, player_id, _GAMES_SHOWN),
        balls=await pictures.batted_balls(connection, player_id, season, _DRAWN) if season else [],
        pitches=await pictures.pitches(connection, player_id, season, _DRAWN) if season else [],
        types=await pictures.pitch_types(connection, player_id, season) if season else [],
        drawing=drawing, most=_DRAWN,
    )  # fmt: skip
