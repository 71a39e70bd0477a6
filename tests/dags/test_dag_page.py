"""What Airflow's UI shows of a DAG and a task, and where it leads: configuration, commands, links, assets."""

from __future__ import annotations

import shlex
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

from mlb_data_platform.jobs.load import job_files, load_job
from mlb_data_platform.jobs.models import Job
from mlb_data_platform.orchestration.assets import asset
from mlb_data_platform.orchestration.dag_doc import dag_doc
from mlb_data_platform.orchestration.task_links import CommandsLink, GameLink
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
    commands = rendered(bag.dags["mlb_game"], "transform").commands
    assert commands == {"repair": f"mlb-etl workflow clear mlb_game --run {RUN_ID} --task transform"}


def test_every_task_that_does_work_has_its_commands(bag: DagBag) -> None:
    for dag in bag.dags.values():
        for task in dag.tasks:
            if task.task_id not in ("list_games", "check"):
                assert task.template_fields[-1] == "commands", task.task_id
                assert ("game" in task.template_fields) or not is_per_game(task), task.task_id


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


@pytest.mark.parametrize("link", [GameLink(), CommandsLink()])
def test_tasks_of_other_dags_lead_nowhere(link: Any) -> None:
    other = SimpleNamespace(template_fields=("bash_command",))
    assert link.get_link(other, ti_key=key("other", 3)) == ""


def test_a_task_that_is_not_about_one_game_leads_to_none(bag: DagBag) -> None:
    assert GameLink().get_link(bag.dags["mlb_game"].get_task("transform"), ti_key=key("transform", -1)) == ""


def test_an_asset_is_named_like_its_table_and_openlineage_knows_which_that_is() -> None:
    made = asset("schedule.games")
    assert made.name == "schedule.games"
    assert made.uri == "postgres://mlb_postgres:5432/mlb/schedule/games"
    assert sanitize_uri(urlsplit(made.uri)) == urlsplit(made.uri), "the provider of PostgreSQL takes it as it is"
    namespace, database, schema, table = made.uri.rsplit("/", 3)
    assert (namespace, f"{database}.{schema}.{table}") == ("postgres://mlb_postgres:5432", "mlb.schedule.games")
