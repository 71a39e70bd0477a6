"""`mlb-etl rebuild`: tables are derived, and can be derived again."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import Annotated, Any

import typer

from mlb_data_platform.cli.options import AsJson, Endpoints


class Origin(StrEnum):
    """Where the captures are read."""

    raw = "raw"
    archive = "archive"


def command(
    endpoints: Endpoints = None,
    season: Annotated[
        int | None, typer.Option(min=1876, max=2100, help="Only this season, each game in a transaction of its own.")
    ] = None,
    origin: Annotated[
        Origin, typer.Option("--from", help="The raw tier, or the archive, which first gives it what it lacks.")
    ] = Origin.raw,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what the mappings in force have made, and not only other ones.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Derive tables anew beside those that are read, compare, and replace what differs in one transaction.

    Example: mlb-etl rebuild game.live_game_v1 --all
    """
    from mlb_data_platform.cli.output import finish, progress
    from mlb_data_platform.errors import BadInputError
    from mlb_data_platform.mapping.load import all_mappings, load_mapping
    from mlb_data_platform.rebuild.archived import restore_contents, restore_rows
    from mlb_data_platform.rebuild.run import apply_pending, in_order, rebuild, rebuild_season
    from mlb_data_platform.settings import settings
    from mlb_data_platform.storage.database import session
    from mlb_data_platform.storage.executions import recorded
    from mlb_data_platform.storage.views import refresh_views
    from mlb_data_platform.transform.selection import Selection, has_seasons

    named = [load_mapping(name) for name in dict.fromkeys(endpoints or ())]
    mappings = in_order(named or [each for each in all_mappings() if not season or has_seasons(each)], season)
    arguments = {"endpoints": endpoints or [], "season": season, "from": origin.value, "all": everything}
    comparisons = []
    started = time.monotonic()
    with recorded("rebuild", arguments) as execution:
        if origin is Origin.archive:
            with progress("rebuild: rows of the archive") as report:
                restore_rows(named, settings(), report)
        for mapping in mappings:
            with progress(f"rebuild {mapping.name}") as report, execution.going_on_after(BadInputError):
                if season:
                    rebuild_season(mapping, season, execution, report, everything=everything)
                elif comparison := rebuild(mapping, execution, report, everything=everything):
                    comparisons.append(comparison.as_json())
        with session(autocommit=True) as connection:
            refresh_views(connection)
        seconds = round(time.monotonic() - started, 1)
        if origin is Origin.archive:
            with progress("rebuild: contents of the archive") as report:
                missed = restore_contents(named, settings(), execution, report)
            for mapping in mappings if missed else ():  # by a fault that has passed
                with progress(f"rebuild {mapping.name}") as report, execution.going_on_after(BadInputError):
                    apply_pending(mapping, Selection(season=season), execution, report)
    details: dict[str, Any] = {"seconds": seconds, **({"tables": comparisons} if as_json else {})}
    finish("rebuild", execution, details, as_json=as_json)
