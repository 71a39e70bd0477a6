"""`airflow_server.py [MOMENT]`: Airflow's API server as `make up` has it, its database made before.

One process does what takes `airflow db migrate`, `airflow dags reserialize` and `airflow api-server` half a minute
more, most of it to import Airflow. With a moment, that is the page's time for ever: pictures of it are alike.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime, tzinfo
from urllib.parse import urlsplit

import uvicorn
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
from airflow.utils.db import initdb


def main() -> None:
    """Serve at MLB_AIRFLOW_URL."""
    initdb()
    DagBundlesManager().sync_bundles_to_db()
    folder = os.environ["AIRFLOW__CORE__DAGS_FOLDER"]
    bag = DagBag(folder, bundle_path=folder, bundle_name="dags-folder")
    assert not bag.import_errors
    sync_bag_to_db(bag, "dags-folder", None)
    from airflow.api_fastapi.main import app  # it is made as it is imported

    if len(sys.argv) > 1:
        stop_the_clock(datetime.fromisoformat(sys.argv[1]))
    uvicorn.run(app, port=urlsplit(os.environ["MLB_AIRFLOW_URL"]).port, log_level="warning", log_config=None)


def stop_the_clock(moment: datetime) -> None:
    """Let it be `moment` wherever the page asks for the time."""
    from mlb_data_platform.web import clock, rendering

    class Stopped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Stopped:
            return cls.fromtimestamp(moment.timestamp(), tz)

    for module in (clock, rendering):
        module.datetime = Stopped  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
