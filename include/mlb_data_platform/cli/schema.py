"""`mlb-etl schema`: what the mappings describe, whether they are right, and what is made from them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlb_data_platform.cli.options import AsJson
from mlb_data_platform.cli.schema_dictionary import dictionary
from mlb_data_platform.cli.schema_draft import draft
from mlb_data_platform.cli.schema_drift import drift
from mlb_data_platform.cli.schema_promote import promote
from mlb_data_platform.errors import BadInputError, nearest
from mlb_data_platform.mapping.load import all_mappings, load_mapping
from mlb_data_platform.mapping.models import Mapping

if TYPE_CHECKING:
    from mlb_data_platform.mapping.coverage import Coverage
    from mlb_data_platform.mapping.coverage_diff import CoverageDiff

app = typer.Typer(
    no_args_is_help=True,
    help="List, check and generate what the mappings describe.",
    epilog="Example: mlb-etl schema show game.live_game_v1 live_game_plays",
)

app.command("draft")(draft)
app.command("drift")(drift)
app.command("promote")(promote)
app.command("dictionary")(dictionary)

Endpoint = Annotated[str, typer.Argument(metavar="ENDPOINT.METHOD", help="A mapping, e.g. game.live_game_v1.")]
TableName = Annotated[str | None, typer.Argument(metavar="[TABLE]", help="One of its tables, e.g. live_game_plays.")]


@app.command("list", epilog="Example: mlb-etl schema list --json")
def list_(as_json: AsJson = False) -> None:
    """List all mappings with their version, tables and columns."""
    mappings = all_mappings()
    if as_json:
        _print_json(
            {
                mapping.name: {"schema_version": mapping.schema_version, "tables": [*mapping.tables]}
                for mapping in mappings
            }
        )
        return
    for mapping in mappings:
        columns = sum(len(mapping.columns(table)) for table in mapping.tables)
        typer.echo(f"{mapping.name}  version {mapping.schema_version}, {len(mapping.tables)} tables, {columns} columns")


@app.command(epilog="Example: mlb-etl schema show game.live_game_v1 live_game_plays")
def show(
    endpoint: Endpoint,
    table: TableName = None,
    as_json: AsJson = False,
    as_code: Annotated[
        bool,
        typer.Option("--code", help="Print the function that the mapping becomes: it makes the rows of responses."),
    ] = False,
) -> None:
    """Show the tables of a mapping, or the columns of one table and where each comes from."""
    from mlb_data_platform.mapping.ddl import origin

    mapping = load_mapping(endpoint)
    if as_code:
        _print_code(mapping, whole=table is None and not as_json)
        return
    if table is not None:
        _require_table(mapping, table)
    rows = {
        name: {column: [model.type, origin(model)] for column, model in mapping.columns(name).items()}
        for name in mapping.tables
        if table in (None, name)
    }
    if as_json:
        _print_json(rows)
        return
    for name, columns in rows.items():
        typer.echo(f"{mapping.endpoint}.{name}  key ({', '.join(mapping.key(name))}), {len(columns)} columns")
        typer.echo(f"  {mapping.tables[name].description}")
        for column, (type_, source) in columns.items() if table else ():
            typer.echo(f"  {column:32} {type_:16} {source}")


@app.command(epilog="Example: mlb-etl schema lint")
def lint(as_json: AsJson = False) -> None:
    """Check all mappings and jobs: each problem with its file, line, key and the nearest valid one."""
    from mlb_data_platform.definitions.lint import lint as problems_of

    checked, problems = problems_of()
    if as_json:
        _print_json([{"file": str(each.file), "line": each.line, "message": each.message} for each in problems])
    else:
        for problem in problems:
            typer.echo(str(problem))
        typer.echo(f"{checked} files, {len(problems)} problems")
    if problems:
        raise typer.Exit(BadInputError.exit_code)


@app.command(epilog="Example: mlb-etl schema generate")
def generate(
    accept: Annotated[
        bool,
        typer.Option("--accept", help="Write no migration: those there are create what the mappings ask, for good."),
    ] = False,
    redraft: Annotated[
        bool,
        typer.Option("--redraft", help="Take back the migrations that were generated since --accept, and write anew."),
    ] = False,
) -> None:
    """Write the migrations that new or grown mappings need, the views they ask for, and JSON Schemas for editors."""
    from mlb_data_platform.definitions import json_schemas, view_files
    from mlb_data_platform.definitions.lint import linted_mappings
    from mlb_data_platform.mapping import migrations

    if accept and redraft:
        raise BadInputError("--accept and --redraft exclude each other: leave one out")
    written, taken_back = migrations.generate(linted_mappings(), accept=accept, redraft=redraft)
    written = [*written, *view_files.write(), *json_schemas.write()]
    for file in taken_back:
        typer.echo(f"taken back {file}")
    for file in written:
        typer.echo(f"written {file}")
    typer.echo(f"{len(written)} files written{'; review and commit them' if written else ': nothing is new'}")


@app.command(epilog="Example: mlb-etl schema coverage ../shared/statsapi --endpoint game.live_game_v1")
def coverage(
    folder: Annotated[Path, typer.Argument(help="A folder of responses with a manifest.json.")],
    endpoint: Annotated[
        list[str] | None, typer.Option("--endpoint", metavar="ENDPOINT.METHOD", help="Only this mapping.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="List what these responses lack, and have beyond, too.")
    ] = None,
    explained: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Why the two differ, path by path (YAML).")
    ] = None,
    simulated: Annotated[
        int | None, typer.Option(metavar="SEED", help="Against a sample of the simulated seasons, as explained there.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Report which leaf paths of recorded responses are mapped, ignored with a reason, or new; exit 1 if any is new.

    With --against or --simulated, also which paths only one of the two has; exit 1 if one is not explained, or an
    explanation has nothing to explain.
    """
    from mlb_data_platform.mapping.coverage_diff import difference, load_explanations

    mappings = [load_mapping(name) for name in endpoint] if endpoint else all_mappings()
    found = _covered(folder, mappings)
    with _folder_to_compare(against, simulated) as (other_folder, reasons):
        others = _covered(other_folder, _comparable(mappings, simulated)) if other_folder else {}
    explanations = load_explanations(explained or reasons)
    differences = {name: difference(found[name], other, explanations) for name, other in others.items()}
    if as_json:
        _print_json({name: _as_json(each, differences.get(name)) for name, each in found.items()})
    else:
        for name, each in found.items():
            _print_coverage(name, each)
            _print_difference(name, differences.get(name))
    if any(each.unaccounted for each in found.values()) or any(each.open for each in differences.values()):
        raise typer.Exit(1)


