"""What Airflow must load to understand the platform's DAGs, to keep to its terms and to show its page."""

from __future__ import annotations

import logging
from functools import cached_property
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from mlb_data_platform.orchestration.backfill_terms import BackfillTerms
from mlb_data_platform.orchestration.deadline import BaseballDateDeadline
from mlb_data_platform.orchestration.page_address import PageAddress
from mlb_data_platform.orchestration.task_links import CapturesLink, CommandsLink, GameLink
from mlb_data_platform.orchestration.timetable import BaseballDateTimetable


class MlbPlugin(AirflowPlugin):
    """What DAGs are made of, the links of their tasks, the guard of the API server, and Ballpark in the navigation."""

    name = "mlb"
    timetables = [BaseballDateTimetable]
    deadline_references = [BaseballDateDeadline]
    # Of all operators: none has to be imported for them.
    global_operator_extra_links = [GameLink(), CapturesLink(), CommandsLink()]
    fastapi_root_middlewares = [
        {"name": "terms of bulk backfills", "middleware": BackfillTerms},
        {"name": "address of Ballpark", "middleware": PageAddress},
    ]
    external_views = [
        {
            "name": "Ballpark",
            "href": "ballpark/",
            "url_route": "ballpark",
            "destination": "nav",
            "icon": "ballpark/static/icon.svg",
            "icon_dark_mode": "ballpark/static/icon-dark.svg",
        }
    ]

    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]  # Airflow only reads it
        """Only the API server asks for it: no other process imports the page."""
        return [{"name": "Ballpark", "app": _ballpark(), "url_prefix": "/ballpark"}]


def _ballpark() -> Any:
    try:
        from mlb_data_platform.web.app import application

        return application()
    except Exception:  # whatever it is: Airflow starts, and nobody gets anything
        logging.getLogger(__name__).exception("Ballpark cannot be imported: /ballpark is closed")
        return _closed


async def _closed(scope: Any, receive: Any, send: Any) -> None:
    from starlette.responses import PlainTextResponse

    words = "Ballpark is closed: it could not be imported. The log of Airflow's API server says why.\n"
    await PlainTextResponse(words, status_code=503)(scope, receive, send)
