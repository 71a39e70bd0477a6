"""`statsapi-simulator`: serve a made-up season, or recordings. Exit codes: 0 ended as told, 2 bad input."""

from __future__ import annotations

import errno
import signal
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, date, datetime
from ipaddress import IPv4Address
from pathlib import Path
from threading import Thread
from typing import Annotated, NoReturn

import typer

from statsapi_simulator import __version__
from statsapi_simulator.api.clock import Clock, default_start
from statsapi_simulator.api.faults import parse_flags
from statsapi_simulator.api.games import FIRST_SEASON, LAST_SEASON
from statsapi_simulator.api.http import HOST, HttpServer, running
from statsapi_simulator.api.league import League
from statsapi_simulator.api.server import LeagueServer
from statsapi_simulator.errors import InputError
from statsapi_simulator.feed.shapes import Shape
from statsapi_simulator.replay import RecordingsServer
from statsapi_simulator.world.dates import season_dates, season_of
from statsapi_simulator.world.slates import Slate

app = typer.Typer(
    name="statsapi-simulator",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_SEED, _SEASON = 7, 2026
_LONGEST_SHIFT = 364
_BAD_INPUT = 2


def main() -> None:
    """Run `statsapi-simulator`."""
    app()


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _group(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """A Stats API on this machine: a made-up season on a clock, or recorded responses.

    Example: statsapi-simulator serve --port 8601
    """


@app.command()
def serve(
    seed: Annotated[int | None, typer.Option(help=f"Another seed is another league (default: {_SEED}).")] = None,
    season: Annotated[
        int | None, typer.Option(metavar="YYYY", help=f"{FIRST_SEASON} to {LAST_SEASON} (default: {_SEASON}).")
    ] = None,
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
    slate: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DATE=TIME",
            help="Let the games of DATE begin at TIME and in the 75 minutes after it, on the date that is then "
            "New York's; games of that date are played on DATE instead. May be given repeatedly, in order of time.",
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
            help="Answer at this address of the machine too, for containers on it; 0.0.0.0: at all. "
            "No password is asked for: who reaches it can read it.",
        ),
    ] = None,
) -> None:
    """Answer as the Stats API does until SIGTERM or Ctrl-C: a made-up season, or recordings. The first line says where.

    Example: statsapi-simulator serve --seed 7 --season 2026 --clock 2026-07-04T16:00Z --speed 60 --port 8601

    Example: statsapi-simulator serve --season 2026 --shift-days 182

    Example: statsapi-simulator serve --slate 2026-07-04=2026-07-04T08:00Z --clock 2026-07-04T09:30Z --speed 1

    Example: statsapi-simulator serve --shape 2018 --fault 429=0.05 --fault cut=0.05

    Example: statsapi-simulator serve --recordings ../shared/statsapi
    """
    season_options = {"seed": seed, "season": season, "shift-days": shift_days, "slate": slate, "clock": clock,
                      "speed": speed, "shape": shape, "fault": fault}  # fmt: skip
    try:
        host, *others = _addresses(listen)
        if recordings:
            _refuse_beside_recordings(season_options)
            server, about = _recorded(recordings, port, host)
        else:
            league = _league(seed, season, shift_days or 0, slate or [], clock, speed, shape)
            server, about = _simulated(league, fault or [], port, host)
        servers = [server, *(HttpServer(server.source, server.port, other) for other in others)]
    except InputError as error:
        _fail(str(error))
    except OSError as error:
        _fail(_not_bound(error, port, listen))
    _serve_until_told(servers, about)


def _addresses(listen: str | None) -> list[str]:
    """What to bind, to answer on loopback and at `listen`."""
    if listen is None or listen == HOST:
        return [HOST]
    try:
        # All addresses are loopback's too: bound beside them, it would find its port taken.
        return [listen] if IPv4Address(listen).is_unspecified else [HOST, listen]
    except ValueError:
        raise InputError(f"--listen: '{listen}' is not an IPv4 address; 0.0.0.0 stands for all") from None


