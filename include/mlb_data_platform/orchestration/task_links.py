"""Where a task's page in Airflow leads: to its game in Ballpark, and to the commands with which one goes on from it.

The API server asks for them, of the tasks of every DAG it knows; those of ours are told by their template fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.configuration import conf
from airflow.sdk import BaseOperatorLink

from mlb_data_platform.jobs.each import GAME
from mlb_data_platform.jobs.graph import LIST_GAMES

if TYPE_CHECKING:
    from airflow.models.taskinstancekey import TaskInstanceKey


class GameLink(BaseOperatorLink):
    """From a task per game to that game's page in Ballpark."""

    name = "Game in Ballpark"
    anchor = ""

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:  # type: ignore[override]
        """Return the page's address; nothing where the task is not about one game. One query, of a row by its key."""
        if "game" not in operator.template_fields or ti_key.map_index < 0:
            return ""
        games = _listed_games(ti_key)
        if ti_key.map_index >= len(games):
            return ""
        return f"{_base()}/ballpark/game/{games[ti_key.map_index][GAME]}{self.anchor}"


class CapturesLink(GameLink):
    """From a task per game to that game's captures, in the same page."""

    name = "Captures in Ballpark"
    anchor = "#captures"


class CommandsLink(BaseOperatorLink):
    """From a task to its rendered templates: the commands that repair it and list its raw captures stand there."""

    name = "Commands: repair, raw captures"

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:  # type: ignore[override]
        """Return the page's address; nothing for a task that is none of ours."""
        if "commands" not in operator.template_fields:
            return ""
        task = f"{_base()}/dags/{ti_key.dag_id}/runs/{quote(ti_key.run_id, safe='')}/tasks/{ti_key.task_id}"
        mapped = f"/mapped/{ti_key.map_index}" if ti_key.map_index >= 0 else ""
        return f"{task}{mapped}/rendered_templates"


def _listed_games(ti_key: TaskInstanceKey) -> list[dict[str, Any]]:
    """The games of the task's run, in the order of the map indexes; none where they are not listed (yet)."""
    from airflow.models.xcom import XCOM_RETURN_KEY, XComModel
    from airflow.utils.session import create_session

    query = XComModel.get_many(
        run_id=ti_key.run_id, dag_ids=ti_key.dag_id, task_ids=LIST_GAMES, key=XCOM_RETURN_KEY, limit=1
    )
    with create_session() as session:
        row = session.scalar(query)
        return list(XComModel.deserialize_value(row)) if row else []


def _base() -> str:
    """Where the API server is for people; nothing, so that links are relative to it, where its settings do not say."""
    return str(conf.get("api", "base_url", fallback="")).rstrip("/")
