"""The typed form of `include/mappings/ENDPOINT/METHOD.yaml`: how one response becomes rows of tables.

What the YAML may write shorter, `shorthand` spells out before these models see it.
"""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from itertools import chain
from typing import Any, Literal

from pydantic import ConfigDict, Field, model_validator

from mlb_data_platform.mapping.corrections import Corrections
from mlb_data_platform.mapping.export import Export
from mlb_data_platform.mapping.names import AbsolutePath, IgnorablePath, Name, RelativePath
from mlb_data_platform.mapping.paths import Each, Members, Path
from mlb_data_platform.mapping.quality_rules import Rule
from mlb_data_platform.mapping.raw_endpoint import PatchEndpoint, Patches, RawEndpoint
from mlb_data_platform.mapping.serve import Serve
from mlb_data_platform.yaml_models import Location, StrictModel

ColumnType = Literal[
    "bigint",
    "integer",
    "numeric",
    "double precision",
    "text",
    "boolean",
    "date",
    "timestamptz",
    "text[]",
    "integer[]",
    "jsonb",
]
KEPT_WHOLE = "jsonb"
"""The type of a column that keeps what stands at its path with all that is below it."""
ARRAYS = ("text[]", "integer[]")
"""The types of columns that hold an array of single values."""

_SOURCES = ("path", "position", "member", "value", "parameter")


