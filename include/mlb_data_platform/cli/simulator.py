"""`mlb-etl simulator`: a Stats API on this machine."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated

import typer

from mlb_data_platform.addresses import one_more, to_bind
from mlb_data_platform.errors import BadInputError

if TYPE_CHECKING:
    from statsapi_simulator.api.http import HttpServer
    from statsapi_simulator.feed.shapes import Shape

app = typer.Typer(help="A Stats API on this machine.", no_args_is_help=True)

_SEED, _SEASON = 7, 2026
_LONGEST_SHIFT = 364


@app.callback()
def _group() -> None:
    """Keep `serve` a subcommand while it is the only one."""


@app.command()
def serve(
    seed: Annotated[int | None, typer.Option(help=f"Another seed is another league (default: {_SEED}).")] = None,
    season: Annotated[int | None, typer.Option(metavar="YYYY", help=f"2016 to 2030 (default: {_SEASON}).")] = None,
    shift_days: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=-_LONGEST_SHIFT,
            max=_LONGEST_SHIFT,
            help="Move the calendar of all seasons by N days, so that a winter's day has games. All dates move "
            "together; seasons keep their years; games get numbers of their own; whole weeks keep the weekdays.",
        ),
    ] = None,
    clock: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="The simulated time; default: now if the season is on, else after its end."),
    ] = None,
    speed: Annotated[
        float | None, typer.Option(min=0, help="How fast time passes; 0: it stands still, the default with --clock.")
    ] = None,
    shape: Annotated[
        str | None, typer.Option(metavar="YYYY", help="Write all feeds as in this year, not in their own.")
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND=RATE", help="Let this share of the requests fail: 429=0.05, cut=0.1, all=0.05."),
    ] = None,
    recordings: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Instead of a season, a folder with manifest.json; may be given repeatedly."),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: a free one.")] = 0,
    listen: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Answer at this address of the machine too, for pods of a cluster on it; 0.0.0.0: at all. "
            "No password is asked for: who reaches it can read and steer it.",
        ),
    ] = None,
) -> None:
    """Answer as the Stats API does until SIGTERM or Ctrl-C: a made-up season, or recordings. The first line says where.

    Example: mlb-etl simulator serve --seed 7 --season 2026 --clock 2026-07-04T16:00Z --speed 60 --port 8601

    Example: mlb-etl simulator serve --season 2026 --shift-days 182

    Example: mlb-etl simulator serve --shape 2018 --fault 429=0.05 --fault cut=0.05

    Example: mlb-etl simulator serve --recordings ../shared/statsapi
    """
    from statsapi_simulator.api.http import HttpServer, running

    if recordings:
        options: dict[str, object] = {
            "seed": seed,
            "season": season,
            "shift-days": shift_days,
            "clock": clock,
            "speed": speed,
            "shape": shape,
            "fault": fault,
        }
        if given := [f"--{name}" for name, value in options.items() if value is not None]:
            raise BadInputError(f"--recordings answers what was recorded: {', '.join(given)} cannot change that")
    host, *others = to_bind(one_more(listen) if listen is not None else None)
    try:
        server, about = (
            _recordings(recordings, port, host)
            if recordings
            else _league(seed, season, shift_days or 0, clock, speed, shape, fault or [], port, host)
        )
        more = [HttpServer(server.source, server.port, other) for other in others]
    except OSError as error:
        raise BadInputError(f"port {port}: {error.strerror}") from None
    # shutdown() waits for the loop to end, so a signal handler, which interrupts that loop, must not call it itself.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: Thread(target=server.shutdown).start())
    for each in (server, *more):
        typer.echo(f"listening on {each.url}")
    typer.echo(about)
    with server, ExitStack() as stack:
        for each in more:
            stack.enter_context(running(each))
        server.serve_forever()


def _recordings(folders: list[Path], port: int, host: str) -> tuple[HttpServer, str]:
    from statsapi_simulator.recordings import RecordingsServer

    server = RecordingsServer(folders, port=port, host=host)
    return server, f"{len(server.recordings)} recordings from {', '.join(map(str, folders))}"


def _league(
    seed: int | None,
    season: int | None,
    shift_days: int,
    clock: str | None,
    speed: float | None,
    shape: str | None,
    fault: list[str],
    port: int,
    host: str,
) -> tuple[HttpServer, str]:
    from statsapi_simulator.api.clock import Clock, default_start
    from statsapi_simulator.api.faults import parse_flags
    from statsapi_simulator.api.games import FIRST_SEASON, LAST_SEASON
    from statsapi_simulator.api.league import League
    from statsapi_simulator.api.server import LeagueServer
    from statsapi_simulator.world.dates import season_dates

    season = _SEASON if season is None else season
    if not FIRST_SEASON <= season <= LAST_SEASON:
        raise BadInputError(f"--season: {season} is not one of {FIRST_SEASON} to {LAST_SEASON}")
    start = _moment(clock) if clock else default_start(season_dates(season, shift_days), datetime.now(UTC))
    try:
        time = Clock(start, speed if speed is not None else 0.0 if clock else 1.0)
    except ValueError as error:
        raise BadInputError(f"--speed: {error}") from None
    try:
        faults = parse_flags(fault)
    except ValueError as error:
        raise BadInputError(f"--fault: {error}") from None
    league = League(_SEED if seed is None else seed, season, time, _shape(shape), shift_days)
    return (
        LeagueServer(league, faults, port, host),
        f"season {season} of seed {league.games.seed}{f', moved by {shift_days} days,' if shift_days else ''}"
        f" at {time.now():%Y-%m-%dT%H:%M:%SZ}, speed {time.speed:g}",
    )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadInputError(f"--clock: '{text}' is not a time like 2026-07-04T16:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _shape(year: str | None) -> Shape | None:
    from statsapi_simulator.feed.shapes import Shape

    if year is None:
        return None
    try:
        return Shape(year)
    except ValueError:
        raise BadInputError(f"--shape: '{year}' is not one of {', '.join(Shape)}") from None
