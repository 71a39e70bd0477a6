"""Which captures somebody asks for, as conditions on the raw tables. Sightings count as captures of their content."""

from __future__ import annotations

from collections.abc import Mapping as Lookup
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from psycopg.sql import SQL, Composable, Composed, Identifier, Placeholder

from mlb_data_platform.errors import BadInputError, nearest
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.raw_endpoint import NaturalKeyColumn
from mlb_data_platform.storage.raw import raw_table
from mlb_data_platform.storage.raw_lookup import of_date, of_year
from mlb_data_platform.storage.tables import columns


@dataclass(frozen=True)
class Selection:
    """What a transform is asked for: what all given conditions select, everything if there are none.

    `keys` are values by the column of the natural key that has them, or of the units that one lists; `season` is a
    year, as all of a season's dates are in one; `like` are raw rows: what has the natural key of one of them is
    selected. `raw_ids` are those that are selected themselves.
    """

    keys: Lookup[str, Sequence[int | str]] = field(default_factory=dict)
    day: date | None = None
    season: int | None = None
    since: datetime | None = None
    force: bool = False
    like: tuple[int, ...] = ()
    raw_ids: tuple[int, ...] = ()

    @property
    def asked(self) -> dict[str, list[str]]:
        """The values that are asked for as text, by their column."""
        return {name: list(map(str, values)) for name, values in self.keys.items()}


def is_refused(mapping: Mapping) -> Composed:
    """Return whether capture `c` is refused as a whole by the mapping in force."""
    return SQL(
        "EXISTS (SELECT FROM metadata.rejected_captures r"
        " WHERE r.raw_id = c.id AND r.mapping_sha256 = %(mapping)s AND r.unit IS NULL AND {})"
    ).format(rejection_stands(mapping))


def selected_captures(mapping: Mapping, selection: Selection, *, each_time: bool = False) -> Composed:
    """Return the query of the raw rows that `selection` selects, each as the capture that saw its content last.

    With `each_time` as each capture that saw it. Patches of what it selects are captures of their own. It has id,
    stored_at, captured_at, content_sha256 ("" where there is none), source_url, request_params, the natural key and
    is_patch, and takes `parameters`. Raises BadInputError where the endpoint has no such selection.
    """
    whole = SQL(
        """
        SELECT r.id, r.captured_at AS stored_at, s.captured_at,
               coalesce(r.content_sha256, '') AS content_sha256, r.source_url, r.request_params, {keys},
               false AS is_patch
        FROM {raw} r CROSS JOIN LATERAL ({seen}) s
        WHERE {conditions}
        """
    )
    every = SQL("SELECT captured_at FROM metadata.raw_sightings WHERE raw_id = r.id UNION SELECT r.captured_at")
    seen = every if each_time else SQL("SELECT max(captured_at) AS captured_at FROM ({}) e").format(every)
    patches = SQL(
        """
        SELECT r.id, r.captured_at, r.captured_at, coalesce(r.content_sha256, ''), r.source_url, r.request_params,
               {keys}, true
        FROM {raw} r WHERE {conditions}
        """
    )
    kinds = [(whole, raw_table(mapping))]
    if mapping.patch_endpoint:
        kinds.append((patches, raw_table(mapping.patch_endpoint)))
    conditions = SQL(" AND ").join(_conditions(mapping, selection))
    keys = columns(mapping.natural_key, "r")
    return SQL(" UNION ALL ").join(
        kind.format(keys=keys, raw=raw, seen=seen, conditions=conditions) for kind, raw in kinds
    )


def parameters(mapping: Mapping, selection: Selection) -> dict[str, Any]:
    """Return the parameters that `selected_captures`, and the conditions on mapping, time and force, take."""
    return {
        "force": selection.force,
        **{f"asked_{name}": values for name, values in selection.asked.items()},
        "day": selection.day,
        "season": selection.season,
        "since": selection.since,
        "like": list(selection.like),
        "raw_ids": list(selection.raw_ids),
        "mapping": mapping.sha256,
    }


def rejection_stands(mapping: Mapping) -> Composable:
    """Return whether rejection `r` of capture `c` stands: that of a patch only until one comes that is not newer."""
    rows = SQL("SELECT FROM {raw} raw WHERE {same_key} AND {before}")
    sightings = SQL(
        "SELECT FROM {raw} raw JOIN metadata.raw_sightings e ON e.raw_id = raw.id WHERE {same_key} AND {before}"
    )
    # A row without its transaction, as somebody may insert one, has come since if it says so itself, and not what has
    # yet to be: a rejection would never stand.
    since = SQL("coalesce(raw.ingested_at BETWEEN r.rejected_at AND now(), false)")
    kinds = [(rows, raw, "raw", since) for raw in raw_tables(mapping)]
    kinds.append((sightings, raw_table(mapping), "e", SQL("false")))
    same_key = SQL(" AND ").join(
        SQL("raw.{0} IS NOT DISTINCT FROM c.{0}").format(Identifier(name)) for name in mapping.natural_key
    )
    before = SQL("{0}.captured_at <= c.captured_at AND coalesce(NOT pg_visible_in_snapshot({0}.xact, r.seen), {1})")
    came = [
        kind.format(raw=raw, same_key=same_key, before=before.format(Identifier(alias), since))
        for kind, raw, alias, since in kinds
    ]
    return SQL("(r.seen IS NULL OR NOT EXISTS ({}))").format(SQL(" UNION ALL ").join(came))


