"""What `make up` shows and starts: games that are on, whichever day it is, and Airflow following them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from mlb_data_platform import services
from mlb_data_platform.errors import BadInputError, TransientError
from mlb_data_platform.settings import PROJECT_DIR, settings

BREAKFAST = datetime(2026, 7, 4, 12, 10, tzinfo=UTC)
DAY = date(2026, 7, 4)
HOURS = timedelta(hours=1)


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(PROJECT_DIR / "scripts")
    monkeypatch.setenv("MLB_STATE_DIR", str(tmp_path))
    settings.cache_clear()
    import demo

    yield demo
    settings.cache_clear()


@pytest.fixture
def up(demo: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    import up

    monkeypatch.setattr(up, "STATE_DIR", tmp_path)
    return up


class Airflow:
    """An Airflow that has just started: all DAGs are paused, none has a run."""

    def __init__(self, dags: tuple[str, ...]) -> None:
        self.dags = list(dags)
        self.paused = {*dags, "mlb_export"}
        self.runs: list[dict[str, Any]] = []
        self.lists: dict[str, list[int]] = {}
        self.tasks: list[dict[str, Any]] = []
        self.cleared: list[tuple[str, list[Any]]] = []
        self.due: dict[str, Any] | None = None  # the run that the scheduler makes when it next looks

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v2/dags").strip("/").split("/")
        match (request.method, path):
            case "GET", ["auth", "token"]:
                return httpx.Response(201, json={"access_token": "t0ken"})
            case "GET", [""]:
                dags = [{"dag_id": dag} for dag in self.dags]
                return httpx.Response(200, json={"dags": dags, "total_entries": len(dags)})
            case "GET", [dag]:
                return httpx.Response(200, json={"is_paused": dag in self.paused})
            case "PATCH", [dag]:
                self.paused.discard(dag)
                after = timedelta(hours=-1 if self.due else 1)
                return httpx.Response(200, json={"next_dagrun_run_after": (datetime.now(UTC) + after).isoformat()})
            case "GET", [dag, "dagRuns"]:
                state = request.url.params.get("state")
                runs = [run for run in self.runs if run["dag_id"] == dag and state in (None, run["state"])]
                if self.due and dag not in self.paused:
                    self.runs, self.due = [*self.runs, self.due], None
                return httpx.Response(200, json={"dag_runs": runs, "total_entries": len(runs)})
            case "POST", [dag, "dagRuns"]:
                assert dag not in self.paused
                self.runs.append({"dag_id": dag, "state": "running", **json.loads(request.content)})
                return httpx.Response(200, json=self.runs[-1])
            case "POST", [_, "clearTaskInstances"]:
                asked = json.loads(request.content)
                self.cleared.append((asked["dag_run_id"], asked["task_ids"]))
                return httpx.Response(200, json={"task_instances": []})
            case "GET", [_, "dagRuns", run, "taskInstances", "list_games", *_] if run in self.lists:
                return httpx.Response(200, json={"value": [{"game_pk": game_pk} for game_pk in self.lists[run]]})
            case "GET", [_, "dagRuns", _, "taskInstances"]:
                return httpx.Response(200, json={"task_instances": self.tasks})
        return httpx.Response(404, json={"detail": "not found"})

    @property
    def started(self) -> list[tuple[str, dict[str, Any]]]:
        return [(run["dag_id"], run["conf"]) for run in self.runs]


@pytest.fixture
def airflow(demo: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Airflow:
    airflow, client = Airflow(demo.DAGS), httpx.Client
    monkeypatch.setattr(httpx, "Client", lambda **given: client(**given, transport=httpx.MockTransport(airflow.answer)))
    return airflow


@pytest.mark.parametrize(
    ("now", "arguments"),
    [
        (BREAKFAST, "--season 2026 --shift-days 0 --slate 2026-07-04=2026-07-04T10:50:00+00:00"),
        (datetime(2026, 11, 27, 1, tzinfo=UTC), "--season 2026 --shift-days 182 --slate 2026-11-2"),
        (datetime(2027, 1, 15, 23, tzinfo=UTC), "--season 2027 --shift-days -98 --slate 2027-01-1"),
    ],
)
def test_the_season_is_one_that_is_on_with_games_that_are_on(demo: ModuleType, now: datetime, arguments: str) -> None:
    shown = demo.Demo(7).at(now)
    assert " ".join(shown.simulated(now).arguments()).startswith(f"--seed 7 {arguments}")
    (game_pks,) = shown.on(now).values()
    assert len(game_pks) >= 13


def test_who_comes_again_finds_the_games_as_they_were_and_others_when_they_are_over(
    demo: ModuleType, tmp_path: Path
) -> None:
    file = tmp_path / "demo.json"
    first = demo.load(file, None).at(BREAKFAST)
    demo.save(file, first)
    an_hour_later = demo.load(file, None).at(BREAKFAST + HOURS)
    assert an_hour_later == first
    assert an_hour_later.simulated(BREAKFAST + HOURS) == first.simulated(BREAKFAST)
    in_the_evening = an_hour_later.at(BREAKFAST + 6 * HOURS)
    assert in_the_evening.simulated(BREAKFAST).slates[:1] == first.simulated(BREAKFAST).slates
    (before,), (after,) = first.on(BREAKFAST).values(), in_the_evening.on(BREAKFAST + 6 * HOURS).values()
    assert len(after) >= 13
    assert not set(before) & set(after)
    in_winter = in_the_evening.at(datetime(2026, 12, 24, 18, tzinfo=UTC))
    assert len(in_winter.simulated(datetime(2026, 12, 24, 18, tzinfo=UTC)).slates) == 1, "that is another season"


def test_any_league_will_do_but_one_folder_takes_one(demo: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "demo.json"
    shown = demo.load(file, 11).at(BREAKFAST)
    assert shown.simulated(BREAKFAST).seed == 11
    demo.save(file, shown)
    assert demo.load(file, None) == demo.load(file, 11) == shown
    with pytest.raises(BadInputError, match=r"^MLB_SIMULATOR_SEED: .* of seed 11, .*MLB_STATE_DIR.*`make clean`$"):
        demo.load(file, 12)


def test_the_first_time_what_a_day_takes_is_unpaused_and_the_date_followed(demo: ModuleType, airflow: Airflow) -> None:
    assert demo.follow({DAY: [1, 2]}) is True
    assert airflow.paused == {"mlb_export"}
    assert airflow.started == [("mlb_season", {}), ("mlb_live", {"date": "2026-07-04"})]
    assert airflow.runs[-1]["partition_key"] == "2026-07-04"


def test_it_is_the_first_time_also_where_make_run_has_loaded_a_day(demo: ModuleType, airflow: Airflow) -> None:
    airflow.runs = [{"dag_id": dag, "state": "success", "conf": {}} for dag in ("mlb_season", *demo.LOADED)]
    assert demo.follow({DAY: [1, 2]}) is True
    assert airflow.paused == {"mlb_export"}
    assert airflow.started[3:] == [("mlb_season", {}), ("mlb_live", {"date": "2026-07-04"})]


def test_the_run_of_a_tick_that_was_not_long_ago_is_waited_for_and_no_other_is_made(
    demo: ModuleType, airflow: Airflow
) -> None:
    airflow.due = {
        "dag_id": "mlb_live",
        "dag_run_id": "of a tick",
        "state": "queued",
        "partition_key": "2026-07-04",
        "conf": {},
    }
    assert demo.follow({DAY: [1, 2]}) is True
    assert airflow.started == [("mlb_season", {}), ("mlb_live", {})]


def test_a_run_that_is_due_and_does_not_come_is_said(
    demo: ModuleType, airflow: Airflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "_DUE_RUN_WITHIN_SECONDS", 0)
    airflow.due = {"dag_id": "mlb_game"}
    with pytest.raises(TransientError, match=r"^Airflow has not made the run of mlb_live that is due since "):
        demo.follow({DAY: [1]})


def test_games_that_are_followed_are_not_followed_twice(demo: ModuleType, airflow: Airflow) -> None:
    demo.follow({DAY: [1, 2]})
    demo.follow({DAY: [1, 2]})
    assert len(airflow.runs) == 2, "the run has still to find out which games there are"
    airflow.lists[airflow.runs[-1]["dag_run_id"]] = [1, 2, 3]
    demo.follow({DAY: [1, 2]})
    assert len(airflow.runs) == 2
    assert airflow.cleared == []
    demo.follow({DAY: [4, 5]})
    assert airflow.cleared == [(airflow.runs[-1]["dag_run_id"], ["list_games"])], "those are others of the same date"
    assert len(airflow.runs) == 2


def test_what_waits_to_be_tried_again_begins_and_the_rest_is_left_alone(demo: ModuleType, airflow: Airflow) -> None:
    """After services were away a few times, a follower would wait for minutes."""
    demo.follow({DAY: [1, 2]})
    airflow.lists[airflow.runs[-1]["dag_run_id"]] = [1, 2]
    states = {("stream", -1): "up_for_retry", ("game.follow", 0): "running", ("game.follow", 1): "up_for_retry"}
    airflow.tasks = [
        {"task_id": task, "map_index": index, "state": state, "start_date": None}
        for (task, index), state in states.items()
    ]
    demo.follow({DAY: [1, 2]})
    ((run, cleared),) = airflow.cleared
    assert run == airflow.runs[-1]["dag_run_id"]
    assert cleared == [["stream", -1], ["game.follow", 1]]


def test_the_same_date_is_followed_again_when_its_run_has_ended(demo: ModuleType, airflow: Airflow) -> None:
    demo.follow({DAY: [1, 2]})
    airflow.runs[-1]["state"] = "success"
    demo.follow({DAY: [3, 4]})
    assert airflow.started[2:] == [("mlb_live", {"date": "2026-07-04"})]


def test_what_the_user_has_paused_stays_paused(demo: ModuleType, airflow: Airflow) -> None:
    demo.follow({DAY: [1, 2]})
    airflow.paused |= {"mlb_live", "mlb_game"}
    before = airflow.started
    assert demo.follow({DAY + timedelta(days=1): [3, 4]}) is False
    assert airflow.started == before
    airflow.paused -= {"mlb_live"}
    assert demo.follow({DAY + timedelta(days=1): [3, 4]}) is True
    assert airflow.paused == {"mlb_game", "mlb_export"}


def test_dags_that_airflow_cannot_read_are_named(
    demo: ModuleType, airflow: Airflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "_PARSED_WITHIN_SECONDS", 0)
    airflow.dags.remove("mlb_live")
    with pytest.raises(TransientError, match=r"^Airflow has not read mlb_live;"):
        demo.follow({DAY: [1]})


def test_the_simulator_is_shown_unless_another_api_is_named(
    up: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLB_STATSAPI_BASE_URL", raising=False)
    assert up.asks_another_api() is False
    monkeypatch.setenv("MLB_STATSAPI_BASE_URL", services.simulator_url(tmp_path))
    assert up.asks_another_api() is False, "what `mlb-etl services env` says"
    monkeypatch.setenv("MLB_STATSAPI_BASE_URL", "https://statsapi.mlb.com")
    assert up.asks_another_api() is True


def test_another_api_is_not_asked_by_what_was_started_with_the_simulator(
    up: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.simulate(tmp_path, services.SimulatedSeason())
    try:
        monkeypatch.setenv("MLB_STATSAPI_BASE_URL", "https://statsapi.mlb.com")
        with pytest.raises(BadInputError, match="`make down` first"):
            up.asks_another_api()
    finally:
        services.down(tmp_path)


def test_what_goes_on_is_said(up: ModuleType, demo: ModuleType) -> None:
    said = up.in_words({DAY: [1, 2]}, follows=True)
    assert said.startswith("Simulated, in real time: 2 games of 2026-07-04 are on.\nAirflow follows them,")
    assert "mlb-etl workflow unpause mlb_live" in up.in_words({DAY: [1, 2]}, follows=False)
