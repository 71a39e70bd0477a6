"""`mlb-etl raw`: look into the raw tier, fill it from the archive, and let the archive keep what is old."""

from __future__ import annotations

import sys
import time
from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlb_data_platform.cli.options import AsJson, Endpoints, as_date
from mlb_data_platform.errors import TransientError

if TYPE_CHECKING:
    from mlb_data_platform.mapping.raw_endpoint import RawEndpoint
    from mlb_data_platform.storage.raw_lookup import ListedCapture

app = typer.Typer(
    no_args_is_help=True,
    help="List and show what was captured, restore it from the archive, leave what is old to that.",
    epilog="Example: mlb-etl raw list game.live_game_v1 --game-pk 822750",
)


@app.command("list", epilog="Example: mlb-etl raw list --not-archived --json")
def list_(
    endpoint: Annotated[
        str | None, typer.Argument(metavar="[ENDPOINT.METHOD]", help="A mapping, e.g. game.live_game_v1; default: all.")
    ] = None,
    game_pk: Annotated[int | None, typer.Option(min=1, max=2**63 - 1, help="Only captures of this game.")] = None,
    day: Annotated[str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="Only what is of this date.")] = None,
    not_archived: Annotated[
        bool, typer.Option("--not-archived", help="Only what is not in the object store yet.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List what was captured: rows, and sightings of content that had not changed."""
    from mlb_data_platform.cli.output import print_rows
    from mlb_data_platform.mapping.load import load_raw_endpoint, raw_endpoints
    from mlb_data_platform.storage.database import session
    from mlb_data_platform.storage.raw_lookup import CaptureFilter, list_captures

    wanted = CaptureFilter(game_pk, as_date("--date", day), not_archived)
    all_meant = (each for each in raw_endpoints() if not wanted.problem(each))
    mappings = [load_raw_endpoint(endpoint)] if endpoint else list(all_meant)
    with session(autocommit=True) as connection:
        rows = [
            _as_row(mapping, found, as_json=as_json)
            for mapping in mappings
            for found in list_captures(connection, mapping, wanted)
        ]
    print_rows(rows, as_json=as_json)


@app.command(epilog="Example: mlb-etl raw show 42 | jq .gamePk")
def show(raw_id: Annotated[int, typer.Argument(min=1, metavar="RAW_ID", help="The raw_id of any row.")]) -> None:
    """Write the exact bytes of a response to standard output."""
    from mlb_data_platform.mapping.load import raw_endpoints
    from mlb_data_platform.storage.bodies import exact_bytes
    from mlb_data_platform.storage.database import session

    with session(autocommit=True) as connection:
        body = exact_bytes(connection, raw_endpoints(), raw_id)
    try:
        # A file of its own: what could not be written would be tried again, and fail, as the program ends.
        with open(sys.stdout.fileno(), "wb", closefd=False) as out:
            out.write(body)
    except BrokenPipeError:
        raise  # whoever reads has enough: `| head` ends the program with 1, quietly
    except OSError as error:
        raise TransientError(f"standard output: {error.strerror}") from None


@app.command(epilog="Example: mlb-etl raw restore game.live_game_v1 schedule.schedule")
def restore(
    endpoints: Endpoints = None,
    as_json: AsJson = False,
) -> None:
    """Add to the raw tier what the archive has and it lacks, sightings included; stopped at any point, it goes on."""
    from mlb_data_platform.cli.output import finish, progress
    from mlb_data_platform.mapping.load import load_raw_endpoint
    from mlb_data_platform.settings import settings
    from mlb_data_platform.storage.executions import recorded
    from mlb_data_platform.storage.restore import restore as restore_

    names = [load_raw_endpoint(name).name for name in endpoints or ()]
    started = time.monotonic()
    label = "raw restore"
    with recorded(label, {"endpoints": names}) as execution, progress(label) as report:
        added = restore_(names, settings(), execution, report)
    finish(label, execution, {**added, "seconds": round(time.monotonic() - started, 1)}, as_json=as_json)


@app.command(epilog="Example: MLB_RAW_MONTHS=12 mlb-etl raw detach game.live_game_v1")
def detach(
    endpoints: Endpoints = None,
    as_json: AsJson = False,
) -> None:
    """Let rows older than MLB_RAW_MONTHS leave their content to the archive, each read back from there before."""
    from mlb_data_platform.cli.output import finish, progress
    from mlb_data_platform.mapping.load import load_raw_endpoint, raw_endpoints
    from mlb_data_platform.settings import settings
    from mlb_data_platform.storage.executions import recorded
    from mlb_data_platform.storage.retention import detach as detach_

    mappings = [load_raw_endpoint(name) for name in dict.fromkeys(endpoints or ())] or list(raw_endpoints())
    started = time.monotonic()
    label = "raw detach"
    with recorded(label, {"endpoints": endpoints or []}) as execution, progress(label) as report:
        left = detach_(mappings, settings(), execution, report)
    details: dict[str, Any] = {
        "rows": sum(each.rows for each in left),
        "bytes_before": sum(each.bytes_before for each in left),
        "bytes_after": sum(each.bytes_after for each in left),
        "seconds": round(time.monotonic() - started, 1),
    }
    finish(label, execution, details, as_json=as_json)


def _as_row(mapping: RawEndpoint, found: ListedCapture, *, as_json: bool) -> dict[str, Any]:
    as_text = " ".join(f"{name}={value}" for name, value in found.natural_key.items())
    return {
        "raw_id": found.raw_id,
        "endpoint": mapping.name,
        "natural_key": found.natural_key if as_json else as_text,
        "captured_at": found.captured_at.astimezone(UTC).isoformat(),
        "kind": "sighting" if found.is_sighting else "row",
        "content_sha256": found.content_sha256,
        "object_key": found.object_key,
    }
