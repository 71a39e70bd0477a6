"""Follows one document from what is kept of it to its end: one run of `mlb-etl live follow`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from datetime import date

from mlb_data_platform.documents.moment import document_at
from mlb_data_platform.errors import PlatformError
from mlb_data_platform.live.archiving import Archiving
from mlb_data_platform.live.follow.capture_buffer import CaptureBuffer
from mlb_data_platform.live.follow.document_client import DocumentClient
from mlb_data_platform.live.follow.follower import Follower
from mlb_data_platform.live.follow.listed_date import ListedDate
from mlb_data_platform.live.follow.notifications import NoNotifications, NotificationSource
from mlb_data_platform.live.follow.push import PushChannel
from mlb_data_platform.live.lock import StandbyLock, follow_lock
from mlb_data_platform.live.patience import DATABASE_SECONDS, Patience
from mlb_data_platform.mapping.load import followed_mapping
from mlb_data_platform.mapping.raw_endpoint import Patches
from mlb_data_platform.settings import Settings
from mlb_data_platform.statsapi.catalogue import Endpoint
from mlb_data_platform.statsapi.client import StatsApiClient
from mlb_data_platform.storage.capture import Parameters, natural_key
from mlb_data_platform.storage.database import KeptConnection
from mlb_data_platform.storage.executions import Execution
from mlb_data_platform.storage.objects import ObjectStore
from mlb_data_platform.storage.partitions import make_coming_months

# Who locks a raw table for longer delays what is kept, but not what is asked.
_LOCK_SECONDS = 5


def follow(
    game_pk: int, settings: Settings, execution: Execution, say: Callable[[str], None], day: date | None = None
) -> dict[str, int]:
    """Keep each change of a game until it is settled or parked, and return what was counted.

    With `day` what the schedule says of that date counts as well: who was moved there is waited for, who was moved
    away is not. What happens is told by `say`. `execution` is done once the game has come to its end, and has the
    errors of what was away for too long, of a game that the API does not have, and of what could not be archived.
    """
    mapping, patch_endpoint = followed_mapping()
    parameters: Parameters = {key.parameter: game_pk for key in mapping.natural_key.values()}
    execution.asked = 1
    with (
        StatsApiClient(settings) as client,
        closing(KeptConnection(_LOCK_SECONDS)) as kept,
        closing(_news(patch_endpoint.patches, parameters, settings, client, say)) as news,
    ):
        database = Patience(DATABASE_SECONDS, say)
        buffer = CaptureBuffer(kept, database)
        documents = DocumentClient(client, mapping, patch_endpoint, parameters)
        follower = Follower(patch_endpoint.patches, documents, buffer, news, say, settings.mlb_clock_speed)
        listed = ListedDate(kept, game_pk, day, settings.mlb_clock_speed) if day else None
        lock = StandbyLock(kept, follow_lock(mapping, game_pk), say, database)

        def begin() -> None:
            for endpoint in (mapping, patch_endpoint):
                make_coming_months(kept.get(), endpoint.name)
            follower.start(
                document_at(kept.get(), mapping, natural_key(mapping, parameters)),
                goes_on_here=listed is not None and listed.goes_on_here(),
            )

        archiving = Archiving((mapping, patch_endpoint), ObjectStore(settings).write)
        try:
            ending = _followed_to_its_end(follower, buffer, lock, begin, execution, listed)
        except PlatformError as error:
            execution.errors.append(error)
        else:
            say(f"ended: {ending}")
            if follower.is_parked or (listed and listed.is_elsewhere):
                execution.notes.append(f"game {game_pk} is {ending}: follow it again when it goes on")
        execution.errors += archiving.finish()
        execution.done = int(not execution.errors)
        return {"requests": client.traffic.requests, "bytes": client.traffic.bytes, **asdict(follower.counts)}


def _followed_to_its_end(
    follower: Follower,
    buffer: CaptureBuffer,
    lock: StandbyLock,
    begin: Callable[[], None],
    execution: Execution,
    listed: ListedDate | None,
) -> str:
    """Follow while nobody else does, and it is not listed elsewhere; return how it ended, once all is committed."""
    is_ours = False
    while True:
        if not is_ours:
            lock.take(begin)
        ending = follower.turn()
        if ending is None and not buffer.is_behind:  # else PostgreSQL is away: whoever asks it would wait for nothing
            execution.save()
            ending = listed.elsewhere() if listed else None
        if ending is not None:
            return ending
        is_ours = lock.is_ours()


def _news(
    patches: Patches, parameters: Parameters, settings: Settings, client: StatsApiClient, say: Callable[[str], None]
) -> NotificationSource:
    if patches.push is None or not settings.mlb_push_url:
        return NoNotifications()
    url = settings.mlb_push_url + Endpoint(patches.push.path).target(parameters)
    return PushChannel(url, patches.push, client.wait_for_turn, say, settings.mlb_clock_speed)
