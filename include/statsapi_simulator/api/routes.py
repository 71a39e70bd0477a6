"""Which function answers which path. Paths are regular expressions; their groups are ids, given on as numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from statsapi_simulator.api import (
    attendance,
    awards,
    directory,
    drafts,
    high_low,
    jobs,
    leaders,
    live,
    media,
    pace,
    people,
    person_stats,
    probability,
    rosters,
    schedules,
    season_stats,
    standings,
    streaks,
    transactions,
    uniforms,
)
from statsapi_simulator.api.errors import NoEndpoint, not_found
from statsapi_simulator.api.question import Question

Handler = Callable[..., Any]

FEED = r"/api/v1\.1/game/(\d+)/feed/live"
PATCH = rf"{FEED}/diffPatch"


def _of_game(handler: Callable[..., Any]) -> Handler:
    """The endpoints of one game know nothing of seasons."""
    return lambda question, game_pk: handler(question.games, game_pk, question.now, question.asked)


_ROUTES: dict[str, Handler] = {
    FEED: _of_game(live.feed),
    rf"{FEED}/timestamps": _of_game(live.timestamps),
    PATCH: _of_game(live.diff_patch),
    r"/api/v1/game/(\d+)/linescore": _of_game(live.line_score),
    r"/api/v1/game/(\d+)/boxscore": _of_game(live.box_score),
    r"/api/v1/game/(\d+)/playByPlay": _of_game(live.play_by_play),
    r"/api/v1/game/(\d+)/winProbability": probability.win_probability,
    r"/api/v1/game/(\d+)/contextMetrics": probability.context_metrics,
    r"/api/v1/game/(\d+)/content": media.content,
    r"/api/v1/game/(\d+)/feed/color": media.color,
    r"/api/v1/game/(\d+)/feed/color/(?:timestamps|diffPatch)": media.no_color,
    r"/api/v1/game/changes": schedules.changed,
    r"/api/v1/schedule": schedules.by_dates,
    r"/api/v1/schedule/(?:games|events|xref)": schedules.by_dates,
    r"/api/v1/schedule/games/tied": schedules.tied,
    r"/api/v1/schedule/postseason(?:/tuneIn)?": schedules.postseason,
    r"/api/v1/schedule/postseason/series": schedules.postseason_series,
    r"/api/v1/seasons": directory.seasons,
    r"/api/v1/seasons/(\d+)": directory.seasons,
    r"/api/v1/seasons/all": directory.all_seasons,
    r"/api/v1/teams": directory.teams,
    r"/api/v1/teams/(\d+)": directory.team,
    r"/api/v1/teams/(\d+)/history": directory.team,
    r"/api/v1/teams/(\d+)/affiliates": directory.affiliates,
    r"/api/v1/teams/affiliates": directory.affiliates,
    r"/api/v1/teams/history": directory.teams,
    r"/api/v1/teams/stats": season_stats.all_team_stats,
    r"/api/v1/teams/stats/leaders": leaders.club_leaders,
    r"/api/v1/teams/(\d+)/roster": rosters.roster,
    r"/api/v1/teams/(\d+)/roster/(\w+)": rosters.roster,
    r"/api/v1/teams/(\d+)/coaches": rosters.coaches,
    r"/api/v1/teams/(\d+)/personnel": rosters.personnel,
    r"/api/v1/teams/(\d+)/alumni": rosters.alumni,
    r"/api/v1/teams/(\d+)/leaders": leaders.team_leaders,
    r"/api/v1/teams/(\d+)/stats": season_stats.team_stats,
    r"/api/v1/people": people.people,
    r"/api/v1/people/(\d+)": people.person,
    r"/api/v1/people/(\d+)/stats": person_stats.person_stats,
    r"/api/v1/people/(\d+)/stats/game/(\d+)": person_stats.game_stats,
    r"/api/v1/people/(\d+)/stats/game/current": person_stats.last_game_stats,
    r"/api/v1/people/(\d+)/awards": awards.of_person,
    r"/api/v1/people/search": people.search,
    r"/api/v1/people/changes": people.changes,
    r"/api/v1/people/freeAgents": people.free_agents,
    r"/api/v1/sports/(\d+)/players": people.players,
    r"/api/v1/venues": directory.venues,
    r"/api/v1/venues/(\d+)": directory.venues,
    r"/api/v1/standings": standings.standings,
    r"/api/v1/standings/(\w+)": standings.standings,
    r"/api/v1/stats": season_stats.player_stats,
    r"/api/v1/stats/leaders": leaders.league_leaders,
    r"/api/v1/(?:stats/)?streaks": streaks.streaks,
    r"/api/v1/streaks/types": streaks.kinds,
    r"/api/v1/highLow/(\w+)": high_low.high_low,
    r"/api/v1/gamePace": pace.game_pace,
    r"/api/v1/attendance": attendance.attendance,
    r"/api/v1/transactions": transactions.transactions,
    r"/api/v1/jobs": jobs.jobs,
    r"/api/v1/jobs/umpires": jobs.umpires,
    r"/api/v1/jobs/officialScorers": jobs.official_scorers,
    r"/api/v1/jobs/datacasters": jobs.datacasters,
    r"/api/v1/jobs/umpires/games/(\d+)": schedules.umpire_games,
    r"/api/v1/awards": awards.awards,
    r"/api/v1/awards/(\w+)": awards.awards,
    r"/api/v1/awards/(\w+)/recipients": awards.recipients,
    r"/api/v1/draft/(\d+)": drafts.draft,
    r"/api/v1/draft/(\d+)/latest": drafts.latest_pick,
    r"/api/v1/draft/prospects/(\d+)": drafts.prospects,
    r"/api/v1/leagues?/(\d+)/allStar(?:Ballot|WriteIns|FinalVote)": people.all_star_ballot,
    r"/api/v1/uniforms/game": uniforms.game_uniforms,
    r"/api/v1/uniforms/team": uniforms.team_uniforms,
    r"/api/v1/homeRunDerby/(\d+)(?:/bracket|/pool)?": schedules.home_run_derby,
    r"/api/v1/(\w+)": directory.listed,
    r"/api/v1/(\w+)/(\d+)": directory.listed,
}
_API = re.compile(r"/api/v1(\.1)?(/[\w.]+)+")
_COMPILED = [(re.compile(pattern), handler) for pattern, handler in _ROUTES.items()]


def answer(path: str, question: Question) -> Any:
    """Return the document that answers a question.

    Raises ApiError for an endpoint that there is not, and NoEndpoint for a path that could be none.
    """
    for pattern, handler in _COMPILED:
        if match := pattern.fullmatch(path):
            return handler(question, *(int(each) if each.isdecimal() else each for each in match.groups()))
    raise not_found() if _API.fullmatch(path) else NoEndpoint(path)
