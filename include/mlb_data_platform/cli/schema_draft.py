"""`mlb-etl schema draft`: the first mapping of an endpoint, and its DAG, from responses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mlb_data_platform.errors import BadInputError


def draft(
    name: Annotated[str, typer.Argument(metavar="ENDPOINT.METHOD", help="What it is to be called: team.roster.")],
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Responses, .json or .json.gz, or a folder of recordings.")
    ],
    url: Annotated[
        str, typer.Option(help="What was asked for, where no manifest.json says so: /api/v1/venues?venueIds=1.")
    ] = "",
    prune: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH=REASON", help="Leave this out, with all below it; may be given more than once."),
    ] = None,
    into: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write below this folder instead of into the project.")
    ] = None,
) -> None:
    """Write a first mapping that holds every path of these responses, and the DAG that asks for them.

    What is guessed is marked: go over both files, then run `mlb-etl schema lint` and `schema generate`. The more
    responses there are, and the more they differ, the better the guesses. Nothing that is there is overwritten.

    Example: mlb-etl schema draft team.roster recordings --prune '$.roster[*].person.stats=season.stats has them'
    """
    from mlb_data_platform.drafting.draft import draft as drafted
    from mlb_data_platform.drafting.responses import read_responses
    from mlb_data_platform.jobs.load import all_jobs
    from mlb_data_platform.mapping.load import all_mappings
    from mlb_data_platform.settings import PROJECT_DIR

    responses = read_responses(files, url)
    folder = into or PROJECT_DIR
    texts = {
        folder / path: text
        for path, text in drafted(name, responses, _pruned(prune), all_mappings(), all_jobs()).items()
    }
    if existing := [str(path) for path in texts if path.exists()]:
        raise BadInputError(f"{', '.join(existing)}: there already; nothing is written")
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        typer.echo(f"wrote {path}")
    typer.echo(f"{name}: drafted from {len(responses)} responses; go over what is marked, then: mlb-etl schema lint")


def _pruned(texts: list[str] | None) -> dict[str, str]:
    found = {}
    for text in texts or ():
        path, _, reason = text.partition("=")
        if not path.startswith(("$.", "$[")) or not reason:
            raise BadInputError(f"--prune: '{text}' is not like $.people[*].stats=REASON")
        found[path] = reason
    return found
