"""`make bench`: raw rows already in PostgreSQL → all tables committed, beside the floor and the rivals, in one run."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.settings import settings
from mlb_data_platform.storage.database import connect
from tests.benchmark import next_capture, raw_tier, report, stages
from tests.benchmark.contenders import CONTENDERS, PLATFORM, Contender
from tests.benchmark.course import Course, DifferentRows
from tests.benchmark.database import scratch_database
from tests.benchmark.games import CopiedFeed, Season, SimulatedSeason
from tests.benchmark.work import ENDPOINT

_ALL_GAMES = 2430
_QUICK_GAMES = 100


def main() -> None:
    """Run what the arguments ask for and report it; exit with 1, and no report, where the rows differ."""
    arguments = _arguments()
    season: Season = CopiedFeed(arguments.feed, arguments.games) if arguments.feed else SimulatedSeason()
    if len(season.games) < arguments.games:
        sys.exit(f"error: the season has {len(season.games)} games, asked for were {arguments.games}")
    state = settings().mlb_state_dir.resolve()
    state.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=state))
    try:
        figures = _measured(arguments, season, folder)
    except DifferentRows as difference:
        sys.exit(f"error: {difference}")
    finally:
        shutil.rmtree(folder)
    report.show(figures, markdown=arguments.markdown)
    print(f"figures: {report.save(figures, state / 'bench.json')}")


def _measured(arguments: argparse.Namespace, season: Season, folder: Path) -> report.Figures:
    mapping = load_mapping(ENDPOINT)
    with scratch_database() as database:
        course = Course(mapping, season, arguments.games, arguments.contenders, database, folder, _say)
        runs = course.run()
        _say("where the time goes, one process")
        profile = stages.profile(mapping)
        _say("raw tier")
        with connect(autocommit=True) as connection:
            raw = raw_tier.figures(connection, mapping)
        _say("a game's next capture")
        return report.Figures(arguments.games, runs, raw, profile, next_capture.figures(mapping, arguments.states))


def _say(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)


def _contenders(text: str) -> Sequence[Contender]:
    known = {contender.key: contender for contender in CONTENDERS}
    if unknown := set(text.split(",")) - set(known):
        raise argparse.ArgumentTypeError(f"no such contender: {', '.join(sorted(unknown))} (of {', '.join(known)})")
    return [each for each in CONTENDERS if each is PLATFORM or each.key in text.split(",")]


def _arguments() -> argparse.Namespace:
    titles = "; ".join(f"{each.key} {each.title}" for each in CONTENDERS)
    parser = argparse.ArgumentParser(
        prog="make bench", description=__doc__, epilog='Example: make bench ARGS="--games 400 --contenders a1,b"'
    )
    parser.add_argument("--games", type=int, default=_ALL_GAMES, help=f"how many (default {_ALL_GAMES}: a season)")
    parser.add_argument("--quick", action="store_const", dest="games", const=_QUICK_GAMES, help=f"{_QUICK_GAMES} games")
    parser.add_argument(
        "--contenders", type=_contenders, default=CONTENDERS, metavar="KEYS",
        help=f"some of: {titles}; a1 always runs: its rows are what the others' are compared with",
    )  # fmt: skip
    parser.add_argument("--states", type=int, default=121, help="of the game that is followed (default 121)")
    parser.add_argument("--feed", type=Path, help="a recorded feed/live response, copied, instead of simulated games")
    parser.add_argument("--markdown", action="store_true", help="print the tables as Markdown")
    return parser.parse_args()


if __name__ == "__main__":
    main()
