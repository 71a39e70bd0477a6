"""The rules of a mapping as checks: conditions in SQL that PostgreSQL and Spark read alike, and unique keys.

Columns stand unquoted, since the two quote differently; the mapping's models refuse names that are reserved words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.quality_rules import Between, Complete, Expression, Level, OneOf, Rule


@dataclass(frozen=True)
class Check:
    """One rule of one table: a condition that every row keeps, or columns whose values no two rows share."""

    table: str
    name: str
    level: Level
    columns: tuple[str, ...]
    """The columns that the check reads."""
    condition: str | None = None
    """True or false for each row, never NULL: a rule whose value is unknown passes. None where `columns` are unique."""
    of_key: bool = False
    """Whether the key implies it, and so a constraint of the table."""


def checks(mapping: Mapping, table: str) -> tuple[Check, ...]:
    """Return the checks of `table`, each with a name of its own: those that its key implies, then the mapping's rules.

    Raises BadInputError for a rule that PostgreSQL and Spark would not read alike.
    """
    rules = [check for rule in mapping.tables[table].quality for check in _checks(mapping, table, rule)]
    return tuple(_renamed([*_key_checks(mapping, table), *rules]))


def _key_checks(mapping: Mapping, table: str) -> Iterator[Check]:
    key = mapping.key(table)
    complete = [name for name in key if name not in mapping.tables[table].nullable_key]
    yield Check(table, "key_complete", "error", tuple(complete), _complete(complete), of_key=True)
    # Within one response: two responses of one unit may wait in the same staged table, and one replaces the other.
    # NULLs of a nullable key are equal to one another, as in its UNIQUE NULLS NOT DISTINCT.
    yield Check(table, "key_unique", "error", ("raw_id", *key), of_key=True)


def _checks(mapping: Mapping, table: str, rule: Rule) -> Iterator[Check]:
    match rule:
        case Complete(columns=names):
            for name in names:
                yield Check(table, f"{name}_complete", rule.level, (name,), _complete([name]))
        case Between(column=name):
            limits = [(">=", rule.low), ("<=", rule.high)]
            within = " AND ".join(f"{name} {sign} {limit:.15g}" for sign, limit in limits if limit is not None)
            yield Check(table, f"{name}_between", rule.level, (name,), _unless_unknown(within))
        case OneOf(column=name):
            is_text = mapping.columns(table)[name].type == "text"
            among = f"{name} IN ({', '.join(_literal(value, is_text) for value in rule.values)})"
            yield Check(table, f"{name}_one_of", rule.level, (name,), _unless_unknown(among))
        case Expression(name=name, expression=expression):
            words = set(re.findall(r"\w+", expression))
            read = tuple(column for column in mapping.columns(table) if column in words)
            yield Check(table, name, rule.level, read, _unless_unknown(expression))


def _complete(names: Iterable[str]) -> str:
    return " AND ".join(f"{name} IS NOT NULL" for name in names) or "true"


def _unless_unknown(condition: str) -> str:
    return f"({condition}) IS NOT FALSE"


def _literal(value: str | int, is_text: bool) -> str:
    if isinstance(value, int) and not is_text:
        return str(value)
    if re.search(r"['\\]", str(value)):
        raise BadInputError(f"one_of: {value!r}: PostgreSQL and Spark do not read quotes and backslashes alike")
    return f"'{value}'"


def _renamed(found: Iterable[Check]) -> Iterator[Check]:
    """Number the checks of one name from the second on: a column may have a range to warn of and one to refuse."""
    seen: dict[str, int] = {}
    for check in found:
        seen[check.name] = seen.get(check.name, 0) + 1
        number = seen[check.name]
        yield check if number == 1 else replace(check, name=f"{check.name}_{number}")
