"""Which requests a job's YAML and the flags of the command line become."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.ingest import requests as requests_module
from mlb_data_platform.ingest.requests import plan
from mlb_data_platform.ingest.scope import Scope
from mlb_data_platform.jobs.models import Job
from mlb_data_platform.mapping.models import Mapping

GAME = {"mapping": "game.live_game_v1", "parameters": {"game_pk": "{game_pk}"}}
DAY = {"mapping": "schedule.schedule", "parameters": {"sportId": 1, "date": "{date}"}}
SEASON = {
    "mapping": "season.seasons",
    "parameters": {"sportId": 1},
    "expects": {"path": "$.seasons[*].seasonId", "value": "{season}"},
}
SEASONS = {"table": "season.seasons_normalized", "season": "season_id", "dates": ["first_date", "last_date"]}
GAMES = {"table": "schedule.games", "date": "schedule_date", "key": {"game_pk": "game_pk"}, "label": ["away_team_name"]}
KEY = {"title": "Things", "description": "Only these."}

_CATALOGUE = {
    "game.live_game_v1": ("Game.liveGameV1", {"game_pk": {"type": "bigint", "parameter": "game_pk"}}),
    "schedule.schedule": ("Schedule.schedule", {"date": {"type": "text", "parameter": "date"}}),
    "season.seasons": ("Season.allSeasons", {"sport_id": {"type": "text", "parameter": "sportId"}}),
}


def _mapping(name: str) -> Mapping:
    endpoint, method = name.split(".")
    catalogue, natural_key = _CATALOGUE[name]
    return Mapping.model_validate(
        {
            "endpoint": endpoint,
            "method": method,
            "schema_version": 1,
            "description": "For this test.",
            "request": {"catalogue": catalogue},
            "natural_key": natural_key,
            "version_table": "things",
            "tables": {"things": {"description": "None.", "rows": "$", "columns": {}}},
        }
    )


@pytest.fixture(autouse=True)
def _mappings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests_module, "load_mapping", _mapping)


def _job(ingest: dict[str, Any] | None, **more: Any) -> Job:
    return Job.model_validate(
        {
            "name": "job",
            "description": "For this test.",
            "doc": "What it does, its params, how to repair it.",
            "owner": "tests",
            "tags": ["test"],
            "tasks": {
                "ingest": {
                    "argv": ["ingest", "job"],
                    "pool": "mlb_api",
                    "retries": 0,
                    "timeout_minutes": 1,
                    "pod": {"cpu": "1", "memory": "1Gi"},
                }
            },
            "check": {"table": "a.b", "columns": {"c": "{date}"}},
            "ingests": [ingest] if ingest else [],
            **more,
        }
    )


def test_one_request_per_game_each_once() -> None:
    requests = plan(_job(GAME, each=GAMES), Scope(keys={"game_pk": (2, 1, 2)})).requests
    assert [request.target for request in requests] == ["/api/v1.1/game/2/feed/live", "/api/v1.1/game/1/feed/live"]
    assert requests[0].parameters == {"game_pk": 2}
    assert str(requests[0]) == "game.live_game_v1 game_pk=2"


def test_a_date_and_a_season_become_parameters_or_what_is_expected() -> None:
    (day,) = plan(_job(DAY), Scope(day=date(2026, 4, 19))).requests
    assert (day.target, day.parameters) == (
        "/api/v1/schedule?sportId=1&date=2026-04-19",
        {"sportId": 1, "date": "2026-04-19"},
    )
    (season,) = plan(_job(SEASON), Scope(season=2026)).requests
    assert season.target == "/api/v1/seasons/all?sportId=1"
    assert season.expects is not None
    assert (season.expects[0].text, season.expects[1]) == ("$.seasons[*].seasonId", "2026")
    (any_season,) = plan(_job(SEASON), Scope()).requests
    assert any_season.expects is None


def test_a_range_is_one_request_for_each_date_that_need_not_be_made_again_once_the_date_has_ended() -> None:
    scope = Scope(day=date(2026, 6, 29), to=date(2026, 7, 1))
    job = _job({**DAY, "settled": {"path": "$.dates[*].state", "values": ["F"]}})
    requests = plan(job, scope).requests
    assert [request.parameters["date"] for request in requests] == ["2026-06-29", "2026-06-30", "2026-07-01"]
    assert [request.settled_from for request in requests] == [
        datetime(2026, month, day, 10, tzinfo=UTC) for month, day in ((6, 30), (7, 1), (7, 2))
    ]
    assert [request.settled_from for request in plan(job, replace(scope, force=True)).requests] == [None] * 3


def test_what_a_job_wants_no_fresher_is_asked_for_anew_only_by_force() -> None:
    job = _job({**DAY, "fresh_seconds": 90})
    scope = Scope(day=date(2026, 6, 29), to=date(2026, 6, 30))
    assert [request.fresh_for for request in plan(job, scope).requests] == [timedelta(seconds=90)] * 2
    assert [request.fresh_for for request in plan(job, replace(scope, force=True)).requests] == [None] * 2


@pytest.mark.parametrize(
    ("job", "scope", "problem"),
    [
        (_job(None), Scope(), "has no 'ingests'"),
        (_job(DAY), Scope(), "job needs --date"),
        (_job(DAY), Scope(day=date(2026, 4, 19), keys={"game_pk": (1,)}), "job has no use for --game-pk"),
        (_job(DAY), Scope(season=2026), "job needs --date"),
        (_job({**DAY, "seasons": SEASONS}), Scope(), "job: give one of --date, --season"),
        (_job(SEASON), Scope(day=date(2026, 4, 19)), "job has no use for --date"),
        (_job(GAME, each=GAMES), Scope(), "give one of --game-pk, --date, --season"),
        (
            _job(GAME, each=GAMES),
            Scope({"game_pk": (1,)}, date(2026, 4, 19)),
            "give one of --game-pk, --date, --season",
        ),
        (_job(GAME, keys={"game_pk": KEY}), Scope(), "job needs --game-pk"),
        (_job({**DAY, "parameters": {"sportsId": 1}}), Scope(), "did you mean 'sportId'"),
        (
            _job(DAY),
            Scope(day=date(2026, 4, 19), to=date(2026, 4, 18)),
            "--to 2026-04-18 needs a --date up to it",
        ),
        (_job(SEASON), Scope(season=2026, to=date(2026, 4, 18)), "--to 2026-04-18 needs a --date up to it"),
    ],
)
def test_flags_that_do_not_fit_are_refused(job: Job, scope: Scope, problem: str) -> None:
    with pytest.raises(BadInputError, match=problem):
        plan(job, scope)


@pytest.mark.parametrize(
    ("job", "most", "too_many", "what"),
    [
        (
            _job(GAME, each=GAMES),
            Scope(keys={"game_pk": tuple(range(1, 501))}),
            Scope(keys={"game_pk": tuple(range(1, 502))}),
            "501 requests",
        ),
        (
            _job(DAY),
            Scope(day=date(2026, 7, 1), to=date(2026, 7, 31)),
            Scope(day=date(2026, 7, 1), to=date(2026, 8, 1)),
            "32 dates",
        ),
    ],
)
def test_bulk_needs_the_terms_to_be_accepted(job: Job, most: Scope, too_many: Scope, what: str) -> None:
    assert plan(job, most).requests
    with pytest.raises(BadInputError, match=rf"{what}: this is bulk use\. .*non-bulk use only.*--accept-terms"):
        plan(job, too_many)
    assert len(plan(job, too_many, terms_accepted=True).requests) > len(plan(job, most).requests)


def test_a_season_is_bulk_before_anything_is_looked_up() -> None:
    for job in (_job(GAME, each=GAMES), _job({**DAY, "seasons": SEASONS})):
        with pytest.raises(BadInputError, match=r"season 2026: this is bulk use"):
            plan(job, Scope(season=2026))
