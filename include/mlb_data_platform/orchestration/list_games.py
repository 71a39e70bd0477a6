"""The task `list_games`, which runs in Airflow itself: the games that the mapped tasks of a run are for."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from airflow.sdk import get_current_context

from mlb_data_platform.jobs.models import FanOut
from mlb_data_platform.orchestration.params import RunOptions


def list_games(fan_out: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the games of the run as [{game_pk, label}]: those of param `game_pks`, else those of its date."""
    return games_asked_for(fan_out, RunOptions.of(get_current_context()))


def games_asked_for(fan_out: dict[str, Any], options: RunOptions) -> list[dict[str, Any]]:
    """Return the games that a run with these options asks for, as the schedule lists them by now."""
    from mlb_data_platform.jobs.games import games_by_pk, games_of_date
    from mlb_data_platform.orchestration.connections import connect_postgres

    source = FanOut.model_validate(fan_out)
    with connect_postgres() as connection:
        if options.game_pks:
            games = games_by_pk(connection, source, options.game_pks)
        else:
            games = games_of_date(connection, source, options.date)
    return [asdict(game) for game in games]
