"""The paths of a mapping: the part of JSONPath (RFC 9535) that names places in a response."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

ROOT = "$"
SELF = "@"

_STEP = re.compile(
    r"""\.(?P<every>\*)                      # .*               every member of an object
      | \.(?P<key>[^.\[\]*'\s]+)             # .name            one member
      | (?P<each>\[\*\])                     # [*]              every element of an array
      | \[(?P<members>'[^']+'(?:,'[^']+')*)\]  # ['home','away']  these members of an object
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
Expansion = (Each, Every, Members)


@dataclass(frozen=True)
class Path:
    """A parsed path. `absolute` paths start at the response (`$`), the others at the row they belong to."""

    text: str
    absolute: bool
    steps: tuple[Step, ...]

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
    def expansions(self) -> tuple[str, ...]:
        """The names of the arrays and maps this path goes through, outermost first: what columns refer to."""
        return tuple(
            previous.name
            for previous, step in zip(self.steps, self.steps[1:], strict=False)
            if isinstance(step, Expansion) and isinstance(previous, Key)
        )

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The names of the members this path goes through, in order."""
        return tuple(step.name for step in self.steps if isinstance(step, Key))

    def __str__(self) -> str:
        return self.text


def _step(match: re.Match[str]) -> Step:
    if match["key"]:
        return Key(match["key"])
    if match["members"]:
        return Members(tuple(name.strip("'") for name in match["members"].split(",")))
    return Every() if match["every"] else Each()
