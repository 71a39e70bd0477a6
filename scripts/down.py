"""`make down`: stop exactly what `make run` and `make up` started, by the recorded processes.

And what a `make notebook` has left that was killed.
"""

from __future__ import annotations

import sys

from airflow_processes import stop
from steps import NOTEBOOK_STATE_DIR, STATE_DIR

from mlb_data_platform import services
from mlb_data_platform.errors import PlatformError

if __name__ == "__main__":
    try:
        stopped = [*stop(), *services.down(STATE_DIR), *services.down(NOTEBOOK_STATE_DIR)]
    except PlatformError as error:
        sys.exit(f"error: {error}")
    print(f"stopped {', '.join(stopped)}" if stopped else "nothing was running")
