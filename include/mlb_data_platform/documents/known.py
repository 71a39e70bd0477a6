"""The last documents that a process has had at hand: a patch of one of them is applied to it.

That spares reading, for each patch, the whole document and all patches that led to its base, which late in a game are
hundreds.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.sql import SQL

from mlb_data_platform.documents.document import Json, canonical_text, read, sha256_of
from mlb_data_platform.documents.patch import patched
from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.raw_endpoint import PatchEndpoint
from mlb_data_platform.storage.bodies import bodies
from mlb_data_platform.storage.capture import NaturalKey
from mlb_data_platform.storage.raw import has_natural_key, raw_table
from mlb_data_platform.storage.stored_body import StoredBody


@dataclass(frozen=True)
class _Known:
    """A document and when it was captured; one that was captured as a whole is not read before there is a patch."""

    captured_at: datetime
    content: Json | StoredBody
    sha256: str | None = None


@dataclass(frozen=True)
class _Patch:
    raw_id: int
    stored_at: datetime
    base_sha256: str | None
    result_sha256: str | None


class KnownDocuments:
    """The last documents of `size` natural keys, those that were used last."""

    def __init__(self, mapping: Mapping, size: int) -> None:
        self._mapping = mapping
        self._size = size
        self._known: OrderedDict[tuple[Any, ...], _Known] = OrderedDict()

    def keep(self, natural_key: NaturalKey, captured_at: datetime, content: Json | StoredBody) -> None:
        """Remember the document of a capture; whoever gives it leaves it as it is."""
        self._keep(natural_key, _Known(captured_at, content))

    def patched(
        self, connection: Connection, natural_key: NaturalKey, raw_id: int, captured_at: datetime
    ) -> bytes | None:
        """Return the document that a patch leads to, as JSON, where known patches lead on to it from a known document.

        Else None: whether it leads to one at all, all that is in the raw tier decides.
        """
        known = self._known.pop(tuple(natural_key.values()), None)
        endpoint = self._mapping.patch_endpoint
        if known is None or endpoint is None:
            return None
        patches = _since(connection, endpoint, natural_key, known, captured_at)
        try:
            content = known.content if isinstance(known.content, dict) else read(known.content.exact)
            chain = _chain(patches, raw_id, known.sha256 or sha256_of(canonical_text(content)))
            answers = bodies(connection, endpoint, chain) if chain else {}
            for patch in chain:
                content = patched(content, read(answers[patch.raw_id].exact), endpoint.patches.revision)
        except BadInputError:
            return None
        text = canonical_text(content)
        sha256 = sha256_of(text)
        if not chain or sha256 != chain[-1].result_sha256:
            return None
        self._keep(natural_key, _Known(captured_at, content, sha256))
        return text

    def _keep(self, natural_key: NaturalKey, known: _Known) -> None:
        if self._size and self._mapping.patches:
            self._known[tuple(natural_key.values())] = known
            while len(self._known) > self._size:
                self._known.popitem(last=False)


def _since(
    connection: Connection, endpoint: PatchEndpoint, natural_key: NaturalKey, known: _Known, until: datetime
) -> Sequence[_Patch]:
    """The patches after the known document, newest first."""
    query = SQL(
        """
        SELECT id AS raw_id, captured_at AS stored_at, base_sha256, result_sha256
        FROM {raw} AS raw WHERE {natural_key} AND captured_at > %(since)s AND captured_at <= %(until)s
        ORDER BY captured_at DESC, content_sha256 DESC
        """
    ).format(raw=raw_table(endpoint), natural_key=has_natural_key(natural_key))
    cursor = connection.cursor(row_factory=class_row(_Patch))
    return cursor.execute(query, {**natural_key, "since": known.captured_at, "until": until}).fetchall()


def _chain(newest_first: Sequence[_Patch], last: int, base_sha256: str) -> list[_Patch]:
    """The patches that lead from a document to patch `last`, in the order they are applied; none if they do not."""
    chain: list[_Patch] = []
    for patch in newest_first:
        if patch.raw_id == last or (chain and patch.result_sha256 and patch.result_sha256 == chain[-1].base_sha256):
            chain.append(patch)
            if patch.base_sha256 == base_sha256:
                return chain[::-1]
    return []
