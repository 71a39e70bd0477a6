"""`mlb-etl schema drift`: what the API sends otherwise than the mappings have it."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from mlb_data_platform.cli.options import AsJson

if TYPE_CHECKING:
    from mlb_data_platform.definitions.drift import Finding

_MEANING = {
    "new": "no mapping knows it",
    "type": "otherwise than before",
    "vanished": "there before, and no more",
    "value": "no rule lists it",
}


def drift(
    endpoint: Annotated[
        list[str] | None, typer.Argument(metavar="[ENDPOINT.METHOD]…", help="Only these mappings.")
    ] = None,
    days: Annotated[
        int, typer.Option(min=1, max=3650, help="Captures of so many days are held against those before.")
    ] = 7,
    as_json: AsJson = False,
) -> None:
    """List what came that no mapping knew, what comes no more or otherwise, and values that no rule lists.

    Exit code 1 if there is any. `schema promote` makes a column of what is new; what nobody wants goes to `ignore`.
    What breaks a rule of level error is in no table: `metadata.rejected_captures` tells of it.

    Example: mlb-etl schema drift game.live_game_v1 --days 30
    """
    from mlb_data_platform.definitions.drift import drift as drift_of
    from mlb_data_platform.mapping.load import all_mappings, load_mapping
    from mlb_data_platform.storage.database import session

    since = datetime.now(UTC) - timedelta(days=days)
    mappings = [load_mapping(name) for name in endpoint or ()] or all_mappings()
    with session() as connection:
        found = {mapping.name: drift_of(connection, mapping, since) for mapping in mappings}
    if as_json:
        typer.echo(
            json.dumps({name: [asdict(each) for each in findings] for name, findings in found.items()}, default=str)
        )
    else:
        for name, findings in found.items():
            _print(name, findings)
        typer.echo(
            f"{sum(map(len, found.values()))} findings in {len(found)} mappings since {since:%Y-%m-%d %H:%M} UTC"
        )
    if any(found.values()):
        raise typer.Exit(1)


def _print(name: str, findings: list[Finding]) -> None:
    for finding in findings:
        of = "rows with such values" if finding.kind == "value" else "captures"
        seen = " to ".join(f"{each:%Y-%m-%d %H:%M}" for each in (finding.first_seen, finding.last_seen) if each)
        typer.echo(f"{name}: {finding.what}: {_MEANING[finding.kind]}: {finding.says}")
        typer.echo(f"  in {finding.captures} of {finding.looked_at} {of}{f', {seen} UTC' if seen else ''}")
