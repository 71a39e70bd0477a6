"""`make bench-follow`: the games of a simulated date followed, in real time and at sixty times that."""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
from datetime import date
from random import Random

from mlb_data_platform.settings import settings
from tests.benchmark.follow import day, kill, real_time, report
from tests.benchmark.follow.stage import stage

_DATE = date(2026, 8, 11)  # fifteen games within six hours


def main() -> None:
    """Measure what the arguments ask for and report it; exit with 1 where what is kept is wrong."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("error: interrupted by SIGTERM"))  # ends what was started
    file = settings().mlb_state_dir.resolve() / "bench-follow.json"
    figures = report.Figures(arguments.date.isoformat(), arguments.minutes)
    _say("services, and the patches of the date")
    with stage(arguments.date) as ready:
        if arguments.kill:
            seed = int(os.environ.get("MLB_SEED") or random.randrange(2**32))
            _say(f"all goes wrong, MLB_SEED={seed}")
            figures.killed = kill.play(ready, Random(seed))
        else:
            begins = real_time.middle(ready, arguments.minutes)
            for way in real_time.WAYS if arguments.minutes else ():
                _say(f"{way}, {arguments.minutes:g} minutes from {begins:%H:%M} UTC")
                figures.ways.append(real_time.measure(ready, way, begins, arguments.minutes))
            for way in arguments.days:
                _say(f"the whole date by {way}")
                figures.days[way] = day.measure(ready, way)
    report.show(figures)
    print(f"figures: {report.save(figures, file)}")
    if figures.killed and figures.killed.wrong:
        sys.exit("\n".join(["error: what is kept is wrong", *figures.killed.wrong]))


def _say(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench-follow", description=__doc__, epilog='Example: make bench-follow ARGS="--minutes 2"'
    )
    parser.add_argument("--date", type=date.fromisoformat, default=_DATE, help=f"of season 2026 (default {_DATE})")
    parser.add_argument("--minutes", type=float, default=5, help="in real time, for each way (default 5; 0: none)")
    parser.add_argument(
        "--days", nargs="*", choices=("polling", "push"), default=["polling"],
        help="how to follow the whole date at sixty times real time (default polling; without a value: not at all)",
    )  # fmt: skip
    parser.add_argument(
        "--kill", action="store_true", help="only the whole date with faults and killed followers; MLB_SEED: the seed"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
