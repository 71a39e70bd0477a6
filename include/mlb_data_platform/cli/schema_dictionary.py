"""`mlb-etl schema dictionary`: what each table and column holds, as pages to read."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from mlb_data_platform.errors import BadInputError

SEED, SEASON = 7, 2026  # whose values are the examples


def dictionary(
    into: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write here instead of into docs/data of the project.")
    ] = None,
) -> None:
    """Write the data dictionary: a page for each table, and an index with a diagram of each endpoint.

    Pages of tables that are no more are deleted; what it has not written it leaves alone. Examples are of a simulated
    season.

    Example: mlb-etl schema dictionary
    """
    from mlb_data_platform.definitions.data_dictionary import MARK
    from mlb_data_platform.settings import PROJECT_DIR

    folder = into or PROJECT_DIR / "docs" / "data"
    texts = {folder / path: text for path, text in texts_of_pages().items()}
    there = {path: path.read_text(encoding="utf-8", errors="replace") for path in folder.rglob("*.md")}
    if foreign := [str(path) for path, text in there.items() if path in texts and not text.startswith(MARK)]:
        raise BadInputError(f"{', '.join(foreign)}: not written by this command; move it, or give another --into")
    gone = [path for path, text in there.items() if path not in texts and text.startswith(MARK)]
    changed = {path: text for path, text in texts.items() if there.get(path) != text}
    for path in gone:
        path.unlink()
    for path, text in changed.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    typer.echo(f"{len(texts)} pages in {folder}: {len(changed)} written, {len(gone)} deleted")


def texts_of_pages() -> dict[str, str]:
    """Return the text of each page by its path below the dictionary's folder."""
    from mlb_data_platform.definitions.data_dictionary import pages
    from mlb_data_platform.definitions.examples import examples
    from mlb_data_platform.jobs.load import all_jobs
    from mlb_data_platform.mapping.load import all_mappings
    from mlb_data_platform.statsapi.recorded_responses import recorded_responses
    from statsapi_simulator.sample import write

    mappings = all_mappings()
    with TemporaryDirectory(prefix="mlb-simulated-") as simulated:
        write(Path(simulated), SEED, [SEASON])
        return pages(mappings, all_jobs(), examples(recorded_responses(Path(simulated), mappings)))
