"""`mlb-etl export`: the tables as files for others."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mlb_data_platform.cli.options import AsJson

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlb_data_platform.export.destination import Destination
    from mlb_data_platform.export.run import Format

app = typer.Typer(
    no_args_is_help=True,
    help="Export the tables as files for others: Parquet, Delta, DuckDB.",
    epilog="Example: mlb-etl export parquet",
)

To = Annotated[str, typer.Option(metavar="s3://BUCKET/PREFIX", help="The folder in a bucket that it goes to.")]


@app.command(epilog="Example: mlb-etl export parquet --to s3://lake/baseball/parquet")
def parquet(to: To = "s3://processed-data/parquet", as_json: AsJson = False) -> None:
    """Bring the Parquet files of all tables up to date: what changed since the last export, and no more."""
    from mlb_data_platform.export.parquet import ParquetFiles

    _export("parquet", to, ParquetFiles, as_json=as_json)


@app.command(epilog="Example: mlb-etl export delta --to s3://lake/baseball/delta")
def delta(to: To = "s3://processed-data/delta", as_json: AsJson = False) -> None:
    """Bring the Delta tables up to date, each in one version: what changed since the last export, and no more."""
    from mlb_data_platform.export.delta import DeltaTables
    from mlb_data_platform.settings import settings

    _export("delta", to, lambda destination: DeltaTables(destination, settings()), as_json=as_json)


@app.command(epilog="Example: mlb-etl export duckdb season.duckdb")
def duckdb(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that is made, or an export that is replaced.")],
    as_json: AsJson = False,
) -> None:
    """Make one file of DuckDB with all tables and views, and what is said of them."""
    from mlb_data_platform.cli.output import finish, progress
    from mlb_data_platform.export.duckdb_file import export
    from mlb_data_platform.storage.executions import recorded

    started = time.monotonic()
    label = "export duckdb"
    with recorded(label, {"file": str(file)}) as execution, progress(label) as report:
        rows = export(file, execution, report)
    finish(label, execution, {"rows": rows, "seconds": round(time.monotonic() - started, 1)}, as_json=as_json)


def _export(kind: str, to: str, format_: Callable[[Destination], Format], *, as_json: bool) -> None:
    from mlb_data_platform.cli.output import finish, progress
    from mlb_data_platform.export.destination import Destination
    from mlb_data_platform.export.run import export
    from mlb_data_platform.settings import settings
    from mlb_data_platform.storage.executions import recorded

    destination = Destination(settings(), to)
    started = time.monotonic()
    label = f"export {kind}"
    with recorded(label, {"to": to}) as execution, progress(label) as report:
        manifest = export(format_(destination), destination, execution, report)
    if manifest is None:
        execution.notes.append("nothing has changed since the last export")
    details = {
        "manifest": destination.url(manifest.key) if manifest else None,
        "seconds": round(time.monotonic() - started, 1),
    }
    finish(label, execution, details, as_json=as_json)
