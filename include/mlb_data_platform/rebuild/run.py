"""`mlb-etl rebuild`: tables derived again from all that was captured of them, and what differs replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from psycopg.sql import SQL, Identifier, Literal

from mlb_data_platform.errors import BadInputError, TransientError
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.rebuild.beside import Beside
from mlb_data_platform.rebuild.comparison import Comparer, Comparison
from mlb_data_platform.rebuild.swap import OvertakenError, swap
from mlb_data_platform.storage.advisory_locks import take
from mlb_data_platform.storage.database import connect
from mlb_data_platform.storage.executions import Execution
from mlb_data_platform.storage.stored_body import LostContentError
from mlb_data_platform.transform.run import in_process, run
from mlb_data_platform.transform.selection import Selection, has_seasons, single_units
from mlb_data_platform.transform.shortfall import forget

Progress = Callable[[int, int], None]
_MEMORY = "128MB"  # for what is compared, all of a table at a time
_TRIES = 5  # at a comparison that nobody overtakes


def in_order(mappings: Iterable[Mapping], season: int | None) -> list[Mapping]:
    """Return these mappings, those first whose tables others look up dates in.

    Raises BadInputError where a season is asked for of one that has none.
    """
    found = sorted(mappings, key=lambda each: bool(each.dates and each.dates.table))
    if season and (without := [each.name for each in found if not has_seasons(each)]):
        raise BadInputError(f"{', '.join(without)}: nothing says which season its captures are of: leave out --season")
    return found


def rebuild(mapping: Mapping, execution: Execution, progress: Progress, *, everything: bool) -> Comparison | None:
    """Derive all rows of a mapping anew beside the tables, and replace those that differ; return what differed.

    None where no row was made by another mapping, unless `everything` is asked for, and where there was no row to be
    compared. In the end all that was captured is in the tables, as after a transform; what is not is in `execution`.
    Stopped at any point it goes on where it was. Raises PlatformError where nothing can be done.
    """
    if everything:
        _forget_refusals(mapping)
    comparison = _replaced(mapping, execution, progress) if _has_rows(mapping, everything) else None
    apply_pending(mapping, Selection(), execution, progress)
    return comparison


def rebuild_season(
    mapping: Mapping, season: int, execution: Execution, progress: Progress, *, everything: bool
) -> None:
    """Derive the rows of a season anew, each unit in place and in a transaction of its own.

    Those that the mapping in force has made are left as they are, unless `everything` is asked for.
    """
    apply_pending(mapping, Selection(season=season, force=everything), execution, progress)


def _has_rows(mapping: Mapping, everything: bool) -> bool:
    """Whether there are rows to be derived beside: any at all, or those that another mapping made."""
    query = SQL("SELECT EXISTS (SELECT FROM {} WHERE %s OR mapping_sha256 IS DISTINCT FROM %s)").format(
        Identifier(mapping.endpoint, mapping.version_table)
    )
    with connect(autocommit=True) as connection:
        return connection.execute(query, [everything, mapping.sha256]).fetchone() == (True,)


def _forget_refusals(mapping: Mapping) -> None:
    with connect() as connection:
        forget(connection, mapping, Selection())


def _replaced(mapping: Mapping, execution: Execution, progress: Progress) -> Comparison:
    beside = Beside(mapping)
    with connect(autocommit=True) as connection:
        if not take(connection, f"rebuild {mapping.name}"):
            raise TransientError(f"{mapping.name}: another rebuild of it is at work; run this again when it has ended")
        connection.execute(SQL("SET work_mem = {}").format(Literal(_MEMORY)))
        beside.make(connection)
        for _ in range(_TRIES):
            _fill(beside, execution, progress)
            comparison = Comparer(connection, beside).compare()
            try:
                replaced = swap(connection, beside)
            except OvertakenError:
                continue
            execution.notes += comparison.lines()
            execution.errors += comparison.errors()
            if overtaken := sum(comparison.reasons.values()) - replaced:
                execution.notes.append(
                    f"{mapping.name}: {overtaken} of these units are left to what is applied now: they were captured or"
                    " published again meanwhile, or captures of them cannot be read"
                )
            return comparison
    raise TransientError(
        f"{mapping.name}: captures came faster than they could be compared; run this again, it goes on from here"
    )


def _fill(beside: Beside, execution: Execution, progress: Progress) -> None:
    """Apply to the tables beside what they lack. What is refused is told once more when all of this is done."""
    part = Execution(execution.run_id)
    run(beside.mapping.name, Selection(), part, progress, partial(in_process, schema=beside.schema), beside)
    # Where a response of several units cannot be read, nobody knows which of them are not as they should be.
    final = (TransientError,) if single_units(beside.mapping) else (TransientError, LostContentError)
    for error in part.errors:
        if isinstance(error, final):
            raise error
    known = set(map(str, execution.errors))
    execution.errors += [each for each in part.errors if isinstance(each, LostContentError) and str(each) not in known]
    execution.asked += part.done
    execution.done += part.done


def apply_pending(mapping: Mapping, selection: Selection, execution: Execution, progress: Progress) -> None:
    """Apply what is pending to the tables, and add what became of it to `execution`. Raises as `run` does."""
    part = Execution(execution.run_id)
    try:
        run(mapping.name, selection, part, progress, in_process)
    finally:
        execution.asked += part.asked
        execution.done += part.done
        execution.errors += part.errors
        execution.notes += part.notes
        execution.save()
