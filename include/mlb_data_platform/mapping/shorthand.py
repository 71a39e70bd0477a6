"""The short forms in which a mapping is written, and the long ones they stand for.

What repeats is written once. A mapping is spelled out when it is loaded: whatever reads it sees only the long forms.

A column that is called as in the feed, but in snake_case, may be just its type. Columns that come from one place, or
that are named alike, may stand in a section, under a title that starts with a capital letter: `path` is put before the
paths of its columns (not before those that start at `$` or have an `of`), `prefix` before their names. Where the same
columns appear more than once they stand in one of the mapping's `groups`, which sections name:

    groups:
      record:
        wins: integer
        winning_percentage: {type: text, path: pct}
    tables:
      standings:
        columns:
          The home team: {group: record, prefix: home_, path: teams.home.record}
          The away team: {group: record, prefix: away_, path: teams.away.record}
          The park:
            path: venue
            columns: {venue_id: {type: integer, path: id}, roof_type: text}

The first section stands for

          home_wins: {type: integer, path: teams.home.record.wins}
          home_winning_percentage: {type: text, path: teams.home.record.pct}

and the last for `venue_id` and `roof_type`, from `venue.id` and `venue.roofType`. Columns keep the order in which they
are written. `null_if` lists texts that say that there is no value, such as "-.--": of one column, of a section, or of
the whole mapping; the latter two hold for the columns that are no text, which could not take them.

Likewise the `path` of something ignored, and the `column` of a rule, may be a list: each of it is ignored for this
reason, or has to keep this rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from pydantic import Field, ValidationError, model_validator

from mlb_data_platform.errors import nearest
from mlb_data_platform.mapping.models import KEPT_WHOLE, Column, ColumnType
from mlb_data_platform.mapping.names import Name, RelativePath
from mlb_data_platform.mapping.paths import ROOT, SELF
from mlb_data_platform.yaml_models import Location, Origin, Problem, StrictModel, YamlFile, YamlProblems


class Section(StrictModel):
    """Columns that come from one place or are named alike: those of a group, or those that stand here."""

    path: RelativePath | None = Field(None, description="Put before the paths of the columns.")
    null_if: list[str] = Field([], description="Of the columns that are no text, beside what holds around it.")
    prefix: str = Field("", pattern=r"^[a-z][a-z0-9_]*_$", description="Put before the names of the columns.")
    group: Name | None = Field(None, description="Which of the mapping's groups has the columns.")
    columns: dict[str, ColumnType | Column | Section] | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Section:
        if (self.group is None) == (self.columns is None):
            raise ValueError("give one of group, columns")
        return self


class Shared(StrictModel):
    """What holds in more than one place of the mapping."""

    groups: dict[Name, dict[str, Any]] = {}
    null_if: list[str] = []


def spell_out(file: YamlFile) -> YamlFile:
    """Return the mapping that `file` says without short forms. Raises YamlProblems where one stands for nothing."""
    if not isinstance(file.data, dict):
        return file  # the model says what it should be
    written = {**file.data}
    shared = {name: written.pop(name) for name in Shared.model_fields if name in written}
    spelling = _Spelling(file, replace(file, data=shared).validated(Shared))
    if isinstance(written.get("common"), dict):
        written["common"] = spelling.common(written["common"])
    if isinstance(written.get("tables"), dict):
        written["tables"] = {name: spelling.table(name, table) for name, table in written["tables"].items()}
    written["ignore"] = spelling.each(written.get("ignore", []), "path", ("ignore",))
    spelling.finish()
    return replace(file, data=written, origins=spelling.origins)


class _Nesting(NamedTuple):
    """Where columns are written, and what the sections around them put before their names and paths."""

    at: Location
    prefix: str = ""
    path: str | None = None
    user: Location | None = None  # the section that names the group they stand in
    null_if: tuple[str, ...] = ()

    def inside(self, section: Section, title: Location) -> _Nesting:
        at, user = (("groups", section.group), title) if section.group else ((*title, "columns"), self.user)
        path = self.path if section.path is None else _below(self.path, section.path)
        return _Nesting(at, self.prefix + section.prefix, path, user, (*self.null_if, *section.null_if))


@dataclass
class _Spelling:
    """The spelling out of one file: what was found wrong, and where each part that moved was written."""

    file: YamlFile
    shared: Shared
    problems: list[Problem] = field(default_factory=list)
    origins: dict[Location, Origin] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def common(self, columns: dict[str, Any]) -> dict[str, Any]:
        """Return the common columns, which have no short forms, with what holds for all."""
        nesting = _Nesting(("common",), null_if=tuple(self.shared.null_if))
        return {name: _with_null_if(column, nesting) for name, column in columns.items()}

    def table(self, name: str, table: Any) -> Any:
        """Return `table` without short forms; what is no table is returned as it is."""
        if not isinstance(table, dict) or not isinstance(table.get("columns"), dict):
            return table
        at = ("tables", name, "columns")
        columns: dict[str, Any] = {}
        nesting = _Nesting(at, null_if=tuple(self.shared.null_if))
        for column, definition, origin in self._columns(table["columns"], nesting):
            first = self.origins.setdefault((*at, column), origin)
            if first is not origin:
                line = self.file.line(first.location)
                self._problem(origin, f"column '{column}' of {name} is there already, on line {line}")
            columns[column] = definition
        rules = self.each(table.get("quality", []), "column", ("tables", name, "quality"))
        return {**table, "columns": columns, "quality": rules}

    def each(self, entries: Any, key: str, at: Location) -> Any:
        """Return `entries` with one entry for each value of `key` where that is a list, unless it is empty."""
        if not isinstance(entries, list):
            return entries
        single: list[Any] = []
        for position, entry in enumerate(entries):
            values = entry.get(key) if isinstance(entry, dict) else None
            several = [{**entry, key: value} for value in values] if isinstance(values, list) else []
            for one in several or [entry]:
                self.origins[*at, len(single)] = Origin((*at, position))
                single.append(one)
        return single

    def finish(self) -> None:
        """Raise YamlProblems if anything was wrong."""
        for group in self.shared.groups.keys() - self.used:
            self._problem(Origin(("groups", group)), "no section names it")
        if self.problems:
            raise YamlProblems(self.problems)

    def _columns(self, written: dict[str, Any], nesting: _Nesting) -> Iterator[tuple[str, Any, Origin]]:
        """The columns that `written` stands for, in order, each with its name, and where it is written."""
        for key, entry in written.items():
            here = (*nesting.at, key)
            if _is_section(key, entry):
                yield from self._section(key, entry, nesting)
            else:
                column = _with_null_if(_column(key, entry, nesting.path), nesting)
                yield nesting.prefix + key, column, Origin(here, nesting.user)

    def _section(self, title: str, entry: dict[str, Any], nesting: _Nesting) -> Iterator[tuple[str, Any, Origin]]:
        here = Origin((*nesting.at, title), nesting.user)
        inline = entry.get("columns")
        try:  # its columns are checked as those of the table that they become
            section = Section.model_validate({**entry, "columns": {}} if isinstance(inline, dict) else entry)
        except ValidationError as error:
            self.problems += self.file.problems(Section, error, here.location)
            return
        if not title[:1].isupper():
            self._problem(here, "the title of a section starts with a capital letter: it is no column")
        elif section.group is None:
            yield from self._columns(inline or {}, nesting.inside(section, here.location))
        elif nesting.at[0] == "groups":
            self._problem(here, "a group names no other group")
        elif (group := self.shared.groups.get(section.group)) is None:
            known = list(self.shared.groups)
            self._problem(here, f"there is no group '{section.group}'{nearest(section.group, known)}")
        else:
            self.used.add(section.group)
            yield from self._columns(group, nesting.inside(section, here.location))

    def _problem(self, origin: Origin, message: str) -> None:
        where = ".".join(map(str, origin.location))
        self.problems.append(self.file.told(origin, f"{where}: {message}"))


def _is_section(key: str, entry: Any) -> bool:
    """Whether it is meant as a section; what is neither one nor a column is taken for what it resembles more."""
    if not isinstance(entry, dict) or "type" in entry:
        return False
    return key[:1].isupper() or "group" in entry or "columns" in entry


def _column(name: str, written: Any, path: str | None) -> Any:
    """The long form of a column; what is no column is returned as it is."""
    column = {"type": written, "path": as_in_the_feed(name)} if isinstance(written, str) else written
    if path is None or not isinstance(column, dict) or "path" not in column or "of" in column:
        return column
    inner = column["path"]
    below = [_below(path, each) for each in inner] if isinstance(inner, list) else _below(path, inner)
    return {**column, "path": below}


def _with_null_if(column: Any, nesting: _Nesting) -> Any:
    """The column with what says around it that there is no value, if its type needs that: a text holds any text."""
    if not nesting.null_if or not isinstance(column, dict) or column.get("type") in ("text", KEPT_WHOLE):
        return column
    own = column.get("null_if", [])
    return {**column, "null_if": [*own, *nesting.null_if]} if isinstance(own, list) else column


def as_in_the_feed(name: str) -> str:
    """Return the key that a column in snake_case is named after: `hits_per9_inn` is `hitsPer9Inn`."""
    return re.sub(r"_([a-z0-9])", lambda letter: letter[1].upper(), name)


def _below(path: str | None, inner: Any) -> Any:
    """What `inner` is from where `path` starts; what is no relative path is returned as it is."""
    if path in (None, SELF) or not isinstance(inner, str) or inner.startswith(ROOT):
        return inner
    return path if inner == SELF else f"{path}.{inner}"