class Source(StrictModel):
    """Where the value of a column comes from: exactly one of path, position, member, value, parameter."""

    path: RelativePath | list[RelativePath] | None = Field(
        None,
        description="From the row ('about.inning'), the response ('$.gamePk') or the row itself ('@'). "
        "Of a list, the first path that has a value.",
    )
    of: str | None = Field(
        None,
        description="An enclosing array or map, by its key ('plays') or its path ('$.plays', '$' of a response that is"
        " an array itself): `path` starts at its element.",
    )
    position: str | None = Field(
        None, description="The array, by its key or its path, whose 0-based position is the value."
    )
    plus: int = Field(0, description="Added to `position`.")
    member: str | None = Field(None, description="The map, by its key or its path, whose key is the value.")
    value: str | int | bool | None = Field(None, description="A constant.")
    parameter: str | None = Field(None, description="Name of the request's parameter that is the value.")
    default: str | int | None = Field(None, description="Used where `parameter` was not sent.")
    divide_by: int | None = Field(None, gt=0, description="Keep the whole part of value / divide_by.")
    modulo: int | None = Field(None, gt=0, description="Keep the remainder of value / modulo.")

    @property
    def given(self) -> tuple[str, ...]:
        """Which of the alternatives are given."""
        return tuple(name for name in _SOURCES if getattr(self, name) is not None)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The parsed paths, in order of preference; empty for other kinds of source."""
        texts = [self.path] if isinstance(self.path, str) else self.path or []
        return tuple(Path.parse(text) for text in texts)

    def misnamed(self, rows: Path) -> str | None:
        """Return what is wrong with the arrays and maps of `rows` that it names, or None if they are there."""
        for label in (self.of, self.position, self.member):
            try:
                if label is not None:
                    rows.elements_of(label)
            except ValueError as error:
                return str(error)
        return None

    @property
    def plain(self) -> bool:
        """Whether the value stands at one path below the row, as most do."""
        computed = self.of or self.plus or self.divide_by or self.modulo
        return not computed and len(self.paths) == 1 and self.paths[0].steps != () and not self.paths[0].absolute

    @model_validator(mode="after")
    def _one_source(self) -> Source:
        if len(self.given) > 1:
            raise ValueError(f"give one of {', '.join(_SOURCES)}, not {' and '.join(self.given)}")
        return self


class Column(Source):
    """A column: its type and where its value comes from."""

    type: ColumnType
    null_if: list[str] = Field([], description="Texts that say that there is no value, such as '-.--'.")
    description: str = Field("", description="Becomes part of the column's comment, after the path.")

    @model_validator(mode="after")
    def _takes_its_type(self) -> Column:
        computed = [name for name in ("plus", "divide_by", "modulo") if getattr(self, name)]
        if self.type in (KEPT_WHOLE, *ARRAYS) and (computed or self.given not in ((), ("path",))):
            raise ValueError(f"{self.type} goes with path, not with {(computed or self.given)[0]}")
        if self.type == KEPT_WHOLE and self.null_if:
            raise ValueError("null_if does not go with jsonb, which keeps what there is")
        return self


class Condition(StrictModel):
    """Which elements become rows. `present` asks for content: {}, [] and null are not present."""

    model_config = ConfigDict(serialize_by_alias=True)

    path: RelativePath | None = Field(None, description="From the row ('isPitch'), or the response ('$.gameType').")
    present: bool | None = None
    equals: str | int | bool | None = None
    differs: str | int | bool | None = Field(None, description="True where the value is another one or missing.")
    one_of: list[str | int | bool] | None = Field(None, alias="in", min_length=1, description="Equals one of these.")
    alternatives: list[Condition] | None = Field(
        None, alias="any", min_length=2, description="Instead of `path`: conditions of which one has to hold."
    )

    @property
    def all_paths(self) -> list[tuple[Path, bool]]:
        """The paths it reads, those of its alternatives too, each with whether it compares what stands there."""
        if self.path is None:
            return [each for condition in self.alternatives or () for each in condition.all_paths]
        return [(Path.parse(self.path), self.present is None)]

    @model_validator(mode="after")
    def _one_test(self) -> Condition:
        tests = (self.present, self.equals, self.differs, self.one_of)
        if sum(test is not None for test in tests) != (self.path is not None):
            raise ValueError("give one of present, equals, differs, in with path")
        if (self.path is None) == (self.alternatives is None):
            raise ValueError("give one of path, any")
        return self


class RowSource(StrictModel):
    """One place of the response that gives rows, and what it says of single columns."""

    rows: AbsolutePath
    where: list[Condition] = []
    columns: dict[Name, Source] = Field({}, description="Replaces the source of these columns of the table.")


class Table(StrictModel):
    """One table: where its rows come from, its key, its columns and the rules its rows must keep."""

    description: str
    rows: AbsolutePath | None = None
    where: list[Condition] = []
    sources: list[RowSource] = Field([], description="Instead of `rows`, where rows come from several places.")
    key: list[Name] = Field([], description="After the mapping's common columns.")
    nullable_key: list[Name] = Field([], description="The columns of the key that may be NULL.")
    across_units: str | None = Field(
        None, description="Why the key names a row whatever its unit is, where it lacks columns of the unit."
    )
    columns: dict[Name, Column]
    indexes: list[list[Name]] = []
    searched: list[Name] = Field(
        [],
        description="Columns in which people look for how a text begins, in whatever case and with any accents: each"
        " has an index of `metadata.searched(column) text_pattern_ops`.",
    )
    views_by: Name | None = Field(None, description="A two-valued key column: one view per value ('side').")
    quality: list[Rule] = []

    @property
    def located_sources(self) -> tuple[tuple[Location, RowSource], ...]:
        """All places that give rows of this table, each with where it stands below the table's key in the YAML."""
        if self.rows is not None:
            return (((), RowSource(rows=self.rows, where=self.where)),)
        return tuple((("sources", position), source) for position, source in enumerate(self.sources))

    @property
    def row_sources(self) -> tuple[RowSource, ...]:
        """All places that give rows of this table."""
        return tuple(source for _, source in self.located_sources)

    @property
    def view_values(self) -> tuple[str, ...]:
        """The values of `views_by`, which are the members that the paths of its rows name; none if one names none."""
        found = [_members_named(source, self._source_of(self.views_by, source)) for source in self.row_sources]
        return tuple(dict.fromkeys(chain(*found))) if all(found) else ()

    def _source_of(self, column: str | None, source: RowSource) -> Source | None:
        return source.columns.get(column or "", self.columns.get(column or ""))

    @model_validator(mode="after")
    def _consistent(self) -> Table:
        if (self.rows is None) == (not self.sources):
            raise ValueError("give either 'rows' or 'sources'")
        if self.sources and self.where:
            raise ValueError("'where' goes with 'rows'; each of 'sources' has its own")
        for source in self.row_sources:
            rows = Path.parse(source.rows)
            for name, column in {**self.columns, **source.columns}.items():
                if misnamed := column.misnamed(rows):
                    raise ValueError(f"column '{name}': {misnamed}")
                if self.rows is not None and not column.given:
                    raise ValueError(f"column '{name}': give one of {', '.join(_SOURCES)}")
            if unknown := set(source.columns) - set(self.columns):
                raise ValueError(f"{source.rows}: no such column: {', '.join(sorted(unknown))}")
        if unknown := set(self.nullable_key) - set(self.key):
            raise ValueError(f"nullable_key: not in the key: {', '.join(sorted(unknown))}")
        return self


def _members_named(source: RowSource, column: Source | None) -> tuple[str, ...]:
    """The keys that a column can have which is taken from the members of an object: those that the path names."""
    if column is None or column.member is None:
        return ()
    rows = Path.parse(source.rows)
    step = rows.steps[rows.elements_of(column.member) - 1]
    return step.names if isinstance(step, Members) else ()


