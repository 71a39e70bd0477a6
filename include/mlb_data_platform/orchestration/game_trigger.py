"""What the triggerer does until a game begins: it asks PostgreSQL, once for all who wait for games of the same date."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Hashable
from contextlib import aclosing
from datetime import date
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TaskSuccessEvent, TriggerEvent

from mlb_data_platform.errors import PlatformError
from mlb_data_platform.jobs.each import Each
from mlb_data_platform.live.patience import DATABASE_SECONDS, Patience
from mlb_data_platform.live.slate import Slate, SlateQuestion
from mlb_data_platform.orchestration.connections import connect_postgres_async
from mlb_data_platform.settings import settings
from mlb_data_platform.storage.database import errors_for_people

_log = logging.getLogger(__name__)

SECONDS_BETWEEN_QUESTIONS = 2.0


class GameTrigger(BaseEventTrigger):
    """Waits for the start of a game of a date, or of the first one, as the schedule's table tells it.

    The triggers of a date share one stream of what PostgreSQL answers (Airflow runs it, from the first of them to the
    last), so sixty cost what one does. It tells states, not changes: a trigger that comes late, or a triggerer that is
    started again, misses nothing.

    It ends its task itself: no worker starts for that, and the scheduler cannot take it for a task that failed, as it
    can where an event resumes a task of whose deferral it has not heard yet (see `pod_trigger`).
    """

    def __init__(self, *, each: dict[str, Any], day: str, game: dict[str, Any] | None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.each = each
        self.day = day
        self.game = game

    @property
    def question(self) -> SlateQuestion:
        """What to ask PostgreSQL."""
        each, day = Each.model_validate(self.each), date.fromisoformat(self.day)
        return SlateQuestion(each, day, clock_speed=settings().mlb_clock_speed)

    def ending(self, slate: Slate) -> str | None:
        """Return why the wait is over, in a line; None while it is not."""
        reason = slate.nothing_to_wait_for(self.game["game_pk"] if self.game else None)
        return f"{self.name}: {reason}" if reason else None

    @property
    def name(self) -> str:
        """What is waited for, as people call it."""
        return f"game {self.game['game_pk']} ({self.game['label']})" if self.game else f"the first game of {self.day}"

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return this class and its arguments."""
        path = f"{GameTrigger.__module__}.{GameTrigger.__qualname__}"
        return path, {"each": self.each, "day": self.day, "game": self.game}

    def shared_stream_key(self) -> Hashable:
        """Return what the triggers have in common that one question serves."""
        return self.day, json.dumps(self.each, sort_keys=True)

    @classmethod
    async def open_shared_stream(cls, kwargs: dict[str, Any]) -> AsyncIterator[Slate | PlatformError]:
        """Yield the slate of a date as it is every two seconds, for ever; an error once that took too long."""
        question = cls(**kwargs).question
        patience = Patience(DATABASE_SECONDS, _log.warning)
        while True:
            try:
                async with aclosing(_slates(question)) as slates:
                    async for slate in slates:
                        patience.succeeded()
                        yield slate
            except PlatformError as error:
                try:
                    patience.failed(error)
                except PlatformError as given_up:
                    yield given_up
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
