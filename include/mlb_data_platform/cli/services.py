"""`mlb-etl services`: the embedded PostgreSQL, Redis and S3 of this machine, and the way to its Airflow."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mlb_data_platform.cli.options import AsJson
from mlb_data_platform.settings import PROJECT_DIR, settings

app = typer.Typer(no_args_is_help=True, help="PostgreSQL, Redis and S3 from PyPI wheels, under one state folder.")


def state_dir() -> Path:
    """Return the state folder (MLB_STATE_DIR); a relative one lies in the project's folder."""
    return PROJECT_DIR / settings().mlb_state_dir


@app.command()
def up(
    listen: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Until `services down`, answer at this address of the machine too, for pods of a cluster on it; "
            "0.0.0.0: at all. Only the services' passwords protect them there; nothing is encrypted.",
        ),
    ] = None,
) -> None:
    """Start what does not run yet; data of earlier runs is kept.

    Example: mlb-etl services up

    Example: mlb-etl services up --listen 172.17.0.1
    """
    from mlb_data_platform import services

    services.up(state_dir(), listen)
    status()


@app.command()
def down() -> None:
    """Stop exactly the services that run in the state folder; their data stays.

    Example: mlb-etl services down
    """
    from mlb_data_platform import services

    stopped = services.down(state_dir())
    typer.echo(f"stopped {', '.join(stopped)}" if stopped else "nothing was running")


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show which services run, and where.

    Example: mlb-etl services status --json
    """
    from mlb_data_platform import services

    found = services.status(state_dir())
    if as_json:
        typer.echo(
            json.dumps(
                {
                    each.name: {"running": each.running, "pid": each.pid, "port": each.port, "listen": each.listen}
                    for each in found
                }
            )
        )
        return
    for each in found:
        also = f" and {each.listen}" if each.listen else ""
        where = f"running   127.0.0.1:{each.port}{also}   pid {each.pid}" if each.running else "stopped"
        typer.echo(f"{each.name:<9} {where}")


@app.command()
def env() -> None:
    """Print `export NAME=value` lines (passwords included) that lead programs and Airflow to the services.

    Example: eval "$(mlb-etl services env)"
    """
    from mlb_data_platform import services

    for name, value in services.environment(state_dir()).items():
        typer.echo(f"export {name}={shlex.quote(value)}")


@app.command()
def login(as_json: AsJson = False) -> None:
    """Show where Airflow's UI is, and user and password for it; `make up` starts it.

    Example: mlb-etl services login
    """
    from mlb_data_platform import services

    found = services.airflow_login(state_dir())
    if as_json:
        typer.echo(json.dumps(asdict(found)))
        return
    typer.echo(f"Airflow   {found.url}\nuser      {found.user}\npassword  {found.password}")
