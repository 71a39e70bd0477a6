"""The task `check`, which runs in Airflow itself: a run is green only when all it was asked for is in the tables."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException

from mlb_data_platform.jobs.each import GAME, Each
from mlb_data_platform.jobs.graph import LIST_GAMES
from mlb_data_platform.jobs.models import PresenceCheck
from mlb_data_platform.orchestration.assets import asset
from mlb_data_platform.orchestration.params import RunOptions

if TYPE_CHECKING:
    from mlb_data_platform.jobs.presence import Asked

_log = logging.getLogger(__name__)


def check(
    check: dict[str, Any] | None, each: dict[str, Any] | None, default_keys: dict[str, list[Any]], announces: list[str]
) -> None:
    """Announce the run's date as a partition of the assets `announces`, if all that was asked for is in the tables.

    A run for a date was asked for the items that are listed by now, too. Raises AirflowFailException naming every task
    of the run that failed and all that is missing.
    """
    context = get_current_context()
    wanted = PresenceCheck.model_validate(check) if check else None
    options = RunOptions.of(context)
    ti: Any = context["ti"]
    games: list[dict[str, Any]] = ti.xcom_pull(task_ids=LIST_GAMES) or []
    listed = {game[GAME]: game["label"] for game in games}
    states: dict[str, str | None] = ti.get_task_states(ti.dag_id, run_ids=[ti.run_id]).get(ti.run_id, {})

    problems = [*_failed(states, listed)]
    if wanted:
        asked = _asked_for(wanted, Each.model_validate(each) if each else None, options, default_keys, listed)
        problems += _missing(wanted, asked, listed)
    if problems:
        raise AirflowFailException("; ".join(problems))
    if wanted:
        _log.info("%s: all of %d asked for are there", wanted.table, len(asked))
    if not options.keys:  # a run for some items has not loaded its date
        for table in announces:
            context["outlet_events"][asset(table)].add_partitions(options.date)


def _asked_for(
    wanted: PresenceCheck,
    each: Each | None,
    options: RunOptions,
    default_keys: dict[str, list[Any]],
    listed: dict[int, str],
) -> list[Asked]:
    """What the run was asked for: as the tables list it by now, and what they listed when it began."""
    from mlb_data_platform.jobs.presence import Asked, asked_for, run_values
    from mlb_data_platform.orchestration.connections import connect_postgres

    keys = default_keys | dict(options.keys)
    run = {name: getattr(options, name) for name in run_values(wanted, each, keys)}
    with connect_postgres() as connection:
        now = asked_for(connection, wanted, each, run, keys)
    if GAME not in wanted.needs:
        return now
    known = {asked.values[GAME] for asked in now}
    return [Asked({**run, GAME: game_pk}, label) for game_pk, label in listed.items() if game_pk not in known] + now


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


def _missing(wanted: PresenceCheck, asked: list[Asked], listed: dict[int, str]) -> Iterator[str]:
    from mlb_data_platform.jobs.presence import absent, missing
    from mlb_data_platform.orchestration.connections import connect_postgres

    with connect_postgres() as connection:
        for each in absent(connection, wanted, asked):
            is_new = GAME in wanted.needs and each.values[GAME] not in listed
            since = f", which is listed only since this run began: clear {LIST_GAMES} with its downstream"
            yield missing(wanted, each) + (since if is_new else "")
