"""What is a correction of a unit: what changes after it is final, but for what is not of the unit itself."""

from __future__ import annotations

from fnmatch import fnmatchcase

from pydantic import Field

from mlb_data_platform.mapping.names import Name
from mlb_data_platform.yaml_models import StrictModel


class PlayerNames(StrictModel):
    """Where the names of players stand: a table whose key is the player's id, and the column."""

    table: Name
    column: Name


class Corrections(StrictModel):
    """The view that has the corrections, and what they are."""

    view: Name = Field(description="Its name, in the schema of the endpoint.")
    final: dict[Name, list[str]] = Field(
        min_length=1, description="Values of columns of the version row with which a unit is final."
    )
    noise: dict[Name, list[str]] = Field(
        {}, description="By table columns that say what is so when they are asked for; * stands for anything."
    )

    notable: dict[Name, list[Name]] = Field(
        {}, description="By table columns whose corrections people care about most."
    )
    people: list[Name] = Field([], description="Columns that have a player's id, in whichever table.")
    names: PlayerNames | None = None
    label: list[Name] = Field([], description="Columns of the version row: what people call a unit, joined by ' @ '.")
    day: Name | None = Field(None, description="The column of the version row that has its date.")

    def noisy(self, table: str, columns: list[str]) -> list[str]:
        """Return those of the columns of `table` whose changes are no corrections."""
        return [name for name in columns if any(fnmatchcase(name, pattern) for pattern in self.noise.get(table, []))]
