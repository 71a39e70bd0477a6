"""The one function that gives the document of something at any moment, and that of each capture (DESIGN section 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import msgspec
from psycopg import Connection

from mlb_data_platform.documents.chain import Base, Link, chain
from mlb_data_platform.documents.document import Json, canonical_sha256, value_at
from mlb_data_platform.documents.links import links
from mlb_data_platform.documents.patch import MisfitError, patched
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.capture import NaturalKey
from mlb_data_platform.storage.raw import bodies


@dataclass(frozen=True)
class CapturedDocument:
    """The document that a capture, `link`, leads to."""

    link: Link
    content: Json

    @cached_property
    def sha256(self) -> str:
        """Its canonical hash."""
        return canonical_sha256(self.content)


def document_at(
    connection: Connection, mapping: Mapping, natural_key: NaturalKey, moment: datetime | None = None
) -> CapturedDocument | None:
    """Return the document with this natural key as of `moment`, by default as of now; None where there is none.

    It is that of the newest capture that leads to one: a patch which fits nothing in the raw tier is passed over.
    """
    history = History(connection, mapping, natural_key, moment)
    for position in range(len(history.links)):
        try:
            return history.document(position)
        except MisfitError:
            continue
    return None


class History:
    """The captures with one natural key until `moment`, newest first as `links`, and the documents they lead to."""

    def __init__(
        self, connection: Connection, mapping: Mapping, natural_key: NaturalKey, moment: datetime | None = None
    ) -> None:
        self._connection = connection
        self._mapping = mapping
        self._identities: dict[int, tuple[str, str | None]] = {}  # of whole documents by raw_id: hash and revision
        self.links: Sequence[Link] = links(connection, mapping, natural_key, moment)

    def document(self, position: int) -> CapturedDocument:
        """Return the document of the capture at this position of `links`; whoever asked may change it.

        Raises MisfitError where it is a patch that fits no document in the raw tier or leads to another one than its
        row says, or is no JSON object.
        """
        target = self.links[position]
        whole, *patches = chain(target, self.links[position + 1 :], self._is_base)
        content = self._whole(whole)
        answers = (
            bodies(self._connection, self._mapping.patch_endpoint, patches) if self._mapping.patch_endpoint else {}
        )
        for patch in patches:
            try:
                content = patched(content, msgspec.json.decode(answers[patch.raw_id]), self._revision)
            except MisfitError as error:
                raise MisfitError(f"raw row {patch.raw_id}: {error}") from None
        document = CapturedDocument(target, content)
        if target.result_sha256 not in (None, document.sha256):
            raise MisfitError(f"it leads to the document {document.sha256}, not to {target.result_sha256}")
        return document

    @property
    def _revision(self) -> str:
        return self._mapping.patches.revision if self._mapping.patches else "$"

    def _is_base(self, whole: Link, wanted: Base) -> bool:
        if whole.raw_id not in self._identities:
            try:
                content = self._whole(whole)
            except MisfitError:
                return False
            self._identities[whole.raw_id] = canonical_sha256(content), value_at(content, self._revision)
        sha256, revision = self._identities[whole.raw_id]
        return sha256 == wanted.sha256 if wanted.sha256 else revision == wanted.revision is not None

    def _whole(self, link: Link) -> Json:
        content = msgspec.json.decode(bodies(self._connection, self._mapping, [link])[link.raw_id])
        if not isinstance(content, dict):
            raise MisfitError(f"raw row {link.raw_id} holds no JSON object")
        return content
