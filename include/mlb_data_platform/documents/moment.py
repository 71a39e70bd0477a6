"""The one function that gives the document of something at any moment, and that of each capture (DESIGN section 5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from psycopg import Connection

from mlb_data_platform.documents.chain import Base, Chains, Link
from mlb_data_platform.documents.document import Json, canonical_sha256, read
from mlb_data_platform.documents.links import links, revision_of
from mlb_data_platform.documents.patch import MisfitError, patched
from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.bodies import bodies
from mlb_data_platform.storage.capture import NaturalKey
from mlb_data_platform.storage.stored_body import LostContentError


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
    for link in history.links:
        try:
            return history.document(link)
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
        self._revisions: dict[int, str | None] = {}  # of whole documents, by raw_id
        self._hashes: dict[int, str] = {}  # of those that a patch may start from; "" where it is none
        self._at_hand: dict[int, Json] = {}  # the whole document that was read last, while nobody has changed it
        self.links: Sequence[Link] = links(connection, mapping, natural_key, moment)
        self._chains = Chains(self.links, self._is_base)

    def document(self, target: Link) -> CapturedDocument:
        """Return the document of a capture, one of `links`; whoever asked may change it.

        Raises MisfitError where it is a patch that fits no document in the raw tier or leads to another one than its
        row says, or is no JSON object, and LostContentError where the archive does not give back what it takes.
        """
        while True:
            chain = self._chains.of(target)
            try:
                return CapturedDocument(target, self._checked(chain))
            except _BrokenLinkError as error:
                self._chains.give_up(error.link, str(error))  # perhaps there is another base

    def _checked(self, chain: Sequence[Link]) -> Json:
        """The document at the end of a chain. It must have the last hash that rows of the chain say."""
        expected = _expected(chain)
        last_known = max((number for number, sha256 in enumerate(expected) if sha256), default=-1)
        content: Json = {}
        for number, content in enumerate(self._documents(chain)):
            if number == last_known and canonical_sha256(content) != expected[number]:
                raise self._astray(chain)
        return content

    def _documents(self, chain: Sequence[Link]) -> Iterator[Json]:
        """Yield the document of each capture of a chain; the next step changes it."""
        whole, *patches = chain
        content = self._whole(whole)
        yield content
        endpoint = self._mapping.patch_endpoint
        answers = bodies(self._connection, endpoint, patches) if endpoint and patches else {}
        for patch in patches:
            try:
                content = patched(content, read(answers[patch.raw_id].exact), self._revision)
            except LostContentError:
                raise
            except BadInputError as error:
                raise _BrokenLinkError(patch, error) from None
            yield content

    def _astray(self, chain: Sequence[Link]) -> _BrokenLinkError:
        """What is to be given up of a chain that leads elsewhere than rows say: the patch with which it goes astray.

        That is the first one of which something does not hold, after the last one that leads where its row says.
        """
        wrong: list[_BrokenLinkError] = []
        sha256 = ""
        for link, content in zip(chain, self._documents(chain), strict=True):
            before, sha256 = sha256, canonical_sha256(content)
            if link.result_sha256 == sha256:
                wrong.clear()
            elif link.result_sha256:
                reason = f"it leads to the document {sha256}, not to {link.result_sha256} as is said of it"
                wrong.append(_BrokenLinkError(link, reason))
            elif link.base and link.base.sha256 not in (None, before):
                reason = f"it is a patch of the document {link.base.sha256}, not of {before}"
                wrong.append(_BrokenLinkError(link, reason))
        return wrong[0]

    def _is_base(self, whole: Link, wanted: Base) -> bool:
        if wanted.revision is not None and self._revision_of(whole) != wanted.revision:
            return False
        return wanted.sha256 is None or self._hash_of(whole) == wanted.sha256

    def _revision_of(self, whole: Link) -> str | None:
        if whole.raw_id not in self._revisions:
            self._revisions[whole.raw_id] = revision_of(self._connection, self._mapping, whole)
        return self._revisions[whole.raw_id]

    def _hash_of(self, whole: Link) -> str:
        if whole.raw_id not in self._hashes:
            try:
                self._at_hand = {whole.raw_id: self._whole(whole)}
                self._hashes[whole.raw_id] = canonical_sha256(self._at_hand[whole.raw_id])
            except _BrokenLinkError:
                self._hashes[whole.raw_id] = ""
        return self._hashes[whole.raw_id]

    def _whole(self, link: Link) -> Json:
        if link.raw_id in self._at_hand:
            return self._at_hand.pop(link.raw_id)
        stored = bodies(self._connection, self._mapping, [link])[link.raw_id]
        try:
            content = read(stored.exact)
        except LostContentError:
            raise
        except BadInputError as error:
            raise _BrokenLinkError(link, error) from None
        if not isinstance(content, dict):
            raise _BrokenLinkError(link, "it holds no JSON object")
        return content

    @property
    def _revision(self) -> str:
        return self._mapping.patches.revision if self._mapping.patches else "$"


class _BrokenLinkError(Exception):
    """A capture that is no document, or a patch that does not fit, or leads elsewhere than rows say."""

    def __init__(self, link: Link, reason: object) -> None:
        super().__init__(f"raw row {link.raw_id}: {reason}")
        self.link = link


def _expected(chain: Sequence[Link]) -> list[str | None]:
    """The canonical hash of the document of each capture of a chain, as far as the rows of patches say it."""
    bases = [link.base.sha256 if link.base else None for link in chain[1:]]
    return [link.result_sha256 or base for link, base in zip(chain, [*bases, None], strict=True)]
