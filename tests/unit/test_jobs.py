"""The jobs of dags/: what their YAML may say, and what they ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.jobs.graph import Graph
from mlb_data_platform.jobs.load import job_files, load_job, producer_of, starter_of
from mlb_data_platform.jobs.models import Ingest, Settled
from mlb_data_platform.jobs.notifiers import Notifiers
from mlb_data_platform.yaml_models import YamlProblems, load_yaml

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
check: {table: a.b, columns: {day: "{date}"}}
"""


SPARK = "spark: {driver: {cores: 1, cpu: 250m, memory: 1g}, executor: {instances: 1, cores: 1, cpu: 250m, memory: 1g}}"


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
    [
        ("mlb_gam", "did you mean 'mlb_game'?"),
        ("x", f"valid: {', '.join(path.stem for path in job_files())}"),
    ],
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
        ('"{date}"]', '"{day}"]', 8, "unknown placeholder '{day}'; did you mean 'date'?; valid: {date}, {season}"),
        ('"{date}"]', '"x{keys_or_date}"]', 8, "write it as a word of its own"),
        ('"{date}"]', '"{game_pk}"]', 7, "needs 'each'"),
        ("    pod: {cpu: 100m, memory: 64Mi}\n", "", 7, "give one of pod, spark"),
        ('argv: [ingest, job, --date, "{date}"]', "sensor: game", 7, "leave out pod and spark"),
        ("    pool:", "    sensor: game\n    pool:", 7, "give one of argv, sensor"),
        ('argv: [ingest, job, --date, "{date}"]', "sensor: gam", 8, "unknown value 'gam'; did you mean 'game'?"),
        ("pod: {cpu: 100m, memory: 64Mi}", f"deferrable: true\n    {SPARK}", 7, "'deferrable' goes with 'pod'"),
        ("pod: {cpu: 100m, memory: 64Mi}", SPARK, 7, "has no Spark program in spark_jobs/; there are: "),
        ("  work:", "  game:", 6, "'game' is added by the platform"),
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


PARTITIONED = "schedule: {cron: '0 10 * * *', partition: previous_date}\n"


@pytest.mark.parametrize(
    ("lines", "line", "message"),
    [
        ("notify: [slack_dta]", 14, "notify.0: there is no notifier 'slack_dta' in notifiers.yaml; did you mean"),
        ("notify: [slack_data]\ndeadline: {at: '12:00'}", 15, "deadline: only a run of a date can be late"),
        (f"{PARTITIONED}deadline: {{at: '12:00'}}", 15, "deadline: nobody would be told: give 'notify'"),
        (f"{PARTITIONED}notify: [slack_data]\ndeadline: {{at: '25:00'}}", 16, "deadline.at: "),
    ],
)
def test_who_is_told_and_when_is_checked_where_it_is_written(
    tmp_path: Path, lines: str, line: int, message: str
) -> None:
    path = write(tmp_path, MINIMAL + lines + "\n")
    with pytest.raises(YamlProblems) as raised:
        load_job(path)
    (problem,) = raised.value.problems
    assert (problem.file, problem.line) == (path, line)
    assert problem.message.startswith(message)


def test_a_task_names_whom_it_tells_at_once(tmp_path: Path) -> None:
    text = MINIMAL.replace("    retries: 1\n", "    retries: 1\n    notify: [slack_data]\n")
    assert load_job(write(tmp_path, text)).tasks["work"].notify == ["slack_data"]


@pytest.mark.parametrize(
    ("notifier", "message"),
    [
        (
            "{class: a.B, connection: {conn_id: x}, arguments: {webhook_token: T0}}",
            "belongs into the Airflow connection",
        ),
        ("{class: a.B}", "Field required"),
        ("{clas: a.B, connection: {conn_id: x}}", "unknown key 'clas'; did you mean 'class'?"),
    ],
)
def test_a_notifier_has_a_class_and_a_connection_and_no_secret(tmp_path: Path, notifier: str, message: str) -> None:
    path = tmp_path / "notifiers.yaml"
    path.write_text(f"notifiers:\n  slack_data: {notifier}\n", encoding="utf-8")
    with pytest.raises(YamlProblems, match=r"notifiers\.yaml:2: ") as raised:
        load_yaml(path, Notifiers)
    assert message in str(raised.value)


def test_parameters_are_filled_in_and_keep_their_types() -> None:
    ingest = Ingest(mapping="a.b", parameters={"sportId": 1, "gamePk": "{game_pk}", "date": "{date}", "x": "s{season}"})
    values = {"game_pk": 7, "date": "2026-04-19", "season": 2026}
    assert ingest.needs == {"game_pk", "date", "season"}
    assert ingest.request_parameters(values) == {"sportId": 1, "gamePk": 7, "date": "2026-04-19", "x": "s2026"}


