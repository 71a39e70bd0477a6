"""`make bench-live`: a simulated date from the API's change to the rows, in real time and at sixty times that."""

from __future__ import annotations

import argparse
import signal
import sys
from datetime import date
from itertools import product

from mlb_data_platform.settings import settings
from tests.benchmark.follow.real_time import middle
from tests.benchmark.follow.stage import stage
from tests.benchmark.live import day, history, real_time, report, spark_floor
from tests.benchmark.live.playing import CHANNELS, ENGINES, Way

_DATE = date(2026, 8, 11)  # fifteen games within six hours


def main() -> None:
    """Measure what the arguments ask for and report it; exit with 1 where rows are wrong at the end of a date."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("error: interrupted by SIGTERM"))  # ends what was started
    file = settings().mlb_state_dir.resolve() / "bench-live.json"
    figures = report.Figures(arguments.date.isoformat(), arguments.minutes)
    ways = [Way(*each) for each in product(arguments.channel or CHANNELS, arguments.engine or ENGINES)]
    if any(way.engine == "spark" for way in ways):
        _say("Spark with nothing to do")
        figures.floor = spark_floor.measure()
    _say("services, and the patches of the date")
    with stage(arguments.date) as ready:
        _say("a game's history")
        figures.history = history.measure()
        begins = middle(ready, arguments.minutes)
        for way in ways if arguments.minutes else ():
            _say(f"{way}: {arguments.minutes:g} minutes from {begins:%H:%M} UTC")
            figures.real_time.append(real_time.measure(ready, way, begins, arguments.minutes, real_time.Pauses()))
        for way in ways if arguments.days else ():
            _say(f"{way}: the whole date")
            figures.days.append(day.measure(ready, way))
    report.show(figures)
    print(f"figures: {report.save(figures, file)}")
    if wrong := [f"{each.way}: {line}" for each in figures.days for line in each.wrong]:
        sys.exit("\n".join(["error: what is in the tables is wrong", *wrong]))


def _say(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench-live",
        description=__doc__,
        epilog='Example: make bench-live ARGS="--minutes 2 --channel push --engine process"',
    )
    parser.add_argument("--date", type=date.fromisoformat, default=_DATE, help=f"of season 2026 (default {_DATE})")
    parser.add_argument("--minutes", type=float, default=20, help="in real time, for each way (default 20; 0: none)")
    parser.add_argument("--channel", action="append", choices=CHANNELS, help="only with this one (default: with both)")
    parser.add_argument("--engine", action="append", choices=ENGINES, help="only with this one (default: with both)")
    parser.add_argument("--days", action="store_true", help="then the whole date at sixty times real time, each way")
    return parser.parse_args()


if __name__ == "__main__":
    main()
