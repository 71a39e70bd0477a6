"""The rules that rows must keep, as a mapping writes them under `quality`. What checks them is `quality/rules.py`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictInt, model_validator

from mlb_data_platform.mapping.names import Name
from mlb_data_platform.yaml_models import StrictModel

Level = Literal["error", "warning"]


class Complete(StrictModel):
    """The columns are never NULL."""

    rule: Literal["complete"]
    columns: list[Name]
    level: Level = "error"


class Between(StrictModel):
    """The column is NULL or within [low, high]."""

    rule: Literal["between"]
    column: Name
    low: float | None = None
    high: float | None = None
    level: Level = "error"

    @model_validator(mode="after")
    def _bounded(self) -> Between:
        if self.low is None and self.high is None:
            raise ValueError("give low, high or both")
        return self


class OneOf(StrictModel):
    """The column is NULL or one of the values."""

    rule: Literal["one_of"]
    column: Name
    values: list[str | StrictInt] = Field(min_length=1)
    level: Level = "error"


class Expression(StrictModel):
    """A condition that PostgreSQL and Spark SQL read alike; a row for which it is NULL passes."""

    rule: Literal["expression"]
    name: Name
    expression: str
    level: Level = "error"


Rule = Annotated[Complete | Between | OneOf | Expression, Field(discriminator="rule")]
