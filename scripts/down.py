"""`make down`: stop exactly what `make run` and `make up` started, by the recorded processes.

And what a `make notebook` has left that was killed.
"""

from __future__ import annotations

from airflow_processes import stop
from steps import NOTEBOOK_STATE_DIR, STATE_DIR, script

from mlb_data_platform import services


def main() -> None:
    """Stop it, and say what was running."""
    stopped = [*stop(), *services.down(STATE_DIR), *services.down(NOTEBOOK_STATE_DIR)]
    print(f"stopped {', '.join(stopped)}" if stopped else "nothing was running")


if __name__ == "__main__":
    script(main)
