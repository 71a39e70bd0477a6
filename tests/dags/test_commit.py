"""A run's DAG, Airflow's image and those of its pods are of one commit, or its tasks do not begin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

pytest.importorskip("airflow", reason="the DAGs' tests run in Airflow's environment (.venv)")

from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.definitions.mappedoperator import MappedOperator
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.orchestration.commit import refuse_another_commit
from mlb_data_platform.orchestration.pod_settings import kubernetes_settings
from mlb_data_platform.settings import settings
from tests.dags.runs import GAME, RUN_ID

if TYPE_CHECKING:
    from airflow.sdk import Context

ONE, OTHER = "1" * 40, "2" * 40


def begin(version: str | None, game: Any = None) -> None:
    """Begin a task of a run of this version."""
    begin_in(game, bundle_instance=SimpleNamespace(version=version))


def begin_in(game: Any = None, **bundle: Any) -> None:
    """Begin a task with what Airflow knows of its bundle."""
    ti = RuntimeTaskInstance.model_construct(dag_id="mlb_game", run_id=RUN_ID, task_id="ingest", **bundle)
    refuse_another_commit(cast("Context", {"ti": ti, "task": SimpleNamespace(game=game)}))


@pytest.fixture
def image(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """A function that says of which commits the images are."""

    def of(airflow: str, **pods: str) -> None:
        monkeypatch.setenv("MLB_COMMIT", airflow)
        monkeypatch.setenv("MLB_RUNTIME", "kubernetes" if pods else "process")
        for name, tag in pods.items():
            monkeypatch.setenv(f"MLB_IMAGE_{name.upper()}", f"registry.example:5000/mlb/{name}:{tag}")
        forget()

    def forget() -> None:
        settings.cache_clear()
        kubernetes_settings.cache_clear()

    yield of
    monkeypatch.undo()
    forget()


def test_airflow_dags_test_which_opens_no_bundle_runs(image: Callable[..., None]) -> None:
    image(ONE)
    begin_in()


def test_what_is_of_one_commit_runs(image: Callable[..., None]) -> None:
    image(ONE, ingest=f"{ONE[:12]}-0123456789ab", spark=f"{ONE[:12]}-ba9876543210")
    begin(ONE)


@pytest.mark.parametrize(("airflow", "version"), [(ONE, None), ("", ONE), ("", None)])
def test_what_is_of_no_commit_is_not_compared(image: Callable[..., None], airflow: str, version: str | None) -> None:
    """A folder of DAGs, a checkout, images of what is not committed: development."""
    image(airflow, ingest="0123456789ab", spark="dev")
    begin(version)


def test_a_run_of_another_commit_than_airflows_image_is_refused(image: Callable[..., None]) -> None:
    image(OTHER)
    with pytest.raises(BadInputError) as refused:
        begin(ONE)
    assert str(refused.value) == (
        "the DAG of this run is of commit 111111111111, Airflow's image of 222222222222: what a task is may differ."
        f" `mlb-etl workflow clear mlb_game --run {RUN_ID} --task ingest` lets it run as what is deployed by now;"
        " or deploy 111111111111 again"
    )
    with pytest.raises(BadInputError, match="--game-pk 1000001"):
        begin(ONE, game=GAME)


def test_a_run_of_another_commit_than_its_pods_image_is_refused(image: Callable[..., None]) -> None:
    image(ONE, ingest=f"{OTHER[:12]}-0123456789ab", spark=f"{ONE[:12]}-ba9876543210")
    with pytest.raises(
        BadInputError, match=r"commit 1{12}, registry.example:5000/mlb/ingest:2{12}-0123456789ab of 2{12}:"
    ):
        begin(ONE)


@pytest.mark.parametrize("bundle", [{"bundle_instance": SimpleNamespace(version=None)}, {}])
def test_a_dag_that_came_with_airflows_image_is_of_its_commit(
    image: Callable[..., None], bundle: dict[str, Any]
) -> None:
    """As by default, where Airflow knows no version of a run."""
    image(ONE, ingest=f"{ONE[:12]}-0123456789ab", spark=f"{ONE[:12]}-ba9876543210")
    begin_in(**bundle)
    image(ONE, ingest=f"{ONE[:12]}-0123456789ab", spark=f"{OTHER[:12]}-ba9876543210")
    with pytest.raises(BadInputError) as refused:
        begin_in(**bundle)
    assert str(refused.value) == (
        "the DAG of this run came with Airflow's image, of commit 111111111111,"
        " registry.example:5000/mlb/spark:222222222222-ba9876543210 of 222222222222: what a task is may differ."
        f" Deploy images of one commit, then `mlb-etl workflow clear mlb_game --run {RUN_ID} --task ingest`"
    )


def test_pods_of_any_commit_run_beside_an_airflow_from_a_checkout(image: Callable[..., None]) -> None:
    """Development: Airflow on this machine, tasks in the images that were built last."""
    image("", ingest=f"{ONE[:12]}-0123456789ab", spark=f"{OTHER[:12]}-ba9876543210")
    begin(None)


def test_every_task_looks_whether_it_is_of_one_commit(bag: DagBag) -> None:
    for dag in bag.dags.values():
        for task in dag.tasks:
            mapped = isinstance(task, MappedOperator)
            hook = task.partial_kwargs["pre_execute"] if mapped else task._pre_execute_hook
            assert hook is refuse_another_commit, f"{dag.dag_id}.{task.task_id}"
