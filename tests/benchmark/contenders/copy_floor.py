"""Contender (b), the floor: a bare COPY of the same rows into the same tables and indexes, over two connections.

The rows lie in files as COPY text, a folder for each chunk of games; a chunk is a transaction, as the platform's
batches are. Read and parsed JSON, audit and versions are what this leaves out.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from psycopg.sql import SQL, Identifier

from mlb_data_platform.mapping.load import load_mapping
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.database import connect
from tests.benchmark.work import ENDPOINT, answer, copies_folder

_CONNECTIONS = 2


def main() -> None:
    """Copy all chunks in and say how long that took."""
    mapping = load_mapping(ENDPOINT)
    chunks = sorted(copies_folder().iterdir())
    parts = [chunks[start::_CONNECTIONS] for start in range(_CONNECTIONS)]
    started = time.perf_counter()
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        list(pool.map(partial(_copy, mapping), parts))
    answer(time.perf_counter() - started)


def _copy(mapping: Mapping, chunks: list[Path]) -> None:
    with connect() as connection:
        for chunk in chunks:
            for table in mapping.tables:
                statement = SQL("COPY {} FROM STDIN").format(Identifier(mapping.endpoint, table))
                with connection.cursor().copy(statement) as copy:
                    copy.write((chunk / f"{table}.copy").read_bytes())
            connection.commit()


if __name__ == "__main__":
    main()
