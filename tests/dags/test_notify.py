"""Who is told what of a failure or a missed deadline: through real notifiers, a real webhook and a real mail server."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("airflow", reason="the DAGs' tests run in Airflow's environment (.venv)")

from mlb_data_platform.errors import TransientError
from mlb_data_platform.jobs.load import job_files, load_job
from mlb_data_platform.jobs.notifiers import notifiers
from mlb_data_platform.orchestration.deadline import midnight
from mlb_data_platform.orchestration.notify import NotifyOfFailure
from tests.dags.conftest import DAGS_DIR
from tests.dags.runs import GAME, context
from tests.sinks import Mailbox, Webhook, mailbox, webhook

RUN = "asset_triggered__2026-04-20T10:01:00+00:00_x"
LOG = f"http://localhost:8080/dags/mlb_game/runs/{RUN}/tasks/"


@pytest.fixture
def mail(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    with mailbox() as sink:
        monkeypatch.setenv("AIRFLOW_CONN_MAIL_DATA", sink.connection())
        yield sink


def failed(task_id: str, error: str | None, game: dict[str, Any] | None = None) -> Any:
    """What Airflow gives to the callback of a task that has failed for good."""
    ti = SimpleNamespace(dag_id="mlb_game", run_id=RUN, task_id=task_id, log_url=LOG + task_id)
    return context(date="2026-04-19") | {
        "ti": ti,
        "task": SimpleNamespace(game=game),
        "exception": error and RuntimeError(error),
    }


def test_the_failure_of_a_run_is_told_with_what_its_check_says(slack: Webhook) -> None:
    NotifyOfFailure(("slack_data",))(failed("check", "ingest of 7 (A @ B): failed"))
    assert slack.posted == [
        (
            "/services/T0/B0/s3cret",
            {
                "text": "mlb_game 2026-04-19 failed\n"
                "ingest of 7 (A @ B): failed\n"
                f"log: {LOG}check\n"
                f"next: mlb-etl workflow status mlb_game --run {RUN}"
            },
        )
    ]


def test_the_failure_of_a_game_is_told_with_its_repair(slack: Webhook) -> None:
    NotifyOfFailure(("slack_data",))(failed("game.follow", None, GAME))
    (text,) = slack.texts
    assert text.splitlines()[0] == "mlb_game 2026-04-19: follow of 1000001 (Away @ Home) failed"
    assert text.splitlines()[1] == "it was ended before it could say why"
    assert f"next: mlb-etl workflow clear mlb_game --run {RUN} --task follow --game-pk 1000001" in text


def test_a_mail_has_the_line_as_its_subject_and_the_rest_as_it_is(mail: Mailbox) -> None:
    NotifyOfFailure(("mail_data",))(failed("transform", "<b> & exit code 1"))
    (sent,) = mail.mails
    assert sent["To"] == "data@example.org"
    assert sent["From"] == "airflow@example.org"
    assert sent["Subject"] == "mlb_game 2026-04-19: transform failed"
    (part,) = [part for part in sent.walk() if part.get_content_type() == "text/html"]
    assert "&lt;b&gt; &amp; exit code 1" in part.get_payload(decode=True).decode()  # type: ignore[union-attr]


def test_a_notifier_that_is_away_keeps_no_other_from_telling(slack: Webhook, mail: Mailbox) -> None:
    slack.answers = 500
    with pytest.raises(ExceptionGroup, match="not told: mlb_game 2026-04-19 failed") as raised:
        NotifyOfFailure(("slack_data", "mail_data"))(failed("check", "x"))
    (error,) = raised.value.exceptions
    assert isinstance(error, TransientError)
    assert "500" in str(error)
    assert "s3cret" not in str(error)
    assert len(mail.mails) == 1


def test_no_error_tells_the_secret_of_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with webhook() as gone:
        monkeypatch.setenv("AIRFLOW_CONN_SLACK_DATA", gone.connection())
    with pytest.raises(ExceptionGroup) as raised:
        NotifyOfFailure(("slack_data",))(failed("check", "x"))
    (error,) = raised.value.exceptions
    assert "ConnectError" in str(error)
    assert "s3cret" not in str(error)
    assert error.__cause__ is None
    assert error.__suppress_context__


def test_without_a_connection_nobody_is_told_and_the_log_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "mlb_data_platform"):
        NotifyOfFailure(("slack_data",))(failed("check", "x"))
    assert "slack_data tells nobody: there is no connection slack_data: mlb_game 2026-04-19 failed" in caplog.text


def test_where_airflow_shows_a_callback_no_connection_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Airflow answers so to the callback of a deadline, whether there is such a connection in its database or not."""
    from airflow.sdk.exceptions import ErrorType
    from airflow.sdk.execution_time import task_runner
    from airflow.sdk.execution_time.comms import ErrorResponse

    denied = SimpleNamespace(send=lambda _: ErrorResponse(error=ErrorType.PERMISSION_DENIED))
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", denied, raising=False)
    with caplog.at_level(logging.WARNING, "mlb_data_platform"):
        NotifyOfFailure(("slack_data",))(failed("check", "x"))
    assert "slack_data tells nobody: there is no connection slack_data in the environment" in caplog.text


def test_a_deadline_counts_from_the_runs_date_and_nobody_waits_for_history() -> None:
    noon = datetime(2026, 4, 20, 12, tzinfo=UTC)
    assert midnight("2026-04-19", noon) == datetime(2026, 4, 19, tzinfo=UTC)
    assert midnight("2026-04-19", noon + timedelta(days=2)) is None
    assert midnight(None, noon) is None
    assert midnight("a day", noon) is None


def test_yesterday_is_to_be_loaded_by_noon() -> None:
    due = {path.stem: load_job(path).deadline for path in job_files(DAGS_DIR)}
    assert {name: deadline.after_midnight for name, deadline in due.items() if deadline} == {
        "mlb_schedule": timedelta(days=1, hours=12),
        "mlb_game": timedelta(days=1, hours=12),
    }


def test_every_notifier_of_the_project_is_one_of_airflows() -> None:
    import pkgutil

    from airflow.sdk import BaseNotifier

    for name, notifier in notifiers().items():
        assert issubclass(pkgutil.resolve_name(notifier.path), BaseNotifier), name
