"""`mlb-etl db`: migrate the database, look into it, refresh its views."""

from __future__ import annotations

import json
import os
import shutil
from typing import Annotated

import typer

from mlb_data_platform.cli.options import AsJson

app = typer.Typer(
    no_args_is_help=True, help="Migrate, look at and refresh the database.", epilog="Example: mlb-etl db migrate"
)


@app.command(epilog="Example: mlb-etl db migrate")
def migrate(as_json: AsJson = False) -> None:
    """Apply the migrations and views that are pending, and make the coming months of the raw tables."""
    from mlb_data_platform.storage.database import session
    from mlb_data_platform.storage.migrate import migrate as apply

    with session(autocommit=True) as connection:
        applied = apply(connection)
    if as_json:
        typer.echo(json.dumps({"applied": applied}))
        return
    for name in applied:
        typer.echo(f"applied {name}")
    typer.echo(f"{len(applied)} files applied; the database is up to date")


@app.command(epilog="Example: mlb-etl db status --json")
def status(as_json: AsJson = False) -> None:
    """List migrations and views, and when each was applied (UTC)."""
    from mlb_data_platform.storage.database import session
    from mlb_data_platform.storage.migrate import status as steps_of

    with session(autocommit=True) as connection:
        steps = steps_of(connection)
    if as_json:
        applied = {step.name: step.applied_at.isoformat() if step.applied_at else None for step in steps}
        typer.echo(json.dumps(applied, indent=1))
        return
    width = max((len(step.name) for step in steps), default=0)
    for step in steps:
        typer.echo(f"{step.name:{width}}  {f'{step.applied_at:%Y-%m-%d %H:%M:%S}' if step.applied_at else 'pending'}")


@app.command(epilog="Example: mlb-etl db refresh schedule.today")
def refresh(
    views: Annotated[list[str] | None, typer.Argument(metavar="[VIEW]…", help="Only these: game.latest_live.")] = None,
) -> None:
    """Refresh the materialized views; readers are not kept waiting."""
    from mlb_data_platform.storage.database import session
    from mlb_data_platform.storage.views import refresh_views

    with session(autocommit=True) as connection:
        refresh_views(connection, views or ())
    typer.echo("views refreshed")


@app.command(epilog='Example: psql "$(mlb-etl db dsn)"')
def dsn() -> None:
    """Print the libpq connection string, password included: the one place a secret is shown."""
    from mlb_data_platform.settings import settings

    typer.echo(settings().postgres_dsn())


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    epilog='Example: mlb-etl db shell -c "SELECT * FROM game.latest_live"',
)
def shell(context: typer.Context) -> None:
    """Open psql on the database; what follows is passed on to it."""
    from psycopg.conninfo import conninfo_to_dict

    from mlb_data_platform.services.postgres import program
    from mlb_data_platform.settings import settings

    psql = shutil.which("psql") or str(program("psql"))
    # By environment, not by argument: arguments of a process are there for everybody to read.
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "dbname": "PGDATABASE"}
    names["password"] = "PGPASSWORD"  # nosec B105
    access = conninfo_to_dict(settings().postgres_dsn())
    environment = {variable: str(access[key]) for key, variable in names.items() if key in access}
    os.execve(psql, ["psql", *context.args], {**os.environ, **environment})  # nosec B606
