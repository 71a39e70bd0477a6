"""What the triggerer does while a deferred task's pod runs, or the driver's of a Spark application: it watches it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.providers.cncf.kubernetes.triggers.pod import KubernetesPodTrigger
from airflow.providers.cncf.kubernetes.utils.pod_manager import AsyncPodManager
from airflow.triggers.base import TriggerEvent

if TYPE_CHECKING:
    from kubernetes.client import V1Pod
    from pendulum import DateTime

# The scheduler hears that the process of a deferred task has ended up to six seconds later, longer on a busy machine.
SECONDS_UNTIL_THE_DEFERRAL_IS_KNOWN = 10.0


# How often what a pod has logged meanwhile is brought to the log of its task in Airflow.
SECONDS_BETWEEN_LOGS = 60


class PodLogs(AsyncPodManager):
    """The provider's, but that no line is lost between two pieces of a log; one may be in both.

    A piece ends where the second begins in which it is read. The provider (10.25) has the next one begin within it.
    """

    async def fetch_container_logs_before_current_sec(
        self, pod: V1Pod, container_name: str, since_time: DateTime | None = None
    ) -> DateTime | None:
        """Log the lines from `since_time` on, and return where the next piece is to begin."""
        read_at = await super().fetch_container_logs_before_current_sec(pod, container_name, since_time)
        return read_at and read_at.start_of("second")


class PodTrigger(KubernetesPodTrigger):
    """The provider's trigger; its event comes when the scheduler knows of the deferral, and not before.

    Airflow (3.3.2) takes a task that is resumed earlier for one that failed: that costs a try, and retries what exit
    code 2 has called useless (apache/airflow#67287, #72716).
    """

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return this class and the arguments of the provider's."""
        _, arguments = super().serialize()
        return f"{type(self).__module__}.{type(self).__qualname__}", arguments

    @cached_property
    def pod_manager(self) -> PodLogs:
        """What talks to Kubernetes."""
        return PodLogs(async_hook=self.hook)

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield how the pod ended."""
        async for event in super().run():
            deferred_for = (datetime.now(UTC) - self.trigger_start_time).total_seconds()
            await asyncio.sleep(max(SECONDS_UNTIL_THE_DEFERRAL_IS_KNOWN - deferred_for, 0))
            yield event
