"""`mlb-etl record`: real responses, kept as files: for a draft, for tests, for a replay."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from mlb_data_platform.cli.options import GamePks, Keys, as_date, as_keys
from mlb_data_platform.errors import BadInputError


def command(
    what: Annotated[str, typer.Argument(metavar="URL|JOB", help="A URL or its path and query, or a YAML of dags/.")],
    into: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Instead of PYMLB_STATSAPI__BASE_FILE_PATH.")
    ] = None,
    game_pk: GamePks = None,
    key: Keys = None,
    day: Annotated[str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="The baseball date.")] = None,
    season: Annotated[int | None, typer.Option(metavar="YYYY", help="The season.")] = None,
) -> None:
    """Ask the Stats API, and keep each response in a folder of recordings: its exact bytes, zipped, and a manifest.

    Of a JOB everything that `mlb-etl ingest JOB` would ask for is recorded, and nothing is stored. With MLB_RECORDINGS
    and STUB_MODE=replay, or by `mlb-etl simulator serve --recordings FOLDER`, the recordings answer in its place.

    Example: mlb-etl record '/api/v1/venues?venueIds=1,2' --into recordings
    """
    from mlb_data_platform.ingest.requests import plan
    from mlb_data_platform.ingest.scope import Scope
    from mlb_data_platform.ingest.validate import parse, validate
    from mlb_data_platform.jobs.load import load_job
    from mlb_data_platform.settings import settings
    from mlb_data_platform.statsapi.client import Response, StatsApiClient

    chosen = settings().model_copy(update={"stub_mode": "capture"} | ({"recordings_out": into} if into else {}))
    with StatsApiClient(chosen) as client:
        if what.startswith("/") or "://" in what:

            def is_json(answer: Response) -> None:
                parse(answer)

            client.get(_target(what, chosen.mlb_statsapi_base_url), is_json)
        else:
            scope = Scope(as_keys(key, game_pk), as_date("--date", day), season=season)
            for request in plan(load_job(what), scope).requests:
                client.get(request.target, partial(validate, request))
        typer.echo(f"{client.traffic.requests} requests; the responses are in {chosen.recordings_out}")


def _target(url: str, api: str) -> str:
    """Path and query of a URL. Raises BadInputError where it is one of another host than the API that is asked."""
    parts = urlsplit(url)
    if parts.netloc not in ("", urlsplit(api).netloc):
        raise BadInputError(
            f"{url}: what is asked is {api}; set MLB_STATSAPI_BASE_URL to {parts.scheme}://{parts.netloc}, or give only"
            f" {parts.path}"
        )
    return parts.path + (f"?{parts.query}" if parts.query else "")
