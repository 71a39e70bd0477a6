"""Looks into the raw tier: which captures there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.raw_endpoint import Dates, RawEndpoint
from mlb_data_platform.storage.raw import raw_table
from mlb_data_platform.storage.tables import columns


@dataclass(frozen=True)
class CaptureFilter:
    """Which captures: those of a game, of a date as the mapping understands it, and not archived yet; all if empty."""

    game_pk: int | None = None
    day: date | None = None
    not_archived: bool = False

    def problem(self, mapping: RawEndpoint) -> str | None:
        """Return why no capture of this endpoint can be meant, if so."""
        if self.game_pk is not None and "game_pk" not in mapping.natural_key:
            return f"{mapping.name} is not asked for by game: leave out --game-pk"
        if self.day is not None and mapping.dates is None:
            return f"{mapping.name} has no dates: leave out --date"
        return None


@dataclass(frozen=True)
class ListedCapture:
    """A capture: a row, or a sighting of the row `raw_id`; `object_key` is None as long as it is not archived."""

    raw_id: int
    captured_at: datetime
    is_sighting: bool
    natural_key: dict[str, str | int | None]
    content_sha256: str | None
    object_key: str | None


def list_captures(connection: Connection, mapping: RawEndpoint, wanted: CaptureFilter) -> list[ListedCapture]:
    """Return the captures of an endpoint, oldest first. Raises BadInputError where none can be meant."""
    if problem := wanted.problem(mapping):
        raise BadInputError(problem)
    query = SQL(
        """
        WITH captures AS (
            SELECT raw.id AS raw_id, raw.captured_at, false AS is_sighting, {natural_key} AS natural_key,
                   raw.content_sha256, raw.object_key
            FROM {raw} AS raw WHERE {conditions}
            UNION ALL
            SELECT raw.id, seen.captured_at, true, {natural_key}, raw.content_sha256, seen.object_key
            FROM {raw} AS raw JOIN metadata.raw_sightings AS seen ON seen.raw_id = raw.id WHERE {conditions}
        )
        SELECT * FROM captures WHERE object_key IS NULL OR NOT %(not_archived)s ORDER BY captured_at, raw_id
        """
    ).format(
        natural_key=as_object(mapping.natural_key, "raw"),
        raw=raw_table(mapping),
        conditions=SQL(" AND ").join(_conditions(mapping, wanted)),
    )
    parameters = {"game_pk": wanted.game_pk, "day": wanted.day, "not_archived": wanted.not_archived}
    return connection.cursor(row_factory=class_row(ListedCapture)).execute(query, parameters).fetchall()


def of_date(mapping: RawEndpoint, dates: Dates, alias: str) -> Composable:
    """Return whether a row of the raw table, called `alias` there, belongs to the date of parameter `day`."""
    if dates.table is None:
        return SQL("{}.{} = %(day)s::date::text").format(Identifier(alias), Identifier(dates.column))
    return _listed(mapping, dates, alias, SQL("listed.{} = %(day)s"))


def of_year(mapping: RawEndpoint, dates: Dates, alias: str) -> Composable:
    """Return whether a row of the raw table, called `alias` there, belongs to a date in the year of parameter `season`.

    So it does where nothing says of which dates it is: it was asked for in another way.
    """
    if dates.table is None:
        column = SQL("{}.{}").format(Identifier(alias), Identifier(dates.column))
        return SQL("coalesce(left({}, 4) = %(season)s::text, true)").format(column)
    within = SQL("listed.{} BETWEEN make_date(%(season)s, 1, 1) AND make_date(%(season)s, 12, 31)")
    return _listed(mapping, dates, alias, within)


def _listed(mapping: RawEndpoint, dates: Dates, alias: str, of_dates: SQL) -> Composed:
    """Return whether the table that lists natural keys by date has this one under dates like that."""
    listed = [_is_listed(mapping, alias, column, names) for column, names in mapping.listed_in(dates).items()]
    return SQL("EXISTS (SELECT FROM {} listed WHERE {} AND {})").format(
        Identifier(*str(dates.table).split(".")), of_dates.format(Identifier(dates.column)), SQL(" AND ").join(listed)
    )


def _is_listed(mapping: RawEndpoint, alias: str, column: str, names: list[str]) -> Composable:
    """Return whether one of the columns `names` of row `listed` has a value of this natural key."""
    asked = Identifier(alias, column)
    if mapping.natural_key[column].many is None:
        return SQL("{} IN ({})").format(asked, columns(names, "listed"))
    lists = [SQL("{}::text").format(Identifier("listed", name)) for name in names]
    return SQL("string_to_array({}, ',') && ARRAY[{}]").format(asked, SQL(", ").join(lists))


def as_object(names: Iterable[str], alias: str) -> Composable:
    """Return what makes a JSON object of columns of the row that is called `alias`."""
    pairs = SQL(", ").join(SQL("{}, {}").format(Literal(name), Identifier(alias, name)) for name in names)
    return SQL("jsonb_build_object({})").format(pairs)


def _conditions(mapping: RawEndpoint, wanted: CaptureFilter) -> Iterable[Composable]:
    yield SQL("true")
    if wanted.game_pk is not None:
        yield SQL("raw.game_pk = %(game_pk)s")
    if wanted.day is not None and mapping.dates is not None:
        yield of_date(mapping, mapping.dates, "raw")
