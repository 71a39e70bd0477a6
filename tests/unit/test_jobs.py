"""The jobs of dags/: what their YAML may say, and what they ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.jobs.load import job_files, load_job, producer_of
from mlb_data_platform.jobs.models import Ingest, Settled
from mlb_data_platform.yaml_models import YamlProblems

MINIMAL = """\
name: job
description: A job
doc: What it does, at some length, for the people who look at it.
owner: someone
tags: [mlb]
tasks:
  work:
    argv: [ingest, job, --date, "{date}"]
    pool: mlb_api
    retries: 1
    timeout_minutes: 5
    pod: {cpu: 100m, memory: 64Mi}
check: {table: a.b, column: day, value: "{date}"}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "job.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_job_of_the_project_loads() -> None:
    assert {"mlb_season", "mlb_schedule", "mlb_game"} <= {load_job(path).name for path in job_files()}


def test_a_job_is_found_by_name_and_by_path(tmp_path: Path) -> None:
    assert load_job("mlb_game").name == "mlb_game"
    assert load_job(write(tmp_path, MINIMAL)).name == "job"


def test_the_job_that_loads_a_table_is_found() -> None:
    job = producer_of("schedule.games")
    assert job is not None
    assert job.name == "mlb_schedule"
    assert producer_of("no.such_table") is None


@pytest.mark.parametrize(
    ("objects", "holds"),
    [([], True), ([{"code": "F"}, {"code": "C"}], True), ([{"code": "F"}, {"code": "I"}], False), ([{}], False)],
)
def test_settled_is_what_has_one_of_the_values_everywhere(objects: list[object], holds: bool) -> None:
    settled = Settled(path="$.games[*].status.code", values=["F", "C"])
    assert settled.objects == "$.games[*].status"
    assert settled.holds(objects) is holds


def test_what_is_settled_is_told_by_a_key() -> None:
    with pytest.raises(ValueError, match=r"must end with the name of a key"):
        Settled(path="$.games[*]", values=["F"])


@pytest.mark.parametrize(
    ("name", "hint"),
    [("mlb_gam", "did you mean 'mlb_game'?"), ("x", "valid: mlb_game, mlb_schedule, mlb_schedule_today, mlb_season")],
)
def test_a_job_that_is_not_there_is_named_with_the_nearest_or_those_that_are(name: str, hint: str) -> None:
    with pytest.raises(BadInputError) as caught:
        load_job(name)
    assert str(caught.value).startswith(f"there is no job '{name}' in ")
    assert str(caught.value).endswith(f"; {hint}")


@pytest.mark.parametrize(
    ("right", "wrong", "line", "message"),
    [
        ("owner:", "ownr:", 4, "unknown key 'ownr'; did you mean 'owner'?"),
        ("pool: mlb_api", "pool: api", 9, "there is no pool 'api'; there are: mlb_api"),
        ("retries: 1", "retires: 1", 10, "unknown key 'retires'; did you mean 'retries'?"),
        ('"{date}"]', '"{day}"]', 8, "unknown placeholder '{day}'; valid: {date}"),
        ('"{date}"]', '"x{games}"]', 8, "write it as a word of its own"),
        ('"{date}"]', '"{game_pk}"]', 7, "needs 'fan_out'"),
        ("    pod: {cpu: 100m, memory: 64Mi}\n", "", 7, "give one of pod, spark"),
        ("memory: 64Mi", "memory: 64M", 12, "memory"),
        ("  work:", "  check:", 6, "'check' is added by the platform"),
        ("check:", "schedule: {}\ncheck:", 13, "give one of cron, assets"),
        ("name: job", "name: other", 1, "is named job but describes other"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, right: str, wrong: str, line: int, message: str) -> None:
    assert right in MINIMAL
    path = write(tmp_path, MINIMAL.replace(right, wrong, 1))
    with pytest.raises(YamlProblems) as caught:
        load_job(path)
    assert any(message in str(problem) for problem in caught.value.problems), caught.value
    assert line in {problem.line for problem in caught.value.problems}, caught.value


def test_parameters_are_filled_in_and_keep_their_types() -> None:
    ingest = Ingest(mapping="a.b", parameters={"sportId": 1, "gamePk": "{game_pk}", "date": "{date}", "x": "s{season}"})
    values = {"game_pk": 7, "date": "2026-04-19", "season": 2026}
    assert ingest.needs == {"game_pk", "date", "season"}
    assert ingest.request_parameters(values) == {"sportId": 1, "gamePk": 7, "date": "2026-04-19", "x": "s2026"}
