"""What two sources of responses differ in: the leaf paths only one of them has, and why that is so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, RootModel

from mlb_data_platform.mapping.coverage import Coverage
from mlb_data_platform.yaml_models import StrictModel, load_yaml


class Explained(StrictModel):
    """Why the other source differs in the leaf paths of one mapping."""

    missing: dict[str, str] = Field(default={}, description="Path: why the other source lacks it.")
    extra: dict[str, str] = Field(default={}, description="Path: why only the other source has it.")


class Explanations(RootModel[dict[str, Explained]]):
    """A file of explanations, by mapping (`ENDPOINT.METHOD`)."""


@dataclass(frozen=True)
class Difference:
    """The leaf paths of one mapping that only one source has, each with its reason, or None."""

    missing: dict[str, str | None]
    extra: dict[str, str | None]
    obsolete: tuple[str, ...]
    """Paths that are explained though there is no such difference."""

    @property
    def open(self) -> bool:
        """True if a difference is not explained, or an explanation has nothing to explain."""
        return None in self.missing.values() or None in self.extra.values() or bool(self.obsolete)


def load_explanations(file: Path | None) -> Explanations:
    """Return what `file` explains; nothing without one. Raises YamlProblems."""
    return load_yaml(file, Explanations) if file else Explanations({})


def difference(mine: Coverage, other: Coverage, explanations: Explanations) -> Difference:
    """Return what `other` lacks of `mine`, and what it has beyond, with the reasons `explanations` gives."""
    explained = explanations.root.get(mine.mapping.name, Explained())
    missing, extra = mine.paths - other.paths, other.paths - mine.paths
    return Difference(
        {path: explained.missing.get(path) for path in sorted(missing)},
        {path: explained.extra.get(path) for path in sorted(extra)},
        tuple(sorted((explained.missing.keys() - missing) | (explained.extra.keys() - extra))),
    )
