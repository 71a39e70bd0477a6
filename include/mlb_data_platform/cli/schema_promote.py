"""`mlb-etl schema promote`: a new path of responses becomes a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from mlb_data_platform.errors import BadInputError, nearest

if TYPE_CHECKING:
    from mlb_data_platform.mapping.models import ColumnType


def promote(
    endpoint: Annotated[str, typer.Argument(metavar="ENDPOINT.METHOD", help="A mapping, e.g. game.live_game_v1.")],
    path: Annotated[str, typer.Argument(help="The path, as `schema drift` tells it: '$.teams[*].name'.")],
    target: Annotated[str, typer.Option("--as", metavar="TABLE.COLUMN", help="What it becomes.")],
    type_: Annotated[
        str | None, typer.Option("--type", help="Its type; by default the narrowest that holds what was captured.")
    ] = None,
) -> None:
    """Make a column of a path: one line in the mapping, and the migration that adds it.

    Nothing else in the file changes. After `make generate` and `mlb-etl db migrate`, `mlb-etl transform ENDPOINT.METHOD
    --all` fills the column from what was captured before. Where the mapping would be wrong, nothing is written.

    Example: mlb-etl schema promote team.teams '$.teams[*].nickname' --as teams_normalized.nickname
    """
    from mlb_data_platform.definitions.lint import linted_mappings
    from mlb_data_platform.drafting.promote import adds_only, promoted, type_in_raw_tier
    from mlb_data_platform.files import write_whole
    from mlb_data_platform.mapping import migrations
    from mlb_data_platform.mapping.load import load_mapping, load_mapping_file
    from mlb_data_platform.mapping.models import ColumnType
    from mlb_data_platform.settings import MAPPINGS_DIR
    from mlb_data_platform.storage.database import session

    mapping = load_mapping(endpoint)
    table, _, column = target.removeprefix(f"{mapping.endpoint}.").rpartition(".")
    if not table:
        raise BadInputError(f"--as: '{target}' is not like {next(iter(mapping.tables))}.column")
    if type_ is not None and type_ not in (types := get_args(ColumnType)):
        raise BadInputError(f"--type: unknown type '{type_}'{nearest(type_, list(types))}")
    file = MAPPINGS_DIR / mapping.endpoint / f"{mapping.method}.yaml"
    before = file.read_bytes().decode()
    promoted(before, mapping, path, table, column, "text")  # whatever its type is, it can be
    if type_ is None:
        with session() as connection:
            type_ = type_in_raw_tier(connection, mapping, path)
    after = promoted(before, mapping, path, table, column, cast("ColumnType", type_))
    try:
        write_whole(file, after)
        if not adds_only(mapping, load_mapping_file(file), table, column):
            raise BadInputError(f"{file}: its columns are written in a way that this cannot add to: write it by hand")
        written = migrations.generate(linted_mappings()).written
    except BaseException:
        write_whole(file, before)
        raise
    typer.echo(f"{file}: {mapping.endpoint}.{table}.{column} is {path}, {type_}")
    for migration in written:
        typer.echo(f"written {migration}; review and commit it, the mapping, and what lies beside the migrations")
    typer.echo(f"then: make generate, mlb-etl db migrate, mlb-etl transform {mapping.name} --all")
