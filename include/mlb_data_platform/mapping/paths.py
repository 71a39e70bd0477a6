"""The paths of a mapping: the part of JSONPath (RFC 9535) that names places in a response, and what follows them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

ROOT = "$"
SELF = "@"

_NAME = r"""[^.\[\]*'"\\\s\x00-\x1f]+"""
_QUOTED = r"""'(?:[^'\\\x00-\x1f]|\\.)+'"""
_STEP = re.compile(
    rf"""\.(?P<every>\*)                         # .*               every member of an object
       | \.(?P<key>{_NAME})                      # .name            one member
       | (?P<each>\[\*\])                        # [*]              every element of an array
       | \[(?P<members>{_QUOTED}(?:,{_QUOTED})*)\]  # ['home','away']  these members of an object
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Key:
    """`.name`: one member of an object."""

    name: str


@dataclass(frozen=True)
class Each:
    """`[*]`: every element of an array, in order."""


@dataclass(frozen=True)
class Every:
    """`.*`: every member of an object whose keys are data (`players.ID660271`)."""


@dataclass(frozen=True)
class Members:
    """`['home','away']`: the named members of an object, those that are there."""

    names: tuple[str, ...]


Step = Key | Each | Every | Members
Steps = tuple[Step, ...]
Expansion = (Each, Every, Members)


@dataclass(frozen=True)
class Path:
    """A parsed path. `absolute` paths start at the response (`$`), the others at the row they belong to."""

    text: str
    absolute: bool
    steps: Steps

    @classmethod
    def parse(cls, text: str) -> Path:
        """Return the path that `text` spells. Raises ValueError saying what is wrong with it."""
        absolute = text.startswith(ROOT)
        rest = text[1:] if absolute else "" if text == SELF else f".{text}"
        steps: list[Step] = []
        while rest:
            match = _STEP.match(rest)
            if not match:
                raise ValueError(f"'{text}' is not a path: cannot read it from '{rest.lstrip('.')}' on")
            steps.append(_step(match))
            rest = rest[match.end() :]
        return cls(text, absolute, tuple(steps))

    @cached_property
    def labels(self) -> dict[int, str]:
        """What columns call the arrays and maps this path goes through: by how many steps lead to their elements.

        The key under which one stands; its path where it has no key (`$` of `$[*]`), or another one has the same.
        """
        found = {at: self._key_before(at) for at, step in enumerate(self.steps) if isinstance(step, Expansion)}
        once = [key for key, times in Counter(found.values()).items() if key is not None and times == 1]
        return {at + 1: key if key in once and key else text(self.steps[:at]) for at, key in found.items()}

    def elements_of(self, label: str) -> int:
        """Return how many steps lead to the elements of the array or map that `label` names, by its key or its path.

        Raises ValueError where it names none, or more than one.
        """
        for end, known in self.labels.items():
            if label in (known, text(self.steps[: end - 1])):
                return end
        what = "names several arrays or maps" if Key(label) in self.steps else "is no array or map"
        raise ValueError(f"'{label}' {what} of {self} (those are: {', '.join(self.labels.values()) or 'none'})")

    def _key_before(self, at: int) -> str | None:
        before = self.steps[at - 1] if at else None
        return before.name if isinstance(before, Key) else None

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The names of the members this path goes through, in order."""
        return tuple(step.name for step in self.steps if isinstance(step, Key))

    @cached_property
    def is_single(self) -> bool:
        """Whether it leads to one place: through no array and no map."""
        return not any(isinstance(step, Expansion) for step in self.steps)

    def __str__(self) -> str:
        return self.text


def _step(match: re.Match[str]) -> Step:
    if match["key"]:
        return Key(match["key"])
    if match["members"]:
        return Members(tuple(map(_unquoted, re.findall(_QUOTED, match["members"]))))
    return Every() if match["every"] else Each()


@lru_cache(maxsize=10_000)  # a response repeats its keys
def spelled(name: str) -> str:
    """Return the step to the member `name` as paths spell it: `.name`, or in brackets where it is no plain name."""
    return f".{name}" if re.fullmatch(_NAME, name) else f"[{_quoted(name)}]"


def _quoted(name: str) -> str:
    escaped = json.dumps(name, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("'", "\\'")
    return f"'{escaped}'"


def _unquoted(quoted: str) -> str:
    escaped = quoted[1:-1].replace("\\'", "'").replace('"', '\\"')
    name: str = json.loads(f'"{escaped}"')
    return name


def text(steps: Steps) -> str:
    """Return what an absolute path of `steps` is written as."""
    return ROOT + "".join(map(_spelled_step, steps))


def _spelled_step(step: Step) -> str:
    match step:
        case Key(name):
            return spelled(name)
        case Members(names):
            return f"[{','.join(map(_quoted, names))}]"
        case Each():
            return "[*]"
        case Every():
            return ".*"


Member = Callable[[Any, str], Any]


def json_member(holder: Any, name: str) -> Any:
    """Return what stands under `name` in `holder`; None where nothing does: no object, no such key, null or `{}`."""
    found = holder.get(name) if isinstance(holder, dict) else None
    return None if found == {} else found


def values(node: Any, steps: Steps, member: Member = json_member) -> Iterator[Any]:
    """Return all that `steps` lead to from `node`, whose objects `member` reads.

    None stands for a member that is not there; an array or map that is empty, or is not there, has no elements.
    """
    if not steps:
        yield node
        return
    for child in _children(node, steps[0], member):
        yield from values(child, steps[1:], member)


def is_there(node: Any, steps: Steps, member: Member = json_member) -> bool:
    """Return whether `node` has what `steps` lead to, and so has each element of the arrays and maps on the way.

    An array or map on the way must have an element; at the end it may be empty.
    """
    if not steps:
        return node is not None
    children = _children(node, steps[0], member)
    return bool(children) and all(is_there(child, steps[1:], member) for child in children)


def _children(node: Any, step: Step, member: Member) -> list[Any]:
    match step:
        case Key(name):
            return [member(node, name)]
        case Members(names):
            return [found for name in names if (found := member(node, name)) is not None]
        case Each():
            return node if isinstance(node, list) else [] if node is None else [None]
        case Every():
            return list(node.values()) if isinstance(node, dict) else [] if node is None else [None]
