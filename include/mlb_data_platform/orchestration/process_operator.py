"""A task as a process on this machine: what MLB_RUNTIME=process runs instead of a pod."""

from __future__ import annotations

import os
import signal
import subprocess  # nosec B404
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from airflow.providers.standard.hooks.subprocess import SubprocessHook
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.orchestration.argv import Argv
from mlb_data_platform.orchestration.connections import connection_environment
from mlb_data_platform.orchestration.task_page import SHOWN_FIELDS, ShownOperator
from mlb_data_platform.settings import PROJECT_DIR

if TYPE_CHECKING:
    from airflow.sdk import Context

MLB_ETL = PROJECT_DIR / ".venv-jobs" / "bin" / "mlb-etl"
GRACE_SECONDS = 10


class ProcessOperator(ShownOperator):
    """Runs `mlb-etl` with `argv`, never through a shell; its output is the task's log.

    Exit code 0 is success, 2 fails the task for good, everything else is worth the retries that are left.
    """

    template_fields: Sequence[str] = ("game", "argv", *SHOWN_FIELDS)  # in this order: the others may ask for the game
    ui_color = "#d9e8f6"

    def __init__(self, *, argv: Argv, game: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.argv = argv
        self.game = game

    @cached_property
    def hook(self) -> SubprocessHook:
        """The hook that starts the process, in a session of its own so that it can be ended with its children."""
        return SubprocessHook()

    def execute(self, context: Context) -> None:
        """Run the program to its end. Raises AirflowFailException for exit code 2, AirflowException for others."""
        if not MLB_ETL.is_file():
            raise AirflowFailException(f"{MLB_ETL} is missing: run `make setup`")
        words = cast(list[str], self.argv)  # rendered by now
        result = self.hook.run_command([str(MLB_ETL), *words], env=_environment(), cwd=str(PROJECT_DIR))
        if result.exit_code == 0:
            return
        message = f"exit code {result.exit_code}: {result.output}"
        if result.exit_code == BadInputError.exit_code:
            raise AirflowFailException(message)
        raise AirflowException(message)

    def on_kill(self) -> None:
        """End the process and its children: politely, then for certain."""
        process = self.hook.sub_process
        if process is None or process.poll() is not None:
            return
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=GRACE_SECONDS)
        with suppress(ProcessLookupError):  # all of the group are gone, as they should be
            os.killpg(process.pid, signal.SIGKILL)


def _environment() -> dict[str, str]:
    """Airflow's environment without what is Airflow's own, and with the connections' settings."""
    inherited = {name: value for name, value in os.environ.items() if not name.lstrip("_").startswith("AIRFLOW")}
    return inherited | connection_environment()