EACH = "each: {table: a.games, date: day, key: {game_pk: game_pk}, label: [away, home]}\n"


def task(name: str, *lines: str, argv: str = "[db, refresh]") -> str:
    """A task of a job's YAML, beginning with `lines`."""
    does = () if any(line.startswith("sensor") for line in lines) else (f"argv: {argv}", "pod: {cpu: 1m, memory: 1Mi}")
    rest = ("pool: mlb_api", "retries: 1", "timeout_minutes: 5")
    return "\n".join([f"  {name}:", *(f"    {line}" for line in (*lines, *does, *rest))]) + "\n"


def per_game(name: str, *lines: str) -> str:
    return task(name, *lines, argv='[live, follow, --game-pk, "{game_pk}"]')


def job_of(folder: Path, *tasks: str) -> Path:
    """A job with games and these tasks."""
    head, rest = MINIMAL.split("tasks:\n")
    return write(folder, f"{head}{EACH}tasks:\n{''.join(tasks)}{rest[rest.index('check:') :]}")


def graph_of(folder: Path, *tasks: str) -> Graph:
    return load_job(job_of(folder, *tasks)).graph


def test_a_task_comes_after_the_one_above_it_unless_it_says_otherwise(tmp_path: Path) -> None:
    assert graph_of(tmp_path, task("a"), task("b"), task("c", "after: [a]"), task("d", "after: []"), task("e")) == {
        "list_games": (),
        "a": ("list_games",),
        "b": ("a",),
        "c": ("a",),
        "d": (),
        "e": ("d",),
        "check": ("b", "c", "e"),
    }


def test_the_games_are_listed_right_before_the_first_task_that_needs_them(tmp_path: Path) -> None:
    listed_for_a_game = graph_of(tmp_path, task("a"), per_game("b"), task("c"))
    assert listed_for_a_game == {"a": (), "list_games": ("a",), "b": ("list_games",), "c": ("b",), "check": ("c",)}
    listed_by_name = graph_of(
        tmp_path, task("a"), task("b", "after: [list_games]"), per_game("c", "after: [list_games]")
    )
    assert listed_by_name["list_games"] == ("a",)
    assert listed_by_name["check"] == ("b", "c")


def test_several_tasks_per_game_form_a_group(tmp_path: Path) -> None:
    one = load_job(job_of(tmp_path, per_game("a"), task("b")))
    assert one.game_steps == ()
    assert one.task_id("a") == "a"
    two = load_job(job_of(tmp_path, per_game("a", "sensor: game"), per_game("b"), task("c")))
    assert two.game_steps == ("a", "b")
    assert [two.task_id(name) for name in two.tasks] == ["game.a", "game.b", "c"]


@pytest.mark.parametrize(
    ("tasks", "wrong", "message"),
    [
        ([task("aa"), task("bb", "after: [ab]")], "bb", "there is no task 'ab'; did you mean 'aa'?"),
        ([task("a", "after: [a]")], "a", "'a' does not stand above it"),
        ([task("a", "after: [b]"), task("b", "after: [a]")], "a", "'b' does not stand above it"),
        (
            [per_game("a"), task("b"), per_game("c")],
            "c",
            "'b' comes after all games, which a task of one game cannot wait for",
        ),
        (
            [per_game("a"), per_game("b"), task("c", "after: [a]")],
            "c",
            "'a' is a step on the way of each game; name the last one",
        ),
    ],
)
def test_a_graph_that_cannot_be_is_refused_where_it_is_written(
    tmp_path: Path, tasks: list[str], wrong: str, message: str
) -> None:
    path = job_of(tmp_path, *tasks)
    with pytest.raises(YamlProblems) as caught:
        load_job(path)
    (problem,) = caught.value.problems
    assert problem.message.startswith(f"tasks.{wrong}.after: {message}")
    written = path.read_text(encoding="utf-8").splitlines()[problem.line - 1]
    assert written.lstrip().startswith(("after:", f"{wrong}:"))


@pytest.mark.parametrize(
    ("job", "starter"),
    [("mlb_people", "mlb_schedule"), ("mlb_game", "mlb_schedule"), ("mlb_leaders", "mlb_leaders")],
)
def test_the_clock_starts_each_job_through_what_other_jobs_produce(job: str, starter: str) -> None:
    found = starter_of(load_job(job))
    assert found is not None
    assert found.name == starter


def test_nothing_starts_a_job_without_a_schedule(tmp_path: Path) -> None:
    assert starter_of(load_job(write(tmp_path, MINIMAL))) is None
