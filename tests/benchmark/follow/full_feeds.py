"""The rival: reads the whole feed of each game every ten seconds, and stores each new one as the platform does.

One process with a thread for each game, so that it is as cheap as can be.
"""

from __future__ import annotations

import sys
import time
from threading import Thread

from mlb_data_platform.live.follow.document_client import DocumentClient
from mlb_data_platform.mapping.load import followed_mapping
from mlb_data_platform.settings import settings
from mlb_data_platform.statsapi.client import StatsApiClient
from mlb_data_platform.storage.database import KeptConnection
from mlb_data_platform.storage.raw import store

_EVERY_SECONDS = 10.0


def main() -> None:
    """Follow the games that the arguments name until the program is ended."""
    mapping, patch_endpoint = followed_mapping()
    game_pks = [int(each) for each in sys.argv[1:]]
    with StatsApiClient(settings()) as client:
        threads = [
            Thread(
                target=_follow,
                args=(DocumentClient(client, mapping, patch_endpoint, {"game_pk": game_pk}), number / len(game_pks)),
            )
            for number, game_pk in enumerate(game_pks)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def _follow(documents: DocumentClient, phase: float) -> None:
    kept = KeptConnection()
    next_at = time.monotonic() + phase * _EVERY_SECONDS
    while True:
        store(kept.get(), documents.whole().capture)
        time.sleep(max(next_at - time.monotonic(), 0))
        next_at += _EVERY_SECONDS


if __name__ == "__main__":
    main()
