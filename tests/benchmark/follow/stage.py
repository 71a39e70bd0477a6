"""Where the bench plays: services of its own that note when a capture was committed, and an API in this process."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psutil

from mlb_data_platform import services
from mlb_data_platform.services.access import ensure_access
from mlb_data_platform.services.environment import services_folder
from mlb_data_platform.services.postgres import Postgres
from mlb_data_platform.services.redis import Redis
from mlb_data_platform.services.s3 import S3
from mlb_data_platform.settings import settings
from mlb_data_platform.storage.database import connect
from mlb_data_platform.storage.objects import RAW_BUCKET
from statsapi_simulator.api.http import running
from tests.benchmark.database import scratch_database
from tests.slate.api import Slate, WatchedApi, slate
from tests.slate.checks import GAME, PATCHES

FOLLOWERS = "followers"  # a kind of processes


@dataclass(frozen=True)
class Stage:
    """A running API and services; this process and its children find them by their environment."""

    api: WatchedApi
    slate: Slate
    postgres: Postgres
    redis: Redis
    folder: Path

    @property
    def server(self) -> psutil.Process:
        """PostgreSQL's first process."""
        return psutil.Process(self.postgres.process.pid())


@contextmanager
def own_services() -> Iterator[Path]:
    """Start services in a new folder of the state folder, which it gives, and end and remove them after the block.

    This process and its children find them by their environment.
    """
    state = settings().mlb_state_dir.resolve()
    state.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=state))
    folder.chmod(0o755)  # PostgreSQL's user has to reach its data
    try:
        os.environ |= services.up(folder)
        settings.cache_clear()
        yield folder
    finally:
        services.down(folder)
        shutil.rmtree(folder)


@contextmanager
def stage(day: date, most: int | None = None) -> Iterator[Stage]:
    """Start all that is needed, and end it after the block. At most so many games are listed, those that end first."""
    api = WatchedApi(day)
    with own_services() as folder:
        home = services_folder(folder)
        access = ensure_access(home)
        postgres, redis = Postgres(home, access[Postgres.name]), Redis(home, access[Redis.name])
        _track_commits(postgres)
        with running(api) as url:
            os.environ["MLB_STATSAPI_BASE_URL"] = url
            found = slate(api, day, most)
            api.list_only(found.game_pks)
            for game_pk in found.game_pks:
                api.league.games.prepare(game_pk)
            yield Stage(api, found, postgres, redis, folder)


def _track_commits(postgres: Postgres) -> None:
    with connect(autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET track_commit_timestamp = on")
    postgres.stop()
    postgres.start()


def bucket(stage: Stage) -> tuple[int, int]:
    """Return how many objects the archive has, and their bytes."""
    folder = stage.postgres.home.parent / S3.name / RAW_BUCKET
    sizes = [file.stat().st_size for file in folder.rglob("*") if file.is_file()]
    return len(sizes), sum(sizes)


@contextmanager
def empty_database() -> Iterator[None]:
    """Give a database without captures, in which the moment of each commit of one, and of its rows, is noted as well.

    A row of its own is needed for that: a raw row is written anew when it is archived, a version row when the next
    capture is published.
    """
    with scratch_database():
        note_commits()
        yield


def note_commits() -> None:
    """Let the database that this process uses note them."""
    with connect(autocommit=True) as connection:
        connection.execute(_NOTES)


_NOTES = f"""
    CREATE SCHEMA bench;
    CREATE TABLE bench.commits
        (game_pk bigint, captured_at timestamptz, raw_id bigint, start_timecode text, reached text[]);
    CREATE TABLE bench.publications (game_pk bigint, captured_at timestamptz, raw_id bigint);
    CREATE FUNCTION bench.note_feed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO bench.commits
            VALUES (NEW.game_pk, NEW.captured_at, NEW.id, NULL, ARRAY[NEW.data #>> '{{metaData,timeStamp}}']);
        RETURN NULL;
    END $$;
    CREATE FUNCTION bench.note_patch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO bench.commits
            SELECT NEW.game_pk, NEW.captured_at, NEW.id, NEW.start_timecode, array_agg(stamp #>> '{{}}')
            FROM jsonb_path_query(
                NEW.data, '$[*].diff[*] ? (@.path == "/metaData/timeStamp" && @.op == "replace").value'
            ) AS stamp;
        RETURN NULL;
    END $$;
    CREATE FUNCTION bench.note_rows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO bench.publications VALUES (NEW.game_pk, NEW.captured_at, NEW.raw_id);
        RETURN NULL;
    END $$;
    CREATE TRIGGER note AFTER INSERT ON {GAME} FOR EACH ROW EXECUTE FUNCTION bench.note_feed();
    CREATE TRIGGER note AFTER INSERT ON {PATCHES} FOR EACH ROW EXECUTE FUNCTION bench.note_patch();
    CREATE TRIGGER note AFTER INSERT OR UPDATE ON game.live_game_metadata
        FOR EACH ROW EXECUTE FUNCTION bench.note_rows();
"""
