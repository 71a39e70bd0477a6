"""What Airflow's UI shows of a DAG and a task, and where it leads: configuration, commands, links, assets."""

from __future__ import annotations

import shlex
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit

import pytest

pytest.importorskip("airflow", reason="the DAGs' tests run in Airflow's environment (.venv)")

from airflow.dag_processing.dagbag import DagBag
from airflow.models.taskinstancekey import TaskInstanceKey
from airflow.providers.postgres.assets.postgres import sanitize_uri
from airflow.sdk.definitions.mappedoperator import MappedOperator
from ruamel.yaml import YAML

from mlb_data_platform.jobs.load import all_jobs, job_files, load_job
from mlb_data_platform.jobs.models import Job
from mlb_data_platform.mapping.load import load_raw_endpoint
from mlb_data_platform.orchestration.assets import asset
from mlb_data_platform.orchestration.dag_doc import dag_doc, effective
from mlb_data_platform.orchestration.task_links import CapturesLink, CommandsLink, GameLink
from mlb_data_platform.storage.raw_lookup import CaptureFilter
from tests.dags.conftest import DAGS_DIR
from tests.dags.runs import RUN_ID, is_per_game, rendered


def shown(dag: Any) -> dict[str, Any]:
    """The YAML that a DAG's page shows."""
    block = dag.doc_md.partition("```yaml\n")[2].partition("```")[0]
    return cast("dict[str, Any]", YAML(typ="safe").load(block))


@pytest.mark.parametrize("path", job_files(DAGS_DIR), ids=lambda path: path.stem)
def test_a_dags_page_says_where_its_yaml_lies_and_all_that_it_comes_to(bag: DagBag, path: Path) -> None:
    job, dag = load_job(path), bag.dags[path.stem]
    assert dag.doc_md is not None
    assert dag.doc_md.startswith(job.doc)
    assert f"**YAML:** `dags/{path.name}`" in dag.doc_md
    again = Job.model_validate({"name": job.name, "description": job.description, "doc": job.doc, **shown(dag)})
    assert again.graph == job.graph
    assert without_after(again) == without_after(job)


def without_after(job: Job) -> dict[str, Any]:
    """All of a job but how the graph of its tasks is written."""
    return job.model_dump(exclude={"tasks": {name: {"after"} for name in job.tasks}})


def test_defaults_are_shown_as_they_are(bag: DagBag) -> None:
    ingest = shown(bag.dags["mlb_game"])["tasks"]["ingest"]
    assert ingest["after"] == ["list_games"]
    assert ingest["retry_delay_seconds"] == 30
    assert ingest["trigger_rule"] == "all_success"


def test_a_yaml_elsewhere_is_named_by_its_whole_path() -> None:
    elsewhere = Path("/somewhere/mlb_game.yaml")
    assert f"`{elsewhere}`" in dag_doc(load_job("mlb_game"), elsewhere)


def test_rendered_templates_have_the_commands_with_which_to_go_on(bag: DagBag) -> None:
    for name, task_id in (("mlb_game", "ingest"), ("mlb_live", "game.follow"), ("mlb_live", "game.wait")):
        commands = rendered(bag.dags[name], task_id).commands
        repair = ["mlb-etl", "workflow", "clear", name, "--run", RUN_ID, "--task", task_id.removeprefix("game.")]
        assert shlex.split(commands["repair"]) == [*repair, "--game-pk", "1000001"]
        assert commands["raw captures"] == "mlb-etl raw list --game-pk 1000001"
    for task_id in ("transform", "list_games", "check"):  # a failed run is looked at where its check has failed
        assert rendered(bag.dags["mlb_game"], task_id).commands == {
            "repair": f"mlb-etl workflow clear mlb_game --run {RUN_ID} --task {task_id}",
            "status": f"mlb-etl workflow status mlb_game --run {RUN_ID}",
            "raw captures": "mlb-etl raw list game.live_game_v1 --date 2026-04-19",
        }


