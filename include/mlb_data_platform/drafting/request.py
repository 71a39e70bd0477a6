"""How the endpoint of a draft is asked for: by its name in the catalogue, or the path of its requests."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from mlb_data_platform.drafting.columns import DraftColumn
from mlb_data_platform.drafting.names import singular, snake_case
from mlb_data_platform.drafting.responses import DraftResponse
from mlb_data_platform.drafting.shape import type_of
from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.models import ColumnType
from mlb_data_platform.statsapi.catalogue import catalogued

_NUMBER = re.compile(r"\d+")
_CHOOSE_CONTENT = ("hydrate", "fields")  # of what was asked for, not what


@dataclass(frozen=True)
class DraftKey:
    """A column of the raw table that names what was asked for; `path` is where the responses repeat it."""

    column: str
    type: Literal["bigint", "text"]
    parameter: str
    path: str | None = None
    example: str = ""  # a value that it had

    @property
    def is_plural(self) -> bool:
        """Whether several are asked for at once: then the rows say themselves whose they are."""
        return singular(self.column) != self.column

    @property
    def unit(self) -> str:
        """The column that has each of the values that are asked for at once; empty where it is one."""
        return singular(self.column) if self.is_plural else ""

    @property
    def source(self) -> dict[str, str | int]:
        """Where a column of tables has it from."""
        return {"path": self.path} if self.path else {"parameter": self.parameter}


@dataclass(frozen=True)
class DraftRequest:
    """How requests are made: `catalogue` or `path`, and parameters that the catalogue does not have."""

    catalogue: str | None
    path: str | None
    more_parameters: Sequence[str]
    keys: Sequence[DraftKey]
    asked: Sequence[DraftColumn] = field(default_factory=list)  # the columns of tables that name what was asked for
    content: Mapping[str, str] = field(default_factory=dict)  # what else was said of it: how much of it


def draft_request(name: str, responses: Sequence[DraftResponse]) -> DraftRequest:
    """Return how responses of `name` (ENDPOINT.METHOD) are asked for, from their requests as far as these are known.

    Raises BadInputError where neither the catalogue nor a request says so, or the requests have different paths.
    """
    catalogue, template, known = _in_catalogue(name)
    paths = sorted({response.path for response in responses if response.path})
    given = [_parameters(template, response) for response in responses if response.path]
    if paths and (template is None or None in given):
        catalogue, template, known = None, _template(paths), frozenset()
        given = [_parameters(template, response) for response in responses if response.path]
    if template is None:
        raise BadInputError(
            f"{name}: pymlb_statsapi has no such method, and no manifest.json beside the files says what was asked for;"
            " give --url, such as /api/v1/venues?venueIds=1"
        )
    values: dict[str, list[str]] = {parameter: [] for parameter in _NAMED.findall(template)}
    for parameters in given:
        for parameter, value in (parameters or {}).items():
            values.setdefault(parameter, []).append(value)
    documents = [response.document for response in responses if response.path]
    keys = [_key(each, values[each], documents) for each in values if each not in _CHOOSE_CONTENT]
    if not keys:
        raise BadInputError(f"{name}: nothing says what was asked for; give --url, such as {template}?sportId=1")
    more = [each for each in values if each not in known and each not in _NAMED.findall(template)]
    asked = [
        DraftColumn(
            key.column, _type(key, values[key.parameter]), source={"parameter": key.parameter}, is_always_there=True
        )
        for key in keys
        if not key.is_plural and not any("," in value for value in values[key.parameter])
    ]
    content = {each: values[each][-1] for each in values if each in _CHOOSE_CONTENT}
    return DraftRequest(catalogue, None if catalogue else template, more, keys, asked, content)


_NAMED = re.compile(r"\{(\w+)\}")


def _in_catalogue(name: str) -> tuple[str | None, str | None, frozenset[str]]:
    """The catalogue's name of an endpoint, the path with most parameters it has, and the parameters it takes."""
    endpoint, _, method = name.partition(".")
    for found, variants in catalogued().items():
        owner, _, its_method = found.partition(".")
        if (snake_case(owner), snake_case(its_method)) == (endpoint, method):
            longest = max(variants, key=lambda variant: len(variant.in_path))
            return found, longest.path, longest.query
    return None, None, frozenset()


def _parameters(template: str | None, response: DraftResponse) -> dict[str, str] | None:
    """The parameters of a request, those in its path among them; None where it has another path."""
    pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template or ""))
    match = re.fullmatch(pattern, response.path)
    return {**match.groupdict(), **response.parameters} if match else None


def _template(paths: Sequence[str]) -> str:
    """The path of all these requests, a parameter in the place of each number."""
    words = [path.split("/") for path in paths]
    if len({len(each) for each in words}) > 1:
        raise BadInputError(f"not responses of one endpoint: {paths[0]} and {paths[-1]}")
    parts: list[str] = []
    for position, part in enumerate(words[0]):
        if all(_NUMBER.fullmatch(each[position]) for each in words):
            parts.append(f"{{{singular(snake_case(parts[-1]))}_id}}")
        elif any(each[position] != part for each in words):
            raise BadInputError(f"not responses of one endpoint: {paths[0]} and {paths[-1]}")
        else:
            parts.append(part)
    return "/".join(parts)


def _key(parameter: str, values: Sequence[str], documents: Sequence[Any]) -> DraftKey:
    is_id = re.search(r"(?i)(id|pk)$", parameter) is not None
    is_number = is_id and all(map(_NUMBER.fullmatch, values))
    return DraftKey(
        snake_case(parameter),
        "bigint" if is_number else "text",
        parameter,
        _repeated(parameter, values, documents),
        example=next(iter(values), ""),
    )


def _repeated(parameter: str, values: Sequence[str], documents: Sequence[Any]) -> str | None:
    """Where each response repeats what was asked for, at its top."""
    if not documents or not all(isinstance(each, dict) for each in documents):
        return None
    alike = (name for name in documents[0] if snake_case(name) == snake_case(parameter))
    return next(
        (f"$.{name}" for name in alike if [str(each.get(name)) for each in documents] == list(values)),
        None,
    )


def _type(key: DraftKey, values: Sequence[str]) -> ColumnType:
    """The type of the column that has what was asked for: of an id a number, though it may not be the largest."""
    types = {type_of(int(value) if _NUMBER.fullmatch(value) else value) for value in values}
    if not types:
        return "integer" if key.type == "bigint" else "text"
    return types.pop() if len(types) == 1 else "text"
