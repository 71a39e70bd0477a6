"""A column of a draft."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from mlb_data_platform.mapping.models import ColumnType
from mlb_data_platform.mapping.paths import SELF, spelled


@dataclass(frozen=True)
class DraftColumn:
    """A column: its value stands at `path` of its row, or comes from where `source` says, as in a mapping.

    `is_always_there`: it is never NULL in the responses of the draft.
    """

    name: str
    type: ColumnType
    path: tuple[str, ...] = ()
    source: dict[str, str | int] = field(default_factory=dict)
    is_always_there: bool = False

    def below(self, label: str) -> DraftColumn:
        """Return the column as the tables below have it, whose rows lie in the array or map `label`."""
        if self.source:  # of a position, a parameter, or a row further out: that is the same from everywhere
            return self
        if label == "":
            return replace(self, source={"path": f"${dotted(self.path)}"})
        return replace(self, source={"path": dotted(self.path)[1:] or SELF, "of": label})


def dotted(path: tuple[str, ...]) -> str:
    """Return a path of names as it stands behind a path: `.about.inning`."""
    return "".join(map(spelled, path))
