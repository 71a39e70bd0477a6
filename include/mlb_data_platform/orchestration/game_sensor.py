"""The task that waits, without a worker, until a game begins or nobody would notice that it does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowException, AirflowSensorTimeout, AirflowSkipException, TaskDeferralTimeout

from mlb_data_platform.orchestration.params import RunOptions
from mlb_data_platform.orchestration.task_page import SHOWN_FIELDS, ShownOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from mlb_data_platform.orchestration.game_trigger import GameTrigger


class GameSensor(ShownOperator):
    """Waits while a game of the run's date, or the first of them, is `ahead` and somebody keeps the schedule fresh.

    It asks PostgreSQL, never the API. However the waiting ends, the task succeeds and says why: what follows it finds
    out what became of the game. It fails where PostgreSQL is away for too long, worth its retries, and for good where
    the wait takes longer than its `execution_timeout`.
    """

    template_fields: Sequence[str] = ("game", "games", *SHOWN_FIELDS)
    ui_color = "#e6f1f2"

    def __init__(
        self, *, each: dict[str, Any], game: dict[str, Any] | None = None, games: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.each = each
        self.game = game
        self.games = games  # of the run, from `list_games`; where there are none, what comes after it has nothing to do

    def execute(self, context: Context) -> None:
        """Return if there is nothing to wait for, else defer. Raises TransientError where PostgreSQL is away."""
        if self.games == []:
            raise AirflowSkipException("the run has no games")
        from mlb_data_platform.orchestration.connections import connect_postgres
        from mlb_data_platform.storage.database import errors_for_people

        trigger = self._trigger(context)
        question = trigger.question
        with errors_for_people(), connect_postgres() as connection:
            slate = question.answer(connection.execute(question.query, question.parameters))
        if ending := trigger.ending(slate):
            self.log.info(ending)
            return
        self.log.info("%s is ahead: waiting for it", trigger.name)
        # Airflow holds to the task's own timeout only what runs on a worker.
        self.defer(trigger=trigger, method_name="resume", timeout=self.execution_timeout)

    def resume(self, context: Context, event: Any) -> None:
        """Take over where the trigger could not end the task: after an error, and in `airflow dags test`.

        Raises AirflowException with the error.
        """
        if isinstance(event, dict):
            raise AirflowException(event["error"])

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Do what Airflow does. Raises AirflowSensorTimeout, which is not retried, where the wait took too long."""
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except TaskDeferralTimeout:
            raise AirflowSensorTimeout(
                f"{self._trigger(context).name} is still ahead after {self.execution_timeout}"
            ) from None

    def _trigger(self, context: Context) -> GameTrigger:
        from mlb_data_platform.orchestration.game_trigger import GameTrigger

        return GameTrigger(each=self.each, day=RunOptions.of(context).date, game=self.game)
