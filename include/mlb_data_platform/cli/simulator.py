"""`mlb-etl simulator`: a Stats API on the loopback interface."""

from __future__ import annotations

import signal
from pathlib import Path
from threading import Thread
from typing import Annotated

import typer

from mlb_data_platform.errors import BadInputError

app = typer.Typer(help="A Stats API on this machine.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `serve` a subcommand while it is the only one."""


@app.command()
def serve(
    recordings: Annotated[
        list[Path] | None, typer.Option(metavar="DIR", help="A folder with manifest.json; may be given more than once.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: a free one.")] = 0,
) -> None:
    """Answer recorded responses by URL until SIGTERM or Ctrl-C. The first line printed says where.

    Example: mlb-etl simulator serve --recordings ../shared/statsapi --port 8601
    """
    from mlb_data_platform.settings import settings
    from mlb_data_platform.simulator.recordings import RecordingsServer

    folders = recordings or [folder for folder in [settings().mlb_recordings] if folder]
    if not folders:
        raise BadInputError("no recordings: give --recordings DIR or set MLB_RECORDINGS")
    try:
        server = RecordingsServer(folders, port=port)
    except OSError as error:
        raise BadInputError(f"port {port}: {error.strerror}") from None
    # shutdown() waits for the loop to end, so a signal handler, which interrupts that loop, must not call it itself.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: Thread(target=server.shutdown).start())
    typer.echo(f"listening on {server.url}")
    typer.echo(f"{len(server.recordings)} recordings from {', '.join(map(str, folders))}")
    with server:
        server.serve_forever()
