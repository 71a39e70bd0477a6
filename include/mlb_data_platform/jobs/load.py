"""Finds and loads the jobs of `dags/`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from mlb_data_platform.errors import BadInputError, nearest
from mlb_data_platform.jobs.models import Job
from mlb_data_platform.settings import DAGS_DIR
from mlb_data_platform.yaml_models import Problem, YamlProblems, load_yaml


def job_files(folder: Path = DAGS_DIR) -> list[Path]:
    """Return the YAML files of all jobs in `folder`, sorted."""
    return sorted(folder.glob("*.yaml"))


def all_jobs(folder: Path = DAGS_DIR) -> list[Job]:
    """Return every job of `folder`, sorted by name. Raises YamlProblems of the first bad one."""
    return [load_job(file) for file in job_files(folder)]


def load_job(name_or_path: str | Path) -> Job:
    """Return the job of that name in `dags/`, or in the YAML file at that path.

    Raises YamlProblems (file, line, key, nearest) where the file does not fit, BadInputError where there is none.
    """
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        path = DAGS_DIR / f"{name_or_path}.yaml"
        if not path.is_file():
            known = [file.stem for file in job_files()]
            raise BadInputError(f"there is no job '{name_or_path}' in {DAGS_DIR}{nearest(str(name_or_path), known)}")
    job = load_yaml(path, Job)
    if job.name != path.stem:
        raise YamlProblems([Problem(path, 1, f"is named {path.stem} but describes {job.name}")])
    return job


def producer_of(table: str, jobs: Iterable[Job] | None = None) -> Job | None:
    """Return the job of `jobs` that asks the Stats API for what `table` is made of, None if there is none.

    Without `jobs` it is one of those of `dags/`.
    """
    if jobs is None:
        jobs = map(load_job, job_files())  # one by one: none is read after it
    return next((job for job in jobs if job.ingests and table in job.produces), None)


def followers_of(job: Job, jobs: Sequence[Job]) -> list[Job]:
    """Return those of `jobs` that the runs of `job` lead to by the tables it produces, be it through others of them."""
    tables, found = set(job.produces), [job]
    while more := [each for each in jobs if each.schedule and tables & set(each.schedule.assets) and each not in found]:
        found += more
        tables.update(*(each.produces for each in more))
    return found[1:]


def starter_of(job: Job, jobs: Sequence[Job] | None = None) -> Job | None:
    """Return the job of `jobs` whose runs, by the clock, lead to those of `job`, None if nothing starts it.

    Without `jobs` it is one of those of `dags/`.
    """
    found: Job | None = job
    for _ in job_files():
        if not (found and found.schedule and found.schedule.assets):
            break
        found = producer_of(found.schedule.assets[0], jobs)
    return found if found and found.schedule and found.schedule.cron else None