def _refuse_beside_recordings(season_options: Mapping[str, object]) -> None:
    if given := [f"--{name}" for name, value in season_options.items() if value is not None]:
        raise InputError(f"--recordings answers what was recorded: {', '.join(given)} cannot change that")


def _recorded(folders: list[Path], port: int, host: str) -> tuple[HttpServer, str]:
    server = RecordingsServer(folders, port=port, host=host)
    return server, f"{len(server.recordings)} recordings from {', '.join(map(str, folders))}"


def _simulated(league: League, fault: list[str], port: int, host: str) -> tuple[HttpServer, str]:
    try:
        faults = parse_flags(fault)
    except ValueError as error:
        raise InputError(f"--fault: {error}") from None
    games, clock = league.games, league.clock
    moved = f", moved by {games.shift_days} days," if games.shift_days else ""
    about = f"season {league.season} of seed {games.seed}{moved} at {clock.now():%Y-%m-%dT%H:%M:%SZ}"
    return LeagueServer(league, faults, port, host), f"{about}, speed {clock.speed:g}"


def _league(
    seed: int | None,
    season: int | None,
    shift_days: int,
    slates: list[str],
    clock: str | None,
    speed: float | None,
    shape: str | None,
) -> League:
    season = _SEASON if season is None else season
    if not FIRST_SEASON <= season <= LAST_SEASON:
        raise InputError(f"--season: {season} is not one of {FIRST_SEASON} to {LAST_SEASON}")
    start = _moment(clock) if clock else default_start(season_dates(season, shift_days), datetime.now(UTC))
    try:
        time = Clock(start, speed if speed is not None else 0.0 if clock else 1.0)
    except ValueError as error:
        raise InputError(f"--speed: {error}") from None
    played = tuple(_slate(each, shift_days) for each in slates)
    league = League(_SEED if seed is None else seed, season, time, _shape(shape), shift_days, played)
    try:
        unplayed = [slate for slate in played if not league.games.on(slate.played_on)]
    except ValueError as error:
        raise InputError(f"--slate: {error}") from None
    if unplayed:
        raise InputError(f"--slate: {unplayed[0].day} lies in no season from {FIRST_SEASON} to {LAST_SEASON}")
    return league


def _slate(text: str, shift_days: int) -> Slate:
    day, _, begins = text.partition("=")
    try:
        slate = Slate(date.fromisoformat(day), _moment(begins))
    except ValueError:
        raise InputError(f"--slate: '{text}' is not a date and a time like 2026-07-04=2026-07-04T16:00Z") from None
    if season_of(slate.day, shift_days) != season_of(slate.played_on, shift_days):
        raise InputError(f"--slate: {slate.day} is of another season than {slate.played_on}, when it would be played")
    return slate


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"--clock: '{text}' is not a time like 2026-07-04T16:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _shape(year: str | None) -> Shape | None:
    if year is None:
        return None
    try:
        return Shape(year)
    except ValueError:
        raise InputError(f"--shape: '{year}' is not one of {', '.join(Shape)}") from None


def _not_bound(error: OSError, port: int, listen: str | None) -> str:
    if error.errno == errno.EADDRNOTAVAIL:
        return f"--listen: this machine has no address {listen}; `ip address` shows those it has"
    return f"--port: {port}: {error.strerror}; 0 takes a free one"


def _fail(reason: str) -> NoReturn:
    typer.echo(f"error: {reason}", err=True)
    raise typer.Exit(_BAD_INPUT)


def _serve_until_told(servers: list[HttpServer], about: str) -> None:
    """Say where, and what; serve until SIGTERM or Ctrl-C."""
    first, *others = servers
    # shutdown() waits for the loop to end, so a signal handler, which interrupts that loop, must not call it itself.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: Thread(target=first.shutdown).start())
    for each in servers:  # whoever reads it may tell us to end at once
        typer.echo(f"listening on {each.url}")
    typer.echo(about)
    with first, ExitStack() as stack:
        for each in others:
            stack.enter_context(running(each))
        first.serve_forever()
