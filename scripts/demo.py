"""What `make up` shows: a simulated date whose games are on just now, and Airflow following them."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec

from mlb_data_platform.cli.workflow.airflow_api import AirflowApi, airflow_api
from mlb_data_platform.cli.workflow.start import request_of_run
from mlb_data_platform.errors import BadInputError, TransientError
from mlb_data_platform.files import write_whole
from mlb_data_platform.jobs.graph import LIST_GAMES
from mlb_data_platform.jobs.load import load_job
from mlb_data_platform.services import SimulatedSeason
from statsapi_simulator.model import ScheduledGame
from statsapi_simulator.world.dates import baseball_day, shift_to
from statsapi_simulator.world.season import build_world
from statsapi_simulator.world.slates import Slate, games_on, next_slate

_SEED = 7
LIVE = "mlb_live"
# What a day of games needs: the dates of the season, the games as they are played with the chances of both sides, and
# all of them the morning after, with who played and the chances as they ended.
DAGS = (
    *("mlb_season", "mlb_schedule", "mlb_game", "mlb_people"),
    *("mlb_win_probability", "mlb_win_probability_today", LIVE),
)
LOADED = ("mlb_schedule", "mlb_game")  # by date, one needs the other
_GOES_ON = ("queued", "running")
_PARSED_WITHIN_SECONDS = 120
_DUE_RUN_WITHIN_SECONDS = 60


GamesByDate = dict[date, list[int]]  # by gamePk


class Shown(msgspec.Struct, frozen=True):
    """A slate, and the season whose games it takes."""

    season: int
    shift_days: int
    slate: Slate


class Demo(msgspec.Struct, frozen=True):
    """What a state folder has been shown: a game that has begun keeps its time for ever, since it is in the tables."""

    seed: int
    shown: tuple[Shown, ...] = ()

    def at(self, now: datetime) -> Demo:
        """Return the same with one more slate, where it takes one for a date's games to be on at `now` (aware)."""
        season, shift_days = _season_at(now)
        slate = next_slate(self._games(now), self._slates(season, shift_days), now)
        return Demo(self.seed, (*self.shown, Shown(season, shift_days, slate))) if slate else self

    def on(self, now: datetime) -> GamesByDate:
        """Return the games that are on at `now`, by gamePk, of each date that they count for."""
        found: GamesByDate = {}
        for game in games_on(self._games(now), now):
            found.setdefault(game.official_date, []).append(game.game_pk)
        return found

    def simulated(self, now: datetime) -> SimulatedSeason:
        """Return what the simulator is to serve at `now`."""
        season, shift_days = _season_at(now)
        slates = tuple(f"{each.day}={each.begins.isoformat()}" for each in self._slates(season, shift_days))
        return SimulatedSeason(self.seed, season, shift_days=shift_days, slates=slates)

    def _games(self, now: datetime) -> tuple[ScheduledGame, ...]:
        season, shift_days = _season_at(now)
        return build_world(self.seed, season, shift_days, self._slates(season, shift_days)).schedule

    def _slates(self, season: int, shift_days: int) -> tuple[Slate, ...]:
        return tuple(each.slate for each in self.shown if (each.season, each.shift_days) == (season, shift_days))


def _season_at(now: datetime) -> tuple[int, int]:
    """The season that is on, and by how many days it has to be moved for that."""
    today = baseball_day(now)
    return today.year, shift_to(today)


def load(file: Path, seed: int | None) -> Demo:
    """Return what `file` says was shown; where it is missing, nothing of the season of `seed`.

    Raises BadInputError where that was another season's seed: the same games would have other people and results.
    """
    if not file.exists():
        return Demo(_SEED if seed is None else seed)
    demo = msgspec.json.decode(file.read_bytes(), type=Demo)
    if seed not in (None, demo.seed):
        raise BadInputError(
            f"MLB_SIMULATOR_SEED: {file.parent} has games of the league of seed {demo.seed}, and one folder takes one "
            f"league: leave it out, or name another folder (MLB_STATE_DIR), or `make clean`"
        )
    return demo


def save(file: Path, demo: Demo) -> None:
    """Write down what is shown: before anybody can see it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, msgspec.json.format(msgspec.json.encode(demo)).decode())


def follow(on: GamesByDate) -> bool:
    """Have Airflow follow the games that are on, by date; return whether it does.

    The first time, when `mlb_live` has never run, the DAGs that it takes are unpaused; `make run` may have run others
    of them before. Later they are as the user left them: where `mlb_live` is paused, nothing is started.

    Raises TransientError where Airflow does not know the DAGs within two minutes, or makes no run that is due.
    """
    with airflow_api() as api:
        _wait_until_parsed(api)
        if not api.newest_runs(LIVE, 1):
            unpaused = {dag: api.unpause(dag) for dag in DAGS}
            _start(api, "mlb_season", {})
            _wait_for_due_run(api, unpaused[LIVE])
        if api.is_paused(LIVE):
            return False
        for day, game_pks in on.items():
            _follow(api, day.isoformat(), game_pks)
    return True


def _wait_for_due_run(api: AirflowApi, dag: dict[str, Any]) -> None:
    """Wait for the run that Airflow makes of a tick that was not long ago: it may be of the date that is followed."""
    due = dag["next_dagrun_run_after"]
    if due is None or datetime.fromisoformat(due) > datetime.now(UTC):
        return
    deadline = time.monotonic() + _DUE_RUN_WITHIN_SECONDS
    while not api.newest_runs(LIVE, 1):
        if time.monotonic() > deadline:
            raise TransientError(
                f"Airflow has not made the run of {LIVE} that is due since {due}: is its scheduler up?"
            )
        time.sleep(0.5)


def _follow(api: AirflowApi, day: str, game_pks: list[int]) -> None:
    """Start a run of a date, or have the one that goes on list its games anew, unless it has these.

    It goes on as long as the date has games that are not over: of several, those that come later might never start.
    """
    runs = [run["dag_run_id"] for run in api.runs(LIVE) if run["partition_key"] == day and run["state"] in _GOES_ON]
    if not runs:
        _start(api, LIVE, {"date": day})
    elif not any(_has(api, run, game_pks) for run in runs):
        api.clear(LIVE, runs[0], [LIST_GAMES])
    else:
        for run in runs:
            _try_again_now(api, run)


def _try_again_now(api: AirflowApi, run_id: str) -> None:
    """Let begin what waits to be tried again: when services were away a few times, the pauses have become minutes."""
    tasks = [task for task in api.task_instances(LIVE, run_id) if task["state"] == "up_for_retry"]
    if tasks:
        api.clear(LIVE, run_id, [[task["task_id"], task["map_index"]] for task in tasks])


def _has(api: AirflowApi, run_id: str, game_pks: list[int]) -> bool:
    """Whether a run has these games, or has still to find out which there are."""
    try:
        return {game["game_pk"] for game in api.listed_games(LIVE, run_id)} >= set(game_pks)
    except BadInputError:  # nothing is there yet
        return True


def _start(api: AirflowApi, dag: str, conf: dict[str, str]) -> None:
    api.trigger(dag, request_of_run(load_job(dag), conf))


def _wait_until_parsed(api: AirflowApi) -> None:
    deadline = time.monotonic() + _PARSED_WITHIN_SECONDS
    while missing := set(DAGS) - {dag["dag_id"] for dag in api.dags()}:
        if time.monotonic() > deadline:
            raise TransientError(f"Airflow has not read {', '.join(sorted(missing))}; its UI shows import errors")
        time.sleep(0.5)
