"""A run's DAG, Airflow's image and the images of its pods are of one commit, or the run is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.orchestration.commands import repair_command
from mlb_data_platform.settings import settings

if TYPE_CHECKING:
    from airflow.sdk import Context

_SHOWN = 12
_COMMIT = re.compile(r"[0-9a-f]{40}")
_TAG = re.compile(r":([0-9a-f]{12})-[0-9a-f]{12}$")  # scripts/images.py makes it


def commit_of(image: str) -> str | None:
    """Return how the commit begins that an image is of by its name, None where the name says none."""
    found = _TAG.search(image)
    return found[1] if found else None


def refuse_another_commit(context: Context) -> None:
    """Do nothing where the task's DAG and the images are of one commit; raise BadInputError where they are not.

    A DAG that comes with Airflow's image, rather than from Git, is of the image's commit; so is every DAG in
    `airflow dags test`, which opens no bundle for its tasks. A checkout is of no commit, nor is an image of files that
    are not committed, or one that is named by hand: there nothing is compared.
    """
    ti: Any = context["ti"]
    version: str | None = getattr(getattr(ti, "bundle_instance", None), "version", None)
    ours = version or settings().mlb_commit
    others = [f"{what} of {commit[:_SHOWN]}" for what, commit in _commits() if ours and not ours.startswith(commit)]
    if not others:
        return
    repair = repair_command(context)
    if version:
        raise BadInputError(
            f"the DAG of this run is of commit {ours[:_SHOWN]}, {', '.join(others)}: what a task is may differ."
            f" `{repair}` lets it run as what is deployed by now; or deploy {ours[:_SHOWN]} again"
        )
    raise BadInputError(
        f"the DAG of this run came with Airflow's image, of commit {ours[:_SHOWN]}, {', '.join(others)}: what a task is"
        f" may differ. Deploy images of one commit, then `{repair}`"
    )


def with_commits(error: BadInputError, path: Path) -> BadInputError:
    """Return `error`, with which the YAML at `path` was refused; where Airflow's image is of another commit, with both.

    Without a DAG no task looks before it begins. Of which version a DAG is, Airflow does not tell while it is parsed: a
    bundle keeps each in a folder of that name.
    """
    ours = settings().mlb_commit
    theirs = next(filter(_COMMIT.fullmatch, reversed(path.parts)), ours)
    if not ours or theirs == ours:
        return error
    return BadInputError(
        f"{error}\nthe YAML of this run is of commit {theirs[:_SHOWN]}, Airflow's image of {ours[:_SHOWN]}, which"
        f" cannot read it. `mlb-etl workflow clear {path.stem} --run RUN` lets it run as what is deployed by now;"
        f" or deploy {theirs[:_SHOWN]} again"
    )


def _commits() -> Iterator[tuple[str, str]]:
    """Each image that the tasks of this Airflow run in, with its commit, where it has one."""
    if commit := settings().mlb_commit:
        yield "Airflow's image", commit
    if settings().mlb_runtime == "kubernetes":
        from mlb_data_platform.orchestration.pod_settings import kubernetes_settings

        for image in (kubernetes_settings().mlb_image_ingest, kubernetes_settings().mlb_image_spark):
            if found := commit_of(image):
                yield image, found