def raw_tables(mapping: Mapping) -> list[Identifier]:
    """Return the names of the tables that captures are in: whole documents, and patches if there are."""
    return [raw_table(each) for each in mapping.raw_endpoints]


def single_units(mapping: Mapping) -> bool:
    """Return whether a response whose natural key is known is one unit, as a game is."""
    return set(mapping.unit) == set(mapping.natural_key)


def lists_units(mapping: Mapping) -> str | None:
    """Return the column of the natural key that lists the units of a response, where it and the others name them."""
    units = {name: key.many or name for name, key in mapping.natural_key.items()}
    lists = [name for name, key in mapping.natural_key.items() if key.many]
    return lists[0] if len(lists) == 1 and set(mapping.unit) == set(units.values()) else None


def one_unit(mapping: Mapping) -> Composable:
    """Return whether a capture is one unit: only then do captures with its natural key replace one another."""
    if not single_units(mapping):
        return SQL("false")
    return SQL(" AND ").join(SQL("{} IS NOT NULL").format(Identifier("c", name)) for name in mapping.unit)


def same_unit(mapping: Mapping) -> Composable:
    """Return whether version row `v` is of the unit that capture `c` is of."""
    return SQL(" AND ").join(_equal_as_text(mapping, name) for name in mapping.unit)


def _equal_as_text(mapping: Mapping, name: str) -> Composable:
    types = mapping.columns(mapping.version_table)
    if mapping.natural_key[name].type == types[name].type:
        return SQL("v.{0} = c.{0}").format(Identifier(name))
    return SQL("v.{0}::text = c.{0}::text").format(Identifier(name))


def asked_for(mapping: Mapping, name: str, values: Sequence[str]) -> Composable:
    """Return whether raw row `r` was asked for with one of `values`, which are those of `parameters`.

    Raises BadInputError where the endpoint is not asked for by `name`, or a value is no number where it has to be.
    """
    column, key = asked_by(mapping, name)
    if key.type == "bigint" and (odd := [value for value in values if not _is_bigint(value)]):
        raise BadInputError(f"{mapping.name}: {name} is a number below 2^63, not '{odd[0]}'")
    given = SQL("{}::{}[]").format(Placeholder(f"asked_{name}"), SQL(key.type))
    condition = SQL("string_to_array(r.{}, ',') && {}" if key.many == name else "r.{} = ANY({})")
    return condition.format(Identifier(column), given)


def _is_bigint(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 19 and int(text) < 2**63


def asked_by(mapping: Mapping, name: str) -> tuple[str, NaturalKeyColumn]:
    """Return the column of the natural key that has the values of `name`, or lists them.

    Raises BadInputError where none does.
    """
    keys = {key.many: (column, key) for column, key in mapping.natural_key.items() if key.many}
    known = {**keys, **{column: (column, key) for column, key in mapping.natural_key.items()}}
    if name in known:
        return known[name]
    if name == "game_pk":
        raise BadInputError(f"{mapping.name} is not asked for by game: leave out --game-pk")
    raise BadInputError(f"{mapping.name} is not asked for by {name}{nearest(name, sorted(map(str, known)))}")


def _conditions(mapping: Mapping, selection: Selection) -> list[Composable]:
    conditions: list[Composable] = [SQL("true")]
    conditions += [asked_for(mapping, name, values) for name, values in selection.asked.items()]
    if selection.day:
        if mapping.dates is None:
            raise BadInputError(f"{mapping.name} has no dates: leave out --date")
        conditions.append(of_date(mapping, mapping.dates, "r"))
    if selection.season is not None:
        conditions.append(_of_season(mapping))
    if selection.raw_ids:
        conditions.append(SQL("r.id = ANY(%(raw_ids)s)"))
    if selection.since and single_units(mapping):  # each unit with all of its captures: they are compared
        conditions.append(_captured_since(mapping))
    if selection.like:
        keys = columns(mapping.natural_key)
        alike = [SQL("SELECT {} FROM {} WHERE id = ANY(%(like)s)").format(keys, raw) for raw in raw_tables(mapping)]
        conditions.append(SQL("({}) IN ({})").format(columns(mapping.natural_key, "r"), SQL(" UNION ALL ").join(alike)))
    return conditions


def has_seasons(mapping: Mapping) -> bool:
    """Return whether the captures of a season can be selected: by their natural key, or by their dates."""
    return "season" in mapping.natural_key or mapping.dates is not None


def _of_season(mapping: Mapping) -> Composable:
    if "season" in mapping.natural_key:
        return SQL("coalesce(r.season::text = %(season)s::text, true)")
    if mapping.dates is None:
        raise BadInputError(f"{mapping.name} has no seasons: leave out --season")
    return of_year(mapping, mapping.dates, "r")


def _captured_since(mapping: Mapping) -> Composable:
    keys = columns(mapping.natural_key, "raw")
    found = [
        SQL("SELECT {} FROM {} raw WHERE raw.captured_at >= %(since)s").format(keys, raw) for raw in raw_tables(mapping)
    ]
    seen = SQL(
        "SELECT {} FROM {} raw JOIN metadata.raw_sightings e ON e.raw_id = raw.id WHERE e.captured_at >= %(since)s"
    ).format(keys, raw_table(mapping))
    return SQL("({}) IN ({})").format(columns(mapping.natural_key, "r"), SQL(" UNION ALL ").join([*found, seen]))
