"""The task `list_games`, which runs in Airflow itself: the games that the mapped tasks of a run are for."""

from __future__ import annotations

from datetime import date
from typing import Any

from airflow.sdk import get_current_context

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.jobs.each import GAME, Each
from mlb_data_platform.orchestration.params import RunOptions


def list_games(each: dict[str, Any], of_one_date: bool) -> list[dict[str, Any]]:
    """Return the games of the run as [{game_pk, label}]: those of param `game_pks`, else those of its date.

    Raises BadInputError where they must be `of_one_date`, the run's, and the schedule lists one for others only.
    """
    options = RunOptions.of(get_current_context())
    if of_one_date:
        _refuse_games_of_other_dates(each, options)
    return games_asked_for(each, options)


def games_asked_for(each: dict[str, Any], options: RunOptions) -> list[dict[str, Any]]:
    """Return the games that a run with these options asks for, as the schedule lists them by now."""
    from mlb_data_platform.jobs.items import items, items_by_key
    from mlb_data_platform.orchestration.connections import connect_postgres

    source = Each.model_validate(each)
    with connect_postgres() as connection:
        if game_pks := options.keys.get(GAME):
            games = items_by_key(connection, source, [{GAME: game_pk} for game_pk in game_pks])
        else:
            day = date.fromisoformat(options.date)
            games = items(connection, source, day, day, known_too=options.force)
    return [{**game.key, "label": game.label} for game in games]


def _refuse_games_of_other_dates(each: dict[str, Any], options: RunOptions) -> None:
    """In the evening of the US, the date of a run that somebody starts without one is tomorrow's."""
    from mlb_data_platform.jobs.items import dates_of
    from mlb_data_platform.orchestration.connections import connect_postgres

    day, game_pks = date.fromisoformat(options.date), options.keys.get(GAME, ())
    with connect_postgres() as connection:
        dates = dates_of(connection, Each.model_validate(each), game_pks)
    unlisted = [
        f"{game_pk} (listed for {', '.join(map(str, dates.get(int(game_pk), []))) or 'no date'})"
        for game_pk in game_pks
        if day not in dates.get(int(game_pk), [])
    ]
    if unlisted:
        raise BadInputError(
            f"this run is of {day}, for which the schedule does not list game_pk {', '.join(unlisted)}:"
            " give param `date`, and only games of that date"
        )
