"""Finds and loads the mappings of `include/mappings`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from mlb_data_platform.errors import BadInputError, nearest
from mlb_data_platform.mapping.consistency import problems
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.raw_endpoint import PatchEndpoint, RawEndpoint
from mlb_data_platform.mapping.shorthand import spell_out
from mlb_data_platform.settings import MAPPINGS_DIR
from mlb_data_platform.yaml_models import Problem, YamlProblems, read_yaml


def mapping_files(folder: Path = MAPPINGS_DIR) -> list[Path]:
    """Return all mapping files of `folder`, sorted."""
    return sorted(folder.glob("*/*.yaml"))


def all_mappings() -> list[Mapping]:
    """Return every mapping of `include/mappings`, sorted by name. Raises YamlProblems of the first bad one."""
    return [*_mappings()]


def load_mapping_file(path: Path) -> Mapping:
    """Return the mapping in `path`. Raises YamlProblems where it does not fit, or is not named for its content."""
    file = spell_out(read_yaml(path))
    mapping = file.validated(Mapping)
    if (mapping.endpoint, mapping.method) != (path.parent.name, path.stem):
        raise YamlProblems([Problem(path, 1, f"is named {path.parent.name}/{path.stem} but maps {mapping.name}")])
    if found := [file.problem(location, message) for location, message in problems(mapping)]:
        raise YamlProblems(found)
    return mapping


def raw_endpoints() -> Iterator[RawEndpoint]:
    """Yield every endpoint that has a raw table: of each mapping, and of the patches of its documents."""
    for mapping in _mappings():  # one by one: who looks for one reads no further
        yield from mapping.raw_endpoints


def _mappings() -> Iterator[Mapping]:
    return (load_mapping(f"{file.parent.name}.{file.stem}") for file in mapping_files())


def load_raw_endpoint(name: str) -> RawEndpoint:
    """Return the endpoint whose raw table is called `name`. Raises BadInputError with the nearest name if none is."""
    return next((each for each in raw_endpoints() if each.name == name), None) or load_mapping(name)


@cache
def load_mapping(name: str) -> Mapping:
    """Return the mapping `endpoint.method`. Raises BadInputError with the nearest name if there is none."""
    endpoint, _, method = name.partition(".")
    path = MAPPINGS_DIR / endpoint / f"{method}.yaml"
    if not path.is_file():
        raise _no_mapping(name)
    return load_mapping_file(path)


def _no_mapping(name: str) -> BadInputError:
    mappings = all_mappings()
    for mapping in mappings:
        if mapping.patch_endpoint and mapping.patch_endpoint.name == name:
            return BadInputError(f"{name} has no tables: it keeps patches of {mapping.name}, which is the one to name")
    return BadInputError(f"there is no mapping '{name}'{nearest(name, [mapping.name for mapping in mappings])}")


@cache
def followed_mapping() -> tuple[Mapping, PatchEndpoint]:
    """Return the mapping whose documents can be followed, and the endpoint of their patches.

    Raises BadInputError where there is not exactly one.
    """
    found = [mapping for mapping in all_mappings() if mapping.patches]
    if len(found) != 1 or found[0].patch_endpoint is None:
        names = ", ".join(mapping.name for mapping in found) or "none"
        raise BadInputError(f"one mapping must say under 'patches' how it is followed; there is: {names}")
    return found[0], found[0].patch_endpoint
