"""What is written about games, or shown of them: nothing, in the shape in which there could be something."""

from __future__ import annotations

from typing import Any

from statsapi_simulator.api.question import Question
from statsapi_simulator.pages import COPYRIGHT, Page


def content(question: Question, game_pk: int) -> Page:
    """Answer `/api/v1/game/PK/content`: nobody writes about these games, or shows them."""
    question.games.scheduled(game_pk)
    return {
        "copyright": COPYRIGHT,
        "link": f"/api/v1/game/{game_pk}/content",
        "editorial": {"preview": {}, "articles": None, "recap": {}, "wrap": {}},
        "media": {"epg": [], "epgAlternate": [], "freeGame": False, "enhancedGame": False},
        "highlights": {
            **dict.fromkeys(("scoreboard", "gameCenter", "milestone")),
            **{name: {"items": []} for name in ("highlights", "live", "scoreboardPreview")},
        },
        "summary": dict.fromkeys(
            ("hasPreviewArticle", "hasRecapArticle", "hasWrapArticle", "hasHighlightsVideo"), False
        ),
        "gameNotes": {},
    }


def color(question: Question, game_pk: int) -> Page:
    """Answer `/api/v1/game/PK/feed/color`: without items."""
    question.games.scheduled(game_pk)
    return {"copyright": COPYRIGHT, "link": f"/api/v1/game/{game_pk}/feed/color", "gamePk": game_pk, "items": []}


def no_color(question: Question, game_pk: int) -> list[Any]:
    """Answer `…/feed/color/timestamps` and `…/diffPatch`: nothing ever comes."""
    question.games.scheduled(game_pk)
    return []
