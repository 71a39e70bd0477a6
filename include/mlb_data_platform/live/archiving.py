"""Archives while the follower follows, in a thread of its own: an object store that is slow or away delays nothing."""

from __future__ import annotations

from collections.abc import Collection
from threading import Event, Thread

from mlb_data_platform.errors import PlatformError
from mlb_data_platform.mapping.raw_endpoint import RawEndpoint
from mlb_data_platform.storage.archive import Archivist, Write
from mlb_data_platform.storage.database import KeptConnection

_LOOKS_EVERY_SECONDS = 1.0


class Archiving:
    """Keeps up with what is stored of some endpoints until it is finished, or the program ends."""

    def __init__(self, mappings: Collection[RawEndpoint], write: Write) -> None:
        self._kept = KeptConnection()
        self._archivist = Archivist(mappings, self._kept, write)
        self._over = Event()
        self._thread = Thread(target=self._keep_up, name="archive", daemon=True)
        self._thread.start()

    def finish(self) -> list[PlatformError]:
        """Archive all there is, and return what keeps the rest from it."""
        self._over.set()
        self._thread.join()
        errors = self._archivist.finish()
        self._kept.close()
        return errors

    def _keep_up(self) -> None:
        while not self._over.wait(_LOOKS_EVERY_SECONDS):
            self._archivist.keep_up()
