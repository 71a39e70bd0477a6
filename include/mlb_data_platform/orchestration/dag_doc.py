"""What a DAG's page in Airflow says: its doc, where its YAML lies, and what that comes to with every default."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from mlb_data_platform.jobs.models import Job
from mlb_data_platform.settings import DAGS_DIR, settings

_SAID_ABOVE = {"name", "description", "doc"}
_RUNTIMES = {"process": "a local process", "kubernetes": "a pod or a Spark application"}


def dag_doc(job: Job, path: Path) -> str:
    """Return the Markdown of the DAG that the YAML at `path` describes: the same for the same YAML and settings."""
    runtime = settings().mlb_runtime
    return (
        f"{job.doc}\n"
        f"**YAML:** `{yaml_place(path)}`. With every default it says what follows; each task with an `argv` is"
        f" {_RUNTIMES[runtime]} here (`MLB_RUNTIME={runtime}`).\n\n"
        f"```yaml\n{_as_yaml(effective(job))}```\n"
    )


def yaml_place(path: Path) -> str:
    """Return where a YAML lies: from the root of the checkout, or by its whole path where it lies elsewhere.

    Airflow has several checkouts: its image, a bundle, each version of it.
    """
    return f"{DAGS_DIR.name}/{path.name}" if path.parent.name == DAGS_DIR.name else str(path)


def effective(job: Job) -> dict[str, Any]:
    """Return what the job's YAML says, defaults included, and after which tasks each one comes; nothing empty."""
    found: dict[str, Any] = _filled(job.model_dump(mode="json", by_alias=True, exclude=_SAID_ABOVE))
    before = job.graph
    for name, task in found["tasks"].items():
        task["after"] = list(before[name])
    return found


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: kept for key, each in value.items() if (kept := _filled(each)) not in (None, [], {})}
    return [_filled(each) for each in value] if isinstance(value, list) else value


def _as_yaml(value: dict[str, Any]) -> str:
    yaml = YAML(typ="safe")
    yaml.default_flow_style = None  # what is innermost in a line
    yaml.width = 110
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # in the order of the models
    stream = io.StringIO()
    yaml.dump(value, stream)
    return stream.getvalue()
