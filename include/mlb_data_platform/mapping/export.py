"""What divides the tables of a mapping where they are exported: the season and the date of a unit."""

from __future__ import annotations

from pydantic import Field

from mlb_data_platform.mapping.names import Name
from mlb_data_platform.yaml_models import StrictModel


class Export(StrictModel):
    """Columns of the version row: every row that belongs to a unit lies with its season and date."""

    season: Name | None = Field(None, description="The column that has the season, an integer.")
    date: Name | None = Field(None, description="The column that has the date.")

    @property
    def columns(self) -> dict[str, str]:
        """The columns that divide, the season before the date, each with its type."""
        named = {self.season: "integer", self.date: "date"}
        return {name: type_ for name, type_ in named.items() if name is not None}
