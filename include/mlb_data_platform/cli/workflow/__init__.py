"""`mlb-etl workflow`: look at the DAGs, start and steer them, through Airflow's REST API."""

from __future__ import annotations

import typer

from mlb_data_platform.cli.workflow import look, start, steer

app = typer.Typer(no_args_is_help=True, help="Look at the DAGs, start and steer them through Airflow's REST API.")
app.command("list")(look.list_dags)
app.command()(start.trigger)
app.command()(start.backfill)
app.command()(look.status)
app.command()(steer.wait)
app.command()(look.missing)
app.command()(steer.clear)
app.command()(steer.unpause)
