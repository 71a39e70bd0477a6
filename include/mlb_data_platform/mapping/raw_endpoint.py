"""The part of a mapping that the raw tier knows: how an endpoint is asked for, and how its raw rows are keyed.

The answers of most endpoints are documents, which the rest of their mapping turns into rows of tables. Those of a patch
endpoint are changes of another's documents (RFC 6902): they become rows only as the documents they lead to.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from mlb_data_platform.mapping.names import AbsolutePath, Name, Parameter, ValuePath
from mlb_data_platform.mapping.paths import Path
from mlb_data_platform.yaml_models import StrictModel


class NaturalKeyColumn(StrictModel):
    """A column of the raw table that names what was asked for."""

    type: Literal["bigint", "text"]
    parameter: Parameter = Field(description="The request's parameter it is taken from.")
    path: AbsolutePath | None = Field(
        None, description="Where the response repeats it, once or in each element; another value there is an error."
    )
    many: Name | None = Field(
        None,
        description="The column of the unit whose values the parameter lists, joined by commas ('personIds=1,2'): each"
        " is a unit of its own. What is asked for is the same in any order.",
    )

    def asked(self, value: str | int | None) -> list[str]:
        """Return the values that a parameter asks for: one, or each of those it lists, in order."""
        if value is None or self.many is None:
            return [] if value is None else [str(value)]
        return sorted({each.strip() for each in str(value).split(",")}, key=_in_order)

    @model_validator(mode="after")
    def _lists_text(self) -> NaturalKeyColumn:
        if self.many is not None and (self.type != "text" or not self.generated):
            raise ValueError("many goes with type text, and with a path through an array or map if with any")
        return self

    @property
    def generated(self) -> bool:
        """Whether the raw table's column is generated from the request's parameters, and NULL without the parameter.

        What every response repeats, at one place, is a plain column and never NULL.
        """
        return self.path is None or not Path.parse(self.path).is_single


def _in_order(value: str) -> tuple[bool, int, str]:
    """What sorts values of a parameter: numbers by their size, before anything else."""
    is_number = value.isdecimal()
    return not is_number, int(value) if is_number else 0, value


class Request(StrictModel):
    """How the endpoint is called: by its name in pymlb_statsapi's catalogue, else by its path."""

    catalogue: str | None = Field(None, pattern=r"^[A-Z]\w+\.\w+$", description="For example Game.liveGameV1.")
    path: str | None = Field(None, pattern=r"^/", description="For example /api/v1/venues/{venue_id}.")
    parameters: list[str] = Field([], description="Parameters the API takes beyond the catalogue's, e.g. hydrate.")

    @model_validator(mode="after")
    def _one_way(self) -> Request:
        if (self.catalogue is None) == (self.path is None):
            raise ValueError("give one of catalogue, path")
        return self


class Dates(StrictModel):
    """Which raw rows belong to a date: those whose natural key is listed for it, or is the date.

    Of a natural key with several values one of these has to be listed.
    """

    column: Name = Field(description="The column that holds the date: of `table`, else of the raw table.")
    table: str | None = Field(
        None, pattern=r"^[a-z_]+\.[a-z_]+$", description="A table that lists natural keys by date."
    )
    key: dict[Name, list[Name]] = Field(
        {}, description="The columns of `table` that have a natural key, where they are called otherwise."
    )


Codes = Annotated[list[str], Field(min_length=1)]


class States(StrictModel):
    """Documents in one of some states: the value at `path` is one of `values`."""

    path: ValuePath
    values: Codes


class Push(StrictModel):
    """The channel on which the API says that there is something new to ask for (FEED F7)."""

    path: str = Field(pattern=r"^/", description="Of the WebSocket; parameters of the natural key in braces.")
    parameter: Parameter = Field(description="The parameter of the patch's request that takes a message's id.")
    update: ValuePath = Field(description="Where a message has its id.")
    revision: ValuePath = Field(description="Where a message names the revision there is now.")
    whole: States = Field(description="Messages after which the whole document is asked for.")
    heartbeat: str = Field(min_length=1, description="What either side says at times, to show that it is there.")
    heartbeat_seconds: float = Field(gt=0, description="After three of them without a word the channel is silent.")


class Follow(StrictModel):
    """How often a document is asked for what changed, when it is checked as a whole, and when it is settled."""

    wait: ValuePath = Field(description="Where a document says after how many seconds to ask again.")
    state: ValuePath = Field(description="Where a document says for people what is going on.")
    status: ValuePath = Field(description="The value that `settled` and `parked` are about.")
    settled: Codes = Field(description="It is as it stays, late corrections apart: the follower ends.")
    parked: Codes = Field(description="It goes on another day, perhaps: the follower ends, and says so.")
    slow: list[States] = Field([], description="States in which little happens: it is asked less often.")
    checked_with: list[ValuePath] = Field(
        [], description="When a value there changes, the whole document is asked for and compared."
    )


class Patches(StrictModel):
    """The endpoint whose answers are patches of this one's documents, keyed as they are."""

    method: Name
    schema_version: int = Field(ge=1)
    description: str
    request: Request
    start: Parameter = Field(description="The parameter that names the revision whose changes are asked for.")
    revision: ValuePath = Field(description="Where a document names its revision; later ones are greater.")
    revisions: Request | None = Field(
        None, description="What lists all revisions of a document: tells whether patches left one out."
    )
    follow: Follow
    push: Push | None = None


class RawEndpoint(StrictModel):
    """One endpoint: how it is asked for, and how its raw rows are keyed."""

    endpoint: Name
    method: Name
    schema_version: int = Field(ge=1)
    description: str
    request: Request
    natural_key: dict[Name, NaturalKeyColumn] = Field(min_length=1)
    dates: Dates | None = Field(None, description="What --date selects; without it the endpoint has no dates.")

    @property
    def name(self) -> str:
        """`endpoint.method`, which is also the raw table."""
        return f"{self.endpoint}.{self.method}"

    def canonical(self, parameters: dict[str, str | int]) -> dict[str, str | int]:
        """Return the parameters of a request as they are sent and kept: lists of values in order, each value once."""
        lists = {key.parameter: key for key in self.natural_key.values() if key.many}
        return {
            name: ",".join(lists[name].asked(value)) if name in lists else value for name, value in parameters.items()
        }

    def listed_in(self, dates: Dates) -> dict[str, list[str]]:
        """Return the columns of the natural key, each with those of the table of `dates` that list its values."""
        units = {name: key.many or name for name, key in self.natural_key.items()}
        return {name: dates.key.get(unit, [unit]) for name, unit in units.items()}


class PatchEndpoint(RawEndpoint):
    """An endpoint whose answers are patches: its raw rows say of which document, and what came of it."""

    patches: Patches
