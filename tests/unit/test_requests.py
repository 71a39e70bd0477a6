"""Which requests a job's YAML and the flags of the command line become."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.ingest import requests as requests_module
from mlb_data_platform.ingest.requests import Scope, requests_of
from mlb_data_platform.jobs.models import Job
from mlb_data_platform.mapping.models import Mapping

GAME = {"mapping": "game.live_game_v1", "parameters": {"game_pk": "{game_pk}"}}
DAY = {"mapping": "schedule.schedule", "parameters": {"sportId": 1, "date": "{date}"}}
SEASON = {
    "mapping": "season.seasons",
    "parameters": {"sportId": 1},
    "expects": {"path": "$.seasons[*].seasonId", "value": "{season}"},
}
FAN_OUT = {"table": "schedule.games", "date": "schedule_date", "key": "game_pk", "label": ["away_team_name"]}

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
            "check": {"table": "a.b", "column": "c", "value": "{date}"},
            "ingest": ingest,
            **more,
        }
    )


def test_one_request_per_game_each_once() -> None:
    requests = requests_of(_job(GAME, fan_out=FAN_OUT), Scope(game_pks=(2, 1, 2)))
    assert [request.target for request in requests] == ["/api/v1.1/game/2/feed/live", "/api/v1.1/game/1/feed/live"]
    assert requests[0].parameters == {"game_pk": 2}
    assert str(requests[0]) == "game.live_game_v1 game_pk=2"


def test_a_date_and_a_season_become_parameters_or_what_is_expected() -> None:
    (day,) = requests_of(_job(DAY), Scope(day=date(2026, 4, 19)))
    assert (day.target, day.parameters) == (
        "/api/v1/schedule?sportId=1&date=2026-04-19",
        {"sportId": 1, "date": "2026-04-19"},
    )
    (season,) = requests_of(_job(SEASON), Scope(season=2026))
    assert season.target == "/api/v1/seasons/all?sportId=1"
    assert season.expects is not None
    assert (season.expects[0].text, season.expects[1]) == ("$.seasons[*].seasonId", "2026")
    (any_season,) = requests_of(_job(SEASON), Scope())
    assert any_season.expects is None


@pytest.mark.parametrize(
    ("job", "scope", "problem"),
    [
        (_job(None), Scope(), "has no 'ingest' block"),
        (_job(DAY), Scope(), "job needs --date"),
        (_job(DAY), Scope(day=date(2026, 4, 19), game_pks=(1,)), "job has no use for --game-pk"),
        (_job(SEASON), Scope(day=date(2026, 4, 19)), "job has no use for --date"),
        (_job(GAME, fan_out=FAN_OUT), Scope(), "give one of --game-pk, --date, --season"),
        (_job(GAME, fan_out=FAN_OUT), Scope((1,), date(2026, 4, 19)), "give one of --game-pk, --date, --season"),
        (_job(GAME), Scope(), "job needs --game-pk"),
        (_job({**DAY, "parameters": {"sportsId": 1}}), Scope(), "did you mean 'sportId'"),
    ],
)
def test_flags_that_do_not_fit_are_refused(job: Job, scope: Scope, problem: str) -> None:
    with pytest.raises(BadInputError, match=problem):
        requests_of(job, scope)


def test_bulk_needs_the_terms_to_be_accepted() -> None:
    job, scope = _job(GAME, fan_out=FAN_OUT), Scope(game_pks=tuple(range(1, 62)))
    with pytest.raises(BadInputError, match=r"61 requests are bulk use\. .*non-bulk use only.*--accept-terms"):
        requests_of(job, scope)
    assert len(requests_of(job, scope, terms_accepted=True)) == 61
    assert len(requests_of(job, Scope(game_pks=scope.game_pks[:60]))) == 60
