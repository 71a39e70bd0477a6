"""The task `check`, which runs in Airflow itself: a run is green only when all it was asked for is in the tables."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from airflow.sdk import Asset, get_current_context
from airflow.sdk.exceptions import AirflowFailException

from mlb_data_platform.jobs.graph import LIST_GAMES
from mlb_data_platform.jobs.models import PresenceCheck
from mlb_data_platform.orchestration.list_games import games_asked_for
from mlb_data_platform.orchestration.params import RunOptions

_log = logging.getLogger(__name__)


def check(check: dict[str, Any], fan_out: dict[str, Any] | None, announces: list[str]) -> None:
    """Announce the run's date as a partition of the assets `announces`, if all that was asked for is in the tables.

    A run for a date was asked for the games that are listed by now, too. Raises AirflowFailException naming every task
    of the run that failed and all that is missing.
    """
    context = get_current_context()
    wanted = PresenceCheck.model_validate(check)
    options = RunOptions.of(context)
    ti: Any = context["ti"]
    listed: dict[int, str] = {}
    since: dict[int, str] = {}
    if fan_out and wanted.value == "{game_pk}" and (games := ti.xcom_pull(task_ids=LIST_GAMES)) is not None:
        listed = {game["game_pk"]: game["label"] for game in games}
        since = {game["game_pk"]: game["label"] for game in games_asked_for(fan_out, options)}
    states: dict[str, str | None] = ti.get_task_states(ti.dag_id, run_ids=[ti.run_id]).get(ti.run_id, {})

    values = _values(wanted, options, listed | since)
    problems = [*_failed(states, listed), *_missing(wanted, values, listed, since)]
    if problems:
        raise AirflowFailException("; ".join(problems))
    _log.info("%s: all of %d asked for are there", wanted.table, len(values))
    if not options.game_pks:  # a run for some games has not loaded its date
        for asset in announces:
            context["outlet_events"][Asset(asset)].add_partitions(options.date)


def _values(wanted: PresenceCheck, options: RunOptions, labels: dict[int, str]) -> list[str]:
    match wanted.value:
        case "{game_pk}":
            return [str(game_pk) for game_pk in labels]
        case "{date}":
            return [options.date]
        case "{season}":
            return [str(options.season)]


def _failed(states: dict[str, str | None], labels: dict[int, str]) -> Iterator[str]:
    """Name each task that failed; `states` has TASK, and TASK_INDEX for a mapped one, in the order of the games."""
    games = list(labels.items())
    for key, state in sorted(states.items()):
        if state not in ("failed", "upstream_failed"):
            continue
        task_id, _, index = key.rpartition("_")
        if task_id and index.isdigit() and int(index) < len(games):
            game_pk, label = games[int(index)]
            yield f"{task_id} of {game_pk} ({label}): {state}"
        else:
            yield f"{key}: {state}"


def _missing(wanted: PresenceCheck, values: list[str], listed: dict[int, str], since: dict[int, str]) -> Iterator[str]:
    from mlb_data_platform.jobs.presence import absent
    from mlb_data_platform.orchestration.connections import connect_postgres

    with connect_postgres() as connection:
        for value in absent(connection, wanted, values):
            yield f"{wanted.table} has no {wanted.column} {value}{_about(value, wanted, listed, since)}"


def _about(value: str, wanted: PresenceCheck, listed: dict[int, str], since: dict[int, str]) -> str:
    """What people call the game, and what to do about one that no task of the run was for."""
    if wanted.value != "{game_pk}":
        return ""
    if (label := listed.get(int(value))) is not None:
        return f" ({label})"
    return f" ({since[int(value)]}), which is listed only since this run began: clear {LIST_GAMES} with its downstream"
