"""What the triggerer does while a deferred task's pod runs, or the driver's of a Spark application: it watches it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from airflow.providers.cncf.kubernetes.triggers.pod import KubernetesPodTrigger
from airflow.triggers.base import TriggerEvent

# The scheduler hears that the process of a deferred task has ended up to six seconds later, longer on a busy machine.
SECONDS_UNTIL_THE_DEFERRAL_IS_KNOWN = 10.0


class PodTrigger(KubernetesPodTrigger):
    """The provider's trigger; its event comes when the scheduler knows of the deferral, and not before.

    Airflow (3.3.2) takes a task that is resumed earlier for one that failed: that costs a try, and retries what exit
    code 2 has called useless (apache/airflow#67287, #72716).
    """

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return this class and the arguments of the provider's."""
        _, arguments = super().serialize()
        return f"{PodTrigger.__module__}.{PodTrigger.__qualname__}", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield how the pod ended."""
        async for event in super().run():
            deferred_for = (datetime.now(UTC) - self.trigger_start_time).total_seconds()
            await asyncio.sleep(max(SECONDS_UNTIL_THE_DEFERRAL_IS_KNOWN - deferred_for, 0))
            yield event
