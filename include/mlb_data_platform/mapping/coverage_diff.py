"""What two sources of responses differ in: the leaf paths only one of them has, and why that is so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, RootModel

from mlb_data_platform.mapping.coverage import Coverage
from mlb_data_platform.yaml_models import StrictModel, load_yaml

_MEMBERS = re.compile(r"\['([^\]]+)'\]")


class Explained(StrictModel):
    """Why the other source differs in the leaf paths of one mapping: at a path and at all below it."""

    missing: dict[str, str] = Field(default={}, description="Path: why the other source lacks it.")
    extra: dict[str, str] = Field(default={}, description="Path: why only the other source has it.")
    rare: dict[str, str] = Field(default={}, description="Path: why either source may happen to lack it.")


class Explanations(RootModel[dict[str, Explained]]):
    """A file of explanations, by mapping (`ENDPOINT.METHOD`)."""


@dataclass(frozen=True)
class CoverageDiff:
    """The leaf paths of one mapping that only one source has, each with its reason, or None."""

    missing: dict[str, str | None]
    extra: dict[str, str | None]
    obsolete: tuple[str, ...]
    """Paths that are explained though there is no such difference, other than the rare ones."""

    @property
    def open(self) -> bool:
        """True if a difference is not explained, or an explanation has nothing to explain."""
        return None in self.missing.values() or None in self.extra.values() or bool(self.obsolete)


def load_explanations(file: Path | None) -> Explanations:
    """Return what `file` explains; nothing without one. Raises YamlProblems."""
    return load_yaml(file, Explanations) if file else Explanations({})


def difference(mine: Coverage, other: Coverage, explanations: Explanations) -> CoverageDiff:
    """Return what `other` lacks of `mine`, and what it has beyond, with the reasons `explanations` gives."""
    explained = explanations.root.get(mine.mapping.name, Explained())
    missing, missing_for_nothing = _explain(mine.paths - other.paths, explained.missing, explained.rare)
    extra, extra_for_nothing = _explain(other.paths - mine.paths, explained.extra, explained.rare)
    return CoverageDiff(missing, extra, (*missing_for_nothing, *extra_for_nothing))


def _explain(
    paths: set[str], expected: dict[str, str], rare: dict[str, str]
) -> tuple[dict[str, str | None], list[str]]:
    """Return each path with the reason nearest to it, and what is expected to differ but does not."""
    reasons = {**rare, **expected}
    places = sorted(reasons, key=len, reverse=True)
    nearest = {path: next((each for each in places if _covers(each, path)), None) for path in sorted(paths)}
    found = {path: None if each is None else reasons[each] for path, each in nearest.items()}
    return found, sorted(expected.keys() - nearest.values())


def _covers(place: str, path: str) -> bool:
    """True if `path` is `place` or below it; `['away','home']` stands for either, as in mappings."""
    members = _MEMBERS.search(place)
    if members:
        before, after = place[: members.start()], place[members.end() :]
        return any(_covers(f"{before}.{name}{after}", path) for name in members[1].split("','"))
    return path.startswith(place) and path[len(place) :][:1] in ("", ".", "[")