@app.command(epilog="Example: mlb-etl schema avro game.live_game_v1 live_game_plays")
def avro(endpoint: Endpoint, table: TableName = None) -> None:
    """Print the Avro schema of a table, or of the raw responses as the object store holds them."""
    from mlb_data_platform.mapping.avro import table_schema
    from mlb_data_platform.storage.archive_records import RAW_SCHEMA

    mapping = load_mapping(endpoint)
    if table is not None:
        _require_table(mapping, table)
    _print_json(RAW_SCHEMA if table is None else table_schema(mapping, table))


@app.command(epilog="Example: mlb-etl schema diff")
def diff(
    endpoint: Annotated[str | None, typer.Argument(metavar="[ENDPOINT.METHOD]", help="Only this mapping.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare the mappings with the database; exit 1 if they differ."""
    from mlb_data_platform.storage.database import session
    from mlb_data_platform.storage.schema_diff import schema_differences

    mappings = [load_mapping(endpoint)] if endpoint else all_mappings()
    with session() as connection:
        lines = [line for mapping in mappings for line in schema_differences(connection, mapping)]
    if as_json:
        _print_json(lines)
    else:
        for line in lines:
            typer.echo(line)
        hint = "; run: mlb-etl schema generate, then mlb-etl db migrate" if lines else ""
        typer.echo(f"{len(lines)} differences{hint}")
    if lines:
        raise typer.Exit(1)


def _comparable(mappings: list[Mapping], simulated: int | None) -> list[Mapping]:
    """Those of which the responses to compare are to be there: a mapping may say why they are not."""
    return [each for each in mappings if simulated is None or not (each.unrecorded or each.unsimulated)]


def _require_table(mapping: Mapping, table: str) -> None:
    if table not in mapping.tables:
        raise BadInputError(f"{mapping.name} has no table '{table}'{nearest(table, list(mapping.tables))}")


def _covered(folder: Path, mappings: list[Mapping]) -> dict[str, Coverage]:
    """Return by mapping what the responses in `folder` consist of. Raises BadInputError if none fits."""
    from mlb_data_platform.mapping.coverage import Coverage
    from mlb_data_platform.statsapi.recorded_responses import recorded_responses

    found = {mapping.name: Coverage(mapping) for mapping in mappings}
    for mapping, recording in recorded_responses(folder, mappings):
        found[mapping.name].add(json.loads(recording.body()), recording.file.relative_to(folder).as_posix())
    if not any(each.responses for each in found.values()):
        raise BadInputError(f"{folder}: no recording there answers a request of {', '.join(found)}")
    return found


@contextmanager
def _folder_to_compare(against: Path | None, simulated: int | None) -> Iterator[tuple[Path | None, Path | None]]:
    """Give the folder to compare with, if any, and the file that explains how it differs."""
    if simulated is None:
        yield against, None
        return
    if against is not None:
        raise BadInputError("--against and --simulated exclude each other: leave one out")
    from statsapi_simulator.sample import COVERAGE_DIFFERENCES, write

    with TemporaryDirectory(prefix="mlb-simulated-") as folder:
        write(Path(folder), simulated)
        yield Path(folder), COVERAGE_DIFFERENCES


def _as_json(coverage: Coverage, difference: CoverageDiff | None) -> dict[str, Any]:
    return {
        "responses": coverage.responses,
        "mapped": sorted(coverage.mapped),
        "ignored": dict(sorted(coverage.ignored.items())),
        "unaccounted": dict(sorted(coverage.unaccounted.items())),
        **({} if difference is None else asdict(difference)),
    }


def _print_coverage(name: str, coverage: Coverage) -> None:
    typer.echo(
        f"{name}: {coverage.responses} responses, {len(coverage.mapped)} paths mapped, "
        f"{len(coverage.ignored)} ignored, {len(coverage.unaccounted)} unaccounted"
    )
    for path, response in sorted(coverage.unaccounted.items()):
        typer.echo(f"  {path}  first in {response}")


def _print_difference(name: str, difference: CoverageDiff | None) -> None:
    if difference is None:
        return
    for verb, paths in (("missing", difference.missing), ("extra", difference.extra)):
        typer.echo(f"{name}: {len(paths)} paths {verb} there, {list(paths.values()).count(None)} of them unexplained")
        for path, reason in paths.items():
            typer.echo(f"  {path}  {reason or 'NOT EXPLAINED'}")
    for path in difference.obsolete:
        typer.echo(f"{name}: {path} is explained, but there is no such difference")


def _print_code(mapping: Mapping, *, whole: bool) -> None:
    from mlb_data_platform.transform.walk_source import walk_source

    if not whole:
        raise BadInputError("--code prints one function for all tables, as text: leave out TABLE and --json")
    typer.echo(walk_source(mapping).text, nl=False)


def _print_json(value: Any) -> None:
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False)
    print()
