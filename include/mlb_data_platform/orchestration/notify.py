"""Tells people of failures and missed deadlines, through the notifiers that a job names."""

from __future__ import annotations

import logging
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSecretsBackendAccessDenied

from mlb_data_platform.jobs.notifiers import notifiers
from mlb_data_platform.jobs.run_date import date_of_told_run
from mlb_data_platform.orchestration.connections import find_connection

if TYPE_CHECKING:
    from airflow.sdk import Context

    from mlb_data_platform.orchestration.notices import Message

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class NotifyOfFailure:
    """The `on_failure_callback` of a task: Airflow calls it when the task has failed for good."""

    names: tuple[str, ...]

    def __call__(self, context: Context) -> None:
        """Tell it through all the notifiers. Raises what those raise that could not, all at once."""
        from mlb_data_platform.orchestration.notices import of_failure

        _tell(self.names, of_failure(context), dict(context))


def notify_of_missed_deadline(names: Sequence[str], context: Mapping[str, Any]) -> None:
    """Tell through all the notifiers of a run that is late, but not where its date is loaded all the same.

    Airflow's executor calls it (orchestration/deadline.py).
    """
    from mlb_data_platform.orchestration.late_run import is_loaded
    from mlb_data_platform.orchestration.notices import of_missed_deadline

    run = context["dag_run"]
    unknown = None
    try:
        if is_loaded(run):
            of_date = f"{run['dag_id']} {date_of_told_run(run)}"
            _log.info("nobody is told: %s is loaded by now, its run is %s", of_date, run["state"])
            return
    except Exception as error:  # whatever keeps it from being known keeps nobody from being told
        unknown = error
    _tell(names, of_missed_deadline(context, unknown), dict(context))


def _tell(names: Sequence[str], message: Message, context: dict[str, Any]) -> None:
    errors = []
    for name in names:
        try:
            _tell_one(name, message, context)
        except Exception as error:  # one that is away keeps no other from telling it
            errors.append(error)
    if errors:
        raise ExceptionGroup(f"not told: {message.subject}", errors)


def _tell_one(name: str, message: Message, context: dict[str, Any]) -> None:
    notifier = notifiers()[name]
    try:
        connection = find_connection(notifier.conn_id)
        where = ""
    except AirflowSecretsBackendAccessDenied:  # to a deadline's callback, which may read none of Airflow's database
        connection = None
        where = " in the environment, and Airflow shows a deadline's callback no other"
    if connection is None:
        _log.warning("%s tells nobody: there is no connection %s%s: %s", name, notifier.conn_id, where, message.subject)
        return
    made = pkgutil.resolve_name(notifier.path)(**notifier.connection, **notifier.arguments)
    made(context | {"message": message, "connection": connection})
    _log.info("%s was told: %s", name, message.subject)
