"""`mlb-etl corrections`: what changed after a game was final."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlb_data_platform.cli.options import AsJson, as_moment

if TYPE_CHECKING:
    from mlb_data_platform.history.corrections import Correction


def command(
    since: Annotated[
        str | None, typer.Option(metavar="T", help="Only what was seen since: 2026-07-30T20:15Z, or 7d ago.")
    ] = None,
    player: Annotated[int | None, typer.Option(min=1, help="Only rows that name this player (person_id).")] = None,
    game_pk: Annotated[int | None, typer.Option(min=1, max=2**63 - 1, help="Only this game.")] = None,
    as_json: AsJson = False,
) -> None:
    """List what changed after a game was final, value by value; what people care about most has a star.

    Example: mlb-etl corrections --since 7d
    """
    from mlb_data_platform.cli.output import print_rows
    from mlb_data_platform.history.corrections import Wanted, corrected_mapping, corrections
    from mlb_data_platform.storage.database import session

    mapping, own = corrected_mapping()
    wanted = Wanted(None if since is None else as_moment("--since", since), game_pk, player)
    with session() as connection:
        found = list(corrections(connection, mapping, own, wanted))
    print_rows([_as_json(each) if as_json else _in_words(each) for each in found], as_json=as_json)


def _as_json(correction: Correction) -> dict[str, Any]:
    row = asdict(correction)
    return {**row.pop("unit"), **row, "seen_at": correction.seen_at.isoformat()}


def _in_words(correction: Correction) -> dict[str, Any]:
    if correction.kind == "changed":
        what = f"{correction.column_name}: {correction.before} is {correction.after} now"
    else:
        what = f"{correction.kind}: {correction.before or correction.after}"
    return {
        "": "*" if correction.notable else "",
        "seen": f"{correction.seen_at.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}",
        "of": " ".join(filter(None, [_named(correction.unit), correction.label and f"({correction.label})"])),
        "player": correction.player or "",
        "row": f"{correction.table_name} {_named(correction.key)}".strip(),
        "what": what,
    }


def _named(values: dict[str, Any]) -> str:
    return " ".join(f"{name} {value}" for name, value in values.items())
