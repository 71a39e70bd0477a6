"""The endpoints that answer with a schedule: of dates or games, what changed, ties, the postseason, a club's next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from statsapi_simulator.api import changes, parameters, schedule
from statsapi_simulator.api.entry import entry
from statsapi_simulator.api.errors import no_such_game
from statsapi_simulator.api.hydrate import Hydration
from statsapi_simulator.api.listing import Listing, listings
from statsapi_simulator.api.question import Question
from statsapi_simulator.model import Fate, ScheduledGame
from statsapi_simulator.pages import COPYRIGHT, Page
from statsapi_simulator.play.surroundings import crew
from statsapi_simulator.world.dates import baseball_day

_NEAR = 5  # games before and after today that a club's page shows


def by_dates(question: Question) -> Page:
    """Answer `/api/v1/schedule`."""
    selected = schedule.selection(question.games, question.asked, question.now)
    return _page(question, schedule.found(question.games, selected, question.now))


def changed(question: Question) -> Page:
    """Answer `/api/v1/game/changes`."""
    since = parameters.moment(question.asked, "updatedSince")
    found = changes.changed_since(question.games, question.season, since, question.now) if question.is_mlb else {}
    return _page(question, found)


def tied(question: Question) -> Page:
    """Answer `/api/v1/schedule/games/tied`."""
    return _page(question, _of(question, [game for game in question.world.schedule if game.fate is Fate.TIED]))


def postseason(question: Question) -> Page:
    """Answer `/api/v1/schedule/postseason` and `…/tuneIn`: there is none."""
    return _page(question, {})


def postseason_series(question: Question) -> Page:
    """Answer `/api/v1/schedule/postseason/series`."""
    return {"copyright": COPYRIGHT, **schedule.sums(0, 0), "series": []}


def home_run_derby(question: Question, game_pk: int) -> Page:
    """Answer `/api/v1/homeRunDerby/PK`: no game of this league is one."""
    raise no_such_game()


def umpire_games(question: Question, umpire_id: int) -> Page:
    """Answer `/api/v1/jobs/umpires/games/ID`: the games whose crew somebody belongs to, up to today."""
    world, umpire = question.person(umpire_id)
    today = baseball_day(question.now)
    games = [
        game
        for game in world.schedule
        if game.official_date <= today and any(umpire.id == man for _, man in crew(world, game))
    ]
    return _page(question, _of(question, games))


def previous_games(question: Question, team_id: int) -> Page:
    """Return a club's last games, with one that is on: what the hydration previousSchedule adds to its page."""
    games = [game for game in _games_of(question, team_id) if game.starts_at <= question.now]
    return _page(question, _of(question, games[-_NEAR:]))


def next_games(question: Question, team_id: int) -> Page:
    """Return a club's next games: what the hydration nextSchedule adds to its page."""
    games = [game for game in _games_of(question, team_id) if game.starts_at > question.now]
    return _page(question, _of(question, games[:_NEAR]))


def _games_of(question: Question, team_id: int) -> list[ScheduledGame]:
    return [game for game in question.world.schedule if team_id in (game.away_id, game.home_id)]


def _of(question: Question, games: list[ScheduledGame]) -> dict[date, list[Listing]]:
    """Return these games by the dates under which they are listed."""
    wanted = {game.game_pk for game in games}
    days = sorted({day for game in games for day in (game.first_date, game.second_date) if day})
    by_day = {day: listings(question.games, day, question.now, lambda game: game.game_pk in wanted) for day in days}
    return {day: listed for day, listed in by_day.items() if listed}


def _page(question: Question, found: Mapping[date, list[Listing]]) -> Page:
    games, now = question.games, question.now
    hydration = Hydration(games, question.asked.get("hydrate", ""), now)
    return schedule.document(found, lambda listed: hydration.add(entry(games, listed, now), listed))
