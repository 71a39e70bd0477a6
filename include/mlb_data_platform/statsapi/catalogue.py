"""Which endpoints exist, and the URL of a request: `pymlb_statsapi`'s schemas, or a mapping's own path."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote, urlencode

from mlb_data_platform.errors import BadInputError, nearest
from mlb_data_platform.mapping.raw_endpoint import RawEndpoint, Request

Parameter = str | int | float | bool | list[str | int]

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Endpoint:
    """One path of the API (`/api/v1.1/game/{game_pk}/feed/live`) and the query parameters that go with it."""

    path: str
    query: frozenset[str] = frozenset()

    @property
    def in_path(self) -> tuple[str, ...]:
        """The parameters that are part of the path, in order."""
        return tuple(_PLACEHOLDER.findall(self.path))

    def target(self, parameters: Mapping[str, Parameter]) -> str:
        """Return path and query of a request, parameters in the order given.

        Raises BadInputError for a parameter that is missing from the path or that the endpoint does not take.
        """
        for name in self.in_path:
            if name not in parameters:
                raise BadInputError(f"{self.path}: the parameter '{name}' is missing")
        for name in parameters:
            if name not in self.query and name not in self.in_path:
                raise BadInputError(f"{self.path}: takes no parameter '{name}'{nearest(name, sorted(self.query))}")
        path = _PLACEHOLDER.sub(lambda match: quote(_text(parameters[match[1]]), safe=""), self.path)
        query = {name: _text(value) for name, value in parameters.items() if name not in self.in_path}
        return f"{path}?{urlencode(query, safe=',')}" if query else path


def endpoint(request: Request, given: Collection[str], declared: Collection[str] = ()) -> Endpoint:
    """Return the endpoint that a mapping's `request` names.

    `given` are the names of the parameters at hand: where the catalogue has several paths under one name
    (`Season.seasons`), the longest one they fill is meant. `declared` are parameters the mapping adds to the
    catalogue's, such as `hydrate`. Raises BadInputError for a name the catalogue does not have.
    """
    if request.path is not None:
        return Endpoint(request.path, frozenset(declared))
    if request.catalogue is None:
        raise ValueError("a request has a catalogue name or a path")
    variants = _catalogued(request.catalogue)
    filled = [variant for variant in variants if set(variant.in_path) <= set(given)]
    chosen = max(filled or variants, key=lambda variant: len(variant.in_path))
    return Endpoint(chosen.path, chosen.query.union(declared))


def target(mapping: RawEndpoint, parameters: Mapping[str, Parameter]) -> str:
    """Return path and query of a request of an endpoint. Raises BadInputError as `Endpoint.target` does."""
    declared = {key.parameter for key in mapping.natural_key.values()} | set(mapping.request.parameters)
    return endpoint(mapping.request, parameters, declared).target(parameters)


@cache
def catalogued() -> Mapping[str, tuple[Endpoint, ...]]:
    """Return all that the catalogue has, by name (`Game.liveGameV1`); several paths can share one."""
    # Building the catalogue costs 0.3 s: only who makes a request pays for it.
    from pymlb_statsapi import api

    found: dict[str, tuple[Endpoint, ...]] = {}
    for owner in api.get_endpoint_names():
        for method in map(api.get_endpoint(owner).get_method, api.get_endpoint(owner).get_method_names()):
            name = f"{owner.capitalize()}.{method.method_name}"
            # Its paths begin behind the API's /api. Parameters of the path that it does not name go in the query.
            taken = frozenset(parameter["name"] for parameter in (*method.path_params, *method.query_params))
            found[name] = (*found.get(name, ()), Endpoint(f"/api{method.path_template}", taken))
    return found


def _catalogued(name: str) -> tuple[Endpoint, ...]:
    """The endpoints that the catalogue has under `name`."""
    if name not in catalogued():
        raise BadInputError(f"pymlb_statsapi has no '{name}'{nearest(name, sorted(catalogued()))}")
    return catalogued()[name]


def _text(value: Parameter) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
