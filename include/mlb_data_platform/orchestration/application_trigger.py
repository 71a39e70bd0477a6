"""What the triggerer does while a Spark application runs: it watches the driver, and ends the whole on demand."""

from __future__ import annotations

from airflow.providers.cncf.kubernetes.kubernetes_helper_functions import generic_api_retry
from kubernetes_asyncio.client import ApiException, CustomObjectsApi

from mlb_data_platform.orchestration.pod_trigger import PodTrigger

API_GROUP, API_VERSION, KIND_IN_PATHS = "sparkoperator.k8s.io", "v1beta2", "sparkapplications"
DRIVER_SUFFIX = "-driver"


class ApplicationTrigger(PodTrigger):
    """Watches the driver; where somebody ends the task meanwhile, it deletes the application and not the driver alone.

    A driver that is still starting removes no executor when it is told to end, and Kubernetes keeps an executor as long
    as its application is there.
    """

    async def on_kill(self) -> None:
        """Delete the application: its driver is told to end. Raises ApiException, which the triggerer logs."""
        if not self._fired_event:
            name = self.pod_name.removesuffix(DRIVER_SUFFIX)
            self.log.info("Deleting Spark application %s in namespace %s.", name, self.pod_namespace)
            await self._delete_application(name)

    @generic_api_retry  # type: ignore[untyped-decorator]
    async def _delete_application(self, name: str) -> None:
        async with self.hook.get_conn() as connection:
            try:
                await CustomObjectsApi(connection).delete_namespaced_custom_object(
                    API_GROUP, API_VERSION, self.pod_namespace, KIND_IN_PATHS, name
                )
            except ApiException as error:
                if error.status != 404:
                    raise
