"""What goes wrong on demand: faults by rate or by rule, and which request each one hits.

Which request is hit depends on the seed, the fault, the target and how often that target was asked for; not on the
order in which different targets are asked, nor on threads. Only `nth` and `times` count over all targets, in the order
in which they are asked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from threading import Lock
from typing import Annotated, Self
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from statsapi_simulator.seeded import seeded

_GAME = re.compile(r"/(?:game|gameday)/(\d+)(?:/|$)")


class Kind(StrEnum):
    """The faults. Those of patches, feeds or push channels leave other requests alone."""

    TOO_MANY = "429"  # with Retry-After
    SERVER_ERROR = "5xx"
    RESET = "reset"  # the connection, before a byte
    SLOW = "slow"  # the body arrives bit by bit
    CUT = "cut"  # the body ends before its Content-Length
    HTML = "html"  # a page for people, with status 200
    WRONG_GAME = "wrong_game"  # another game's answer
    STALE = "stale"  # a feed as it was some revisions ago
    DUPLICATE = "duplicate"  # each envelope of a patch and each pushed message twice; the feed before the newest
    REORDER = "reorder"  # the envelopes of a patch, last first
    BAD_PATCH = "bad_patch"  # an operation that does not fit the document
    LAG = "lag"  # a patch as it was some seconds ago
    FALLBACK = "fallback"  # the whole feed instead of a patch
    GAP = "gap"  # one envelope of a patch, not the last, is missing
    REFUSED = "refused"  # nobody may subscribe to the push channel
    SILENT = "silent"  # a push channel without messages and heartbeats
    DROPPED = "dropped"  # a push channel that ends after some messages


class Fault(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One fault and the requests it may hit: all, or those that fit everything that is given.

    `rate` is the share of the fitting requests, `path` a regular expression that is found somewhere in path and query.
    With `nth` only that one of the fitting requests is hit, with `times` not more than so many. `seconds` is what a 429
    says in Retry-After, and how long a slow body takes.
    """

    kind: Kind
    rate: Annotated[float, Meta(ge=0, le=1)] = 1.0
    path: str | None = None
    game_pk: int | None = None
    nth: Annotated[int, Meta(ge=1)] | None = None
    times: Annotated[int, Meta(ge=1)] | None = None
    seconds: Annotated[float, Meta(ge=0, le=60)] = 1.0

    def __post_init__(self) -> None:
        """Raise ValueError for a path that is no regular expression."""
        try:
            re.compile(self.path or "")
        except re.error as error:
            raise ValueError(f"path '{self.path}' is no regular expression: {error}") from None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the fault that a flag says: KIND=RATE. Raises ValueError with the reason."""
        kind, _, rate = text.partition("=")
        if kind not in list(Kind) or not rate:
            raise ValueError(f"'{text}' is not KIND=RATE with one of {', '.join(Kind)}, all")
        try:
            return msgspec.convert({"kind": kind, "rate": float(rate)}, cls)
        except (ValueError, msgspec.ValidationError):
            raise ValueError(f"'{text}': the rate is a number from 0 to 1") from None

    def fits(self, target: str) -> bool:
        """Return whether the fault may hit a request for `target` (path and query)."""
        game = _GAME.search(urlsplit(target).path)
        return (self.path is None or re.search(self.path, target) is not None) and (
            self.game_pk is None or (game is not None and int(game[1]) == self.game_pk)
        )


def parse_flags(texts: Iterable[str]) -> list[Fault]:
    """Return the faults of several flags; `all=RATE` stands for each kind. Raises ValueError with the reason."""
    return [fault for text in texts for fault in _parse_flag(text)]


def _parse_flag(text: str) -> Iterator[Fault]:
    name, equals, rate = text.partition("=")
    for kind in Kind if name == "all" else [name]:
        yield Fault.parse(f"{kind}{equals}{rate}")


def parse_json(body: bytes) -> list[Fault]:
    """Return the faults of a JSON list. Raises ValueError with the reason."""
    try:
        return msgspec.json.decode(body, type=list[Fault])
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from None


@dataclass(frozen=True)
class Aimed:
    """A fault that wants to hit a request, and where it takes its chance from."""

    fault: Fault
    rng: Random


class Faults:
    """The faults in force. Safe for threads."""

    def __init__(self, seed: int, faults: Sequence[Fault] = ()) -> None:
        self._seed = seed
        self._lock = Lock()
        self._asked: Counter[str] = Counter()
        self.set(faults)

    def set(self, faults: Sequence[Fault]) -> None:
        """Put `faults` in the place of those in force; their counts begin anew, those of the requests do not."""
        with self._lock:
            self.faults = tuple(faults)
            self._fitted = [0] * len(faults)
            self._hit = [0] * len(faults)

    def aimed_at(self, target: str) -> list[Aimed]:
        """Count a request for `target` and return the faults that want to hit it, in order.

        The caller puts the first one into effect that it can, if `struck` lets it.
        """
        with self._lock:
            self._asked[target] += 1
            aimed = [self._aim(number, target) for number in range(len(self.faults))]
            return [each for each in aimed if each]

    def struck(self, aimed: Aimed) -> bool:
        """Take down that a fault takes effect; False if it may not, as other requests have used up its `times`."""
        with self._lock:
            number = next((n for n, fault in enumerate(self.faults) if fault is aimed.fault), None)
            if number is None:  # they were replaced meanwhile
                return True
            if aimed.fault.times is not None and self._hit[number] >= aimed.fault.times:
                return False
            self._hit[number] += 1
            return True

    def _aim(self, number: int, target: str) -> Aimed | None:
        fault = self.faults[number]
        if not fault.fits(target):
            return None
        self._fitted[number] += 1
        if fault.nth is not None and self._fitted[number] != fault.nth:
            return None
        if fault.times is not None and self._hit[number] >= fault.times:
            return None
        rng = seeded(self._seed, "fault", number, fault.kind.value, target, self._asked[target])
        return Aimed(fault, rng) if rng.random() < fault.rate else None
