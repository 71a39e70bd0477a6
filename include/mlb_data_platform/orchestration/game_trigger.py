"""What the triggerer does until a game begins: it asks PostgreSQL, once for all who wait for games of the same date."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Hashable
from contextlib import aclosing
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TaskSuccessEvent, TriggerEvent

from mlb_data_platform.errors import PlatformError
from mlb_data_platform.jobs.models import FanOut
from mlb_data_platform.jobs.slate import Slate, SlateQuestion
from mlb_data_platform.orchestration.connections import connect_postgres_async
from mlb_data_platform.settings import settings
from mlb_data_platform.storage.database import errors_for_people

_log = logging.getLogger(__name__)

SECONDS_BETWEEN_QUESTIONS = 2.0
# A restart or failover of PostgreSQL fits in.
PATIENCE_SECONDS = 600.0


class GameTrigger(BaseEventTrigger):
    """Waits for the start of a game of a date, or of the first one, as the schedule's table tells it.

    The triggers of a date share one stream of what PostgreSQL answers (Airflow runs it, from the first of them to the
    last), so sixty cost what one does. It tells states, not changes: a trigger that comes late, or a triggerer that is
    started again, misses nothing.

    It ends its task itself: no worker starts for that, and the scheduler cannot take it for a task that failed, as it
    can where an event resumes a task of whose deferral it has not heard yet (see `spark_trigger`).
    """

    def __init__(self, *, fan_out: dict[str, Any], date: str, game: dict[str, Any] | None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.fan_out = fan_out
        self.date = date
        self.game = game

    @property
    def question(self) -> SlateQuestion:
        """What to ask PostgreSQL."""
        return SlateQuestion(FanOut.model_validate(self.fan_out), self.date, clock_speed=settings().mlb_clock_speed)

    def ending(self, slate: Slate) -> str | None:
        """Return why the wait is over, in a line; None while it is not."""
        reason = slate.nothing_to_wait_for(self.game["game_pk"] if self.game else None)
        return f"{self.name}: {reason}" if reason else None

    @property
    def name(self) -> str:
        """What is waited for, as people call it."""
        return f"game {self.game['game_pk']} ({self.game['label']})" if self.game else f"the first game of {self.date}"

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return this class and its arguments."""
        path = f"{GameTrigger.__module__}.{GameTrigger.__qualname__}"
        return path, {"fan_out": self.fan_out, "date": self.date, "game": self.game}

    def shared_stream_key(self) -> Hashable:
        """Return what the triggers have in common that one question serves."""
        return self.date, json.dumps(self.fan_out, sort_keys=True)

    @classmethod
    async def open_shared_stream(cls, kwargs: dict[str, Any]) -> AsyncIterator[Slate | PlatformError]:
        """Yield the slate of a date as it is every two seconds, for ever; an error once that took too long."""
        question = cls(**kwargs).question
        answered_at, is_away = time.monotonic(), False
        while True:
            try:
                async with aclosing(_slates(question)) as slates:
                    async for slate in slates:
                        answered_at, is_away = time.monotonic(), False
                        yield slate
            except PlatformError as error:
                if time.monotonic() - answered_at > PATIENCE_SECONDS:
                    yield error
                elif not is_away:
                    _log.warning("%s: asking again until it answers", error)
                    is_away = True
            await asyncio.sleep(SECONDS_BETWEEN_QUESTIONS)

    async def filter_shared_stream(self, shared_stream: AsyncIterator[Any]) -> AsyncIterator[TriggerEvent]:
        """Yield the end of the task when there is nothing to wait for, or the error that resumes it."""
        async for slate in shared_stream:
            if isinstance(slate, PlatformError):
                yield TriggerEvent({"error": str(slate)})  # type: ignore[no-untyped-call]
                return
            if ending := self.ending(slate):
                self.log.info(ending)
                yield TaskSuccessEvent()
                return

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Do the same for one trigger alone: `airflow dags test` runs it so, within the task's process."""
        async for event in self.filter_shared_stream(self.open_shared_stream(self.serialize()[1])):
            yield event


async def _slates(question: SlateQuestion) -> AsyncGenerator[Slate]:
    """What PostgreSQL answers over one connection, as long as that holds. Raises what `errors_for_people` does."""
    async with await connect_postgres_async() as connection:
        while True:
            with errors_for_people():
                answer = await connection.execute(question.query, question.parameters)
                rows = await answer.fetchall()
            yield question.answer(rows)
            await asyncio.sleep(SECONDS_BETWEEN_QUESTIONS)