class Ignored(StrictModel):
    """A path, with everything below it, that no table holds; `$..name` means that name anywhere."""

    path: IgnorablePath
    reason: str = Field(min_length=8)


_OF_COLUMNS: Any = {"__all__": {"description"}}
_DECIDES_NO_ROW: Any = {
    "description": True,
    "request": True,
    "dates": True,
    "patches": True,
    "serve": True,
    "corrections": True,
    "export": True,
    "unrecorded": True,
    "unsimulated": True,
    "ignore": True,
    "common": _OF_COLUMNS,
    "tables": {
        "__all__": {
            "description": True,
            "across_units": True,
            "indexes": True,
            "searched": True,
            "views_by": True,
            "columns": _OF_COLUMNS,
        }
    },
}


class Mapping(RawEndpoint):
    """One endpoint: how it is asked for, how its raw rows are keyed, and the tables its responses become."""

    patches: Patches | None = Field(
        None, description="How changes of a response are asked for, where that is possible."
    )
    serve: Serve | None = Field(None, description="What the cache has of its units while they are followed.")
    corrections: Corrections | None = Field(None, description="What counts as a correction of a unit, and its view.")
    export: Export = Field(Export(), description="What divides its tables where they are exported; nothing: one file.")
    unrecorded: str | None = Field(None, min_length=8, description="Why no folder of recordings has its responses.")
    unsimulated: str | None = Field(None, min_length=8, description="Why the simulator does not answer it.")
    require: list[AbsolutePath] = Field([], description="A response without one of these is rejected.")
    may_be_empty: bool = Field(False, description="A response that lists no unit is as good as any: nothing is new.")
    version_table: Name = Field(description="Its key is the unit of replacement; it carries the newest capture.")
    common: dict[Name, Column] = Field({}, description="Columns that lead every table and every key.")
    tables: dict[Name, Table]
    ignore: list[Ignored] = []

    @cached_property
    def patch_endpoint(self) -> PatchEndpoint | None:
        """The endpoint that `patches` describes, if it does."""
        if self.patches is None:
            return None
        own = self.patches
        return PatchEndpoint(
            endpoint=self.endpoint,
            method=own.method,
            schema_version=own.schema_version,
            description=own.description,
            request=own.request,
            natural_key=self.natural_key,
            dates=self.dates,
            patches=own,
        )

    @cached_property
    def answers_array(self) -> bool:
        """Whether its responses are arrays, not objects: paths that they must have, or that give rows, begin `$[*]`."""
        rows = [source.rows for table in self.tables.values() for source in table.row_sources]
        keys = [key.path for key in self.natural_key.values() if key.path is not None]
        return any(Path.parse(path).steps[:1] == (Each(),) for path in (*rows, *keys, *self.require))

    @property
    def raw_endpoints(self) -> list[RawEndpoint]:
        """All that has a raw table: this one and, where its documents have patches, the endpoint of these."""
        return [self, self.patch_endpoint] if self.patch_endpoint else [self]

    def __hash__(self) -> int:
        return hash((self.name, self.sha256))

    @cached_property
    def sha256(self) -> str:
        """Lower-case hex of what decides which rows a response becomes: descriptions, indexes and the like do not."""
        decisive = self.model_dump(mode="json", exclude=_DECIDES_NO_ROW, exclude_defaults=True)
        return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()

    @property
    def unit(self) -> tuple[str, ...]:
        """The columns that name what one transaction replaces: (game_pk) for a game."""
        return self.key(self.version_table)

    def key(self, table: str) -> tuple[str, ...]:
        """All key columns of `table`, the common ones first."""
        return (*self.common, *self.tables[table].key)

    def columns(self, table: str) -> dict[str, Column]:
        """All mapped columns of `table` in order, the common ones first."""
        return {**self.common, **self.tables[table].columns}

    def divided_by(self, table: str) -> dict[str, str]:
        """The columns that divide `table` where it is exported, each with its type.

        One that the table has itself, and not from its unit, does not: it may differ.
        """
        own = () if table == self.version_table else set(self.columns(table)) - set(self.unit)
        return {name: type_ for name, type_ in self.export.columns.items() if name not in own}

    def copy_order(self, table: str) -> tuple[str, ...]:
        """The mapped columns of `table` in the order rows are copied in: the plain ones last."""
        plain = self.plain_columns(table)
        return (*(name for name in self.columns(table) if name not in plain), *plain)

    def plain_columns(self, table: str) -> tuple[str, ...]:
        """The columns of `table` that are plain wherever its rows come from."""
        sources = self.tables[table].row_sources
        columns = self.columns(table).items()
        return tuple(name for name, model in columns if all(s.columns.get(name, model).plain for s in sources))
