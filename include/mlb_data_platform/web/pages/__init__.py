"""The pages, a module for each: what it asks, and the template that shows it."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter

from mlb_data_platform.web.pages import game, health, player, today


@dataclass(frozen=True)
class Page:
    """A page, as the navigation names it, and where it begins below the application's root."""

    title: str
    path: str
    router: APIRouter


PAGES = (
    Page("Today", "/", today.router),
    Page("Game", "/game", game.router),
    Page("Health", "/health", health.router),
    Page("Player", "/player", player.router),
)
