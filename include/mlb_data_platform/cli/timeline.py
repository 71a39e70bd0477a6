"""`mlb-etl timeline`: the captures of a game, and what each of them changed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlb_data_platform.cli.options import AsJson
from mlb_data_platform.errors import BadInputError

if TYPE_CHECKING:
    from mlb_data_platform.history.differences import Version


def command(
    game_pk: Annotated[int, typer.Argument(min=1, max=2**63 - 1, metavar="GAME_PK", help="The game.")],
    since: Annotated[
        int | None, typer.Option("--from", metavar="RAW_ID", help="List what changed from this capture on ...")
    ] = None,
    until: Annotated[int | None, typer.Option("--to", metavar="RAW_ID", help="... to this one, row by row.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the captures of a game in order, and how many rows each added (+), changed (~) and removed (-).

    Example: mlb-etl timeline 822750
    """
    from mlb_data_platform.cli.output import print_rows
    from mlb_data_platform.history.corrections import corrected_mapping
    from mlb_data_platform.history.differences import between, versions
    from mlb_data_platform.storage.database import session

    mapping, _ = corrected_mapping()
    unit = {"game_pk": game_pk}
    if (since is None) != (until is None):
        raise BadInputError("give both --from and --to, or none of them")
    with session() as connection:
        found = versions(connection, mapping, unit)
        if not found:
            raise BadInputError(f"the tables have nothing of game_pk {game_pk}: ingest and transform it first")
        if since is None or until is None:
            rows = [_as_row(each, as_json=as_json) for each in found]
        else:
            moments = [_moment(found, raw_id, game_pk) for raw_id in (since, until)]
            rows = [asdict(each) for each in between(connection, mapping, unit, *moments)]
    print_rows(rows, as_json=as_json)


def _moment(found: list[Version], raw_id: int, game_pk: int) -> datetime:
    for each in found:
        if each.raw_id == raw_id:
            return each.since
    known = ", ".join(str(each.raw_id) for each in found[:10])
    raise BadInputError(f"raw row {raw_id} is no version of game_pk {game_pk}; those are {known} ...")


def _as_row(version: Version, *, as_json: bool) -> dict[str, Any]:
    if as_json:
        return {**asdict(version), "since": version.since.isoformat(), "until": version.until.isoformat()}
    changes = [
        f"{table} " + " ".join(f"{sign}{count}" for sign, count in zip("+~-", asdict(counts).values(), strict=True))
        for table, counts in version.changes.items()
    ]
    return {
        "raw_id": version.raw_id,
        "since": f"{version.since.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}",
        "until": f"{version.until.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}",
        "changes": "; ".join(changes),
    }