def test_captures_are_of_the_date_of_a_run_that_has_one(bag: DagBag) -> None:
    def raw_captures(dag_id: str, task_id: str, **params: Any) -> str | None:
        found: str | None = rendered(bag.dags[dag_id], task_id, **params).commands.get("raw captures")
        return found

    assert raw_captures("mlb_schedule", "ingest", date="2026-04-01") == (
        "mlb-etl raw list schedule.schedule --date 2026-04-01"
    )
    assert raw_captures("mlb_live", "watch") == "mlb-etl raw list --date 2026-04-19", "of two endpoints"
    assert raw_captures("mlb_game", "transform", game_pks=[1000001]) is None, "a run for some games is of no date"
    assert raw_captures("mlb_season", "ingest") is None, "nothing in it is of a date"


@pytest.mark.parametrize("job", all_jobs(DAGS_DIR), ids=lambda job: job.name)
def test_endpoints_whose_captures_are_listed_by_date_have_dates(job: Job) -> None:
    for endpoint in job.endpoints_of_dates:
        assert CaptureFilter(day=date(2026, 4, 19)).problem(load_raw_endpoint(endpoint)) is None


def test_every_task_has_its_commands(bag: DagBag) -> None:
    for dag in bag.dags.values():
        for task in dag.tasks:
            assert task.template_fields[-1] == "commands", task.task_id
            assert ("game" in task.template_fields) or not is_per_game(task), task.task_id


@pytest.mark.parametrize("path", job_files(DAGS_DIR), ids=lambda path: path.stem)
def test_rendered_templates_say_where_a_tasks_yaml_lies_and_all_that_it_comes_to(bag: DagBag, path: Path) -> None:
    dag, every = bag.dags[path.stem], effective(load_job(path))
    for task_id in dag.task_ids:
        name = task_id.removeprefix("game.")
        part = {"list_games": "each", "check": "check"}.get(task_id)
        says = {part: every[part]} if part in every else {} if part else {"tasks": {name: every["tasks"][name]}}
        assert rendered(dag, task_id).configuration == {"yaml": f"dags/{path.name}", **says}


def key(task_id: str, map_index: int) -> TaskInstanceKey:
    return TaskInstanceKey("mlb_game", task_id, RUN_ID, try_number=1, map_index=map_index)


def test_a_task_leads_to_its_commands(bag: DagBag, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example/at/")
    ingest = bag.dags["mlb_game"].get_task("ingest")
    assert isinstance(ingest, MappedOperator)
    link = CommandsLink().get_link(ingest, ti_key=key("ingest", 1))
    run = RUN_ID.replace(":", "%3A").replace("+", "%2B")
    assert link == f"https://airflow.example/at/dags/mlb_game/runs/{run}/tasks/ingest/mapped/1/rendered_templates"
    link = CommandsLink().get_link(bag.dags["mlb_game"].get_task("transform"), ti_key=key("transform", -1))
    assert link.endswith("/tasks/transform/rendered_templates")
    link = CommandsLink().get_link(bag.dags["mlb_game"].get_task("check"), ti_key=key("check", -1))
    assert link.endswith("/tasks/check/rendered_templates")


@pytest.mark.parametrize("link", [GameLink(), CapturesLink(), CommandsLink()])
def test_tasks_of_other_dags_lead_nowhere(link: Any) -> None:
    other = SimpleNamespace(template_fields=("bash_command",))
    assert link.get_link(other, ti_key=key("other", 3)) == ""


def test_a_task_that_is_not_about_one_game_leads_to_none(bag: DagBag) -> None:
    for link in (GameLink(), CapturesLink()):
        assert link.get_link(bag.dags["mlb_game"].get_task("transform"), ti_key=key("transform", -1)) == ""


def test_an_asset_is_named_like_its_table_and_openlineage_knows_which_that_is() -> None:
    made = asset("schedule.games")
    assert made.name == "schedule.games"
    assert made.uri == "postgres://mlb_postgres:5432/mlb/schedule/games"
    assert sanitize_uri(urlsplit(made.uri)) == urlsplit(made.uri), "the provider of PostgreSQL takes it as it is"
    namespace, database, schema, table = made.uri.rsplit("/", 3)
    assert (namespace, f"{database}.{schema}.{table}") == ("postgres://mlb_postgres:5432", "mlb.schedule.games")
