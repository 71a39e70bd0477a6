"""What the cache has of the units of a mapping: their state, and a stream of what changes in their rows."""

from __future__ import annotations

from string import Formatter
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from mlb_data_platform.mapping.names import Name
from mlb_data_platform.yaml_models import StrictModel


def _template(text: str) -> str:
    for name in named([text]):
        if not name.isidentifier():
            raise ValueError(f"'{text}': in braces stands the name of a column")
    return text


# Of a line for people: texts with columns in braces; what names a column that is NULL is left out.
Parts = list[Annotated[str, AfterValidator(_template)]]


class LookedUp(StrictModel):
    """A value from another table of the unit: of the row whose key is the value of column `by`."""

    table: Name
    column: Name
    by: Name


class Kind(StrictModel):
    """One kind of change: the rows of a table, or some columns of the version row."""

    table: Name | None = None
    names: dict[Name, LookedUp] = Field({}, description="What a row has beside its columns, for readers without SQL.")
    of: Name | None = Field(None, description="The kind of the rows that these belong to: their key begins with its.")
    columns: list[Name] = Field([], description="Instead of `table`: those of the version row that change together.")
    line: Parts = Field([], description="What `live tail` prints of it; nothing where all parts are left out.")
    style: str = Field("", description="How a terminal shows the line, in Rich's words.")

    @model_validator(mode="after")
    def _one_origin(self) -> Kind:
        if (self.table is None) == (not self.columns):
            raise ValueError("give one of table, columns")
        if self.table is None and (self.names or self.of):
            raise ValueError("'names' and 'of' go with 'table'")
        return self


class Serve(StrictModel):
    """Keys of the cache, with columns of the unit in braces, and the kinds of change, in the order they are told."""

    state: str = Field(description="Has the version row as JSON.")
    served: str = Field(description="Has what was told of the unit: which rows there are, and by which capture.")
    changes: str = Field(pattern=r"^[^{}]+$", description="The stream of changes of all units.")
    title: Parts = Field(description="What `live tail` prints before each line of a unit.")
    kinds: dict[Name, Kind] = Field(min_length=1)


def named(parts: Parts) -> list[str]:
    """Return the columns that templates name. Raises ValueError where one is none."""
    return [name for part in parts for _, name, _, _ in Formatter().parse(part) if name is not None]
