"""Loads a YAML file into a typed model, and says file, line, key and nearest valid key where it does not fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode
from ruamel.yaml.resolver import VersionedResolver

from mlb_data_platform.errors import BadInputError, nearest

Location = tuple[int | str, ...]
# Line breaks of YAML 1.1 that are none in 1.2, and directives.
_READ_IN_ANOTHER_WAY = re.compile("[\x85\u2028\u2029]|^%", re.MULTILINE)


class StrictModel(BaseModel):
    """A model that refuses keys it does not know and cannot be changed once it is loaded."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a YAML file; `line` counts from 1."""

    file: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class YamlProblems(BadInputError):
    """All problems of one YAML file, one per line of its text."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


Model = TypeVar("Model", bound=BaseModel)


def load_yaml(path: Path, model: type[Model]) -> Model:
    """Return `path` as an instance of `model`.

    Raises YamlProblems with file, line, offending key and the nearest valid key for each thing that does not fit.
    """
    return read_yaml(path).validated(model)


class Origin(NamedTuple):
    """Where something is written that stands elsewhere in the data, and the key that took it there, if one did."""

    location: Location
    user: Location | None = None


@dataclass(frozen=True)
class YamlFile:
    """What a YAML file says: `data` in dictionaries with keys of text, lists and scalars, read as YAML 1.2.

    Where `data` is no longer as it is written, `origins` says where its parts come from.
    """

    path: Path
    text: str = field(repr=False)
    data: Any
    origins: Mapping[Location, Origin] = field(default_factory=dict, repr=False)

    def validated(self, model: type[Model]) -> Model:
        """Return the content as an instance of `model`. Raises YamlProblems for each thing that does not fit."""
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            raise YamlProblems(self.problems(model, error)) from None

    def problems(self, model: type[BaseModel], error: ValidationError, at: Location = ()) -> list[Problem]:
        """Return what `error` says of the part of the file at `at`, which was to be an instance of `model`."""
        found = []
        for detail in error.errors():
            location = detail["loc"] or _named_by(detail["msg"])
            found.append(self.told(self.origin((*at, *location)), _message(model, detail, at, location)))
        return found

    def problem(self, location: Location, message: str) -> Problem:
        """Return the problem that `message` tells of the key or item at `location`."""
        return self.told(self.origin(location), f"{_dotted(location)}: {message}")

    def told(self, origin: Origin, message: str) -> Problem:
        """Return the problem of what is written at `origin`, with the line that uses it where that is another one."""
        used = f" (used on line {self.line(origin.user)})" if origin.user else ""
        return Problem(self.path, self.line(origin.location), message + used)

    def origin(self, location: Location) -> Origin:
        """Return where that is written which stands at `location` of the data."""
        for end in range(len(location), 0, -1):
            if origin := self.origins.get(location[:end]):
                return Origin((*origin.location, *location[end:]), origin.user)
        return Origin(location)

    @cached_property
    def _root(self) -> Node | None:
        """The nodes of the text, which know their lines; only a message needs them."""
        root: Node | None = _read(YAML.compose, self.text)
        return root

    def line(self, written: Location) -> int:
        """Return the line (from 1) on which the key or item is written at this location, or what is around it."""
        line, node = 1, self._root
        for step in written:
            if found := _child(node, step):
                line, node = found[0].start_mark.line + 1, found[1]
        return line


def _child(node: Node | None, step: int | str) -> tuple[Node, Node] | None:
    """The node that marks where `step` of `node` stands, and its value; None for a step that the file does not have.

    pydantic puts steps of its own into a location, such as the member of a union.
    """
    if isinstance(node, MappingNode):
        return next(((key, value) for key, value in node.value if str(key.value) == str(step)), None)
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


def read_yaml(path: Path) -> YamlFile:
    """Return what `path` says. Raises YamlProblems with the line where it is not YAML or has a key twice."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInputError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise YamlProblems([Problem(path, line, "is not UTF-8")]) from None
    try:
        return YamlFile(path, text, _plain(_read(YAML.load, text)))
    except MarkedYAMLError as error:
        mark = error.problem_mark
        message = (error.problem or "not valid YAML").splitlines()[0]
        message = re.sub(r'^found (duplicate key) "(.*?)".*', r"\1 '\2'", message)
        raise YamlProblems([Problem(path, mark.line + 1 if mark else 1, message)]) from None
    except YAMLError as error:
        raise YamlProblems([Problem(path, 1, str(error).splitlines()[0])]) from None
    except RecursionError:
        raise YamlProblems([Problem(path, 1, "an alias stands inside of what it names")]) from None


def _read(how: Callable[[YAML, str], Any], text: str) -> Any:
    """What `text` is, loaded or composed.

    libyaml is many times as fast as the parser in Python, but knows YAML 1.1: what it would read in another way is not
    given to it, and what it refuses ({a: b:c}, or what is wrong) is left to the other parser, to accept or to explain.
    """
    if not _READ_IN_ANOTHER_WAY.search(text):
        quick = YAML(typ="safe")
        quick.Resolver = _Resolver
        with suppress(YAMLError):
            return how(quick, text)
    return how(YAML(typ="safe", pure=True), text)


class _Resolver(VersionedResolver):
    """Says of what type each scalar is by YAML 1.2; the library looks for the version anew for each of them."""

    @property
    def processing_version(self) -> Any:
        return 1, 2


def _plain(data: Any) -> Any:
    if isinstance(data, dict):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_plain(item) for item in data]
    return data


def _message(model: type[BaseModel], detail: ErrorDetails, at: Location, location: Location) -> str:
    """What `detail` says of the key at `location` of `model`, which itself stands at `at`."""
    where = _dotted((*at, *location)) or "the file"
    if detail["type"] == "extra_forbidden":
        known = sorted({name for owner in _models_at(model, location[:-1]) for name in _keys(owner)})
        return f"unknown key '{location[-1]}'" + nearest(str(location[-1]), known)
    if detail["type"] == "literal_error":
        expected = [word.strip(" '") for word in str(detail["ctx"]["expected"]).replace(" or ", ",").split(",")]
        return f"{where}: unknown value '{detail['input']}'" + nearest(str(detail["input"]), expected)
    message = detail["msg"].removeprefix("Value error, ")
    return message if message.startswith(where) else f"{where}: {message}"


def _dotted(location: Location) -> str:
    return ".".join(map(str, location))


def _named_by(message: str) -> Location:
    """The location that a check of the whole file names at the start of its message: `tables.x.key: …`."""
    named = re.match(r"(?:Value error, )?([\w.]+): ", message)
    return tuple(int(step) if step.isdigit() else step for step in named[1].split(".")) if named else ()


def _keys(model: type[BaseModel]) -> Iterator[str]:
    return (field.alias or name for name, field in model.model_fields.items())


def _models_at(model: type[BaseModel], location: Location) -> list[type[BaseModel]]:
    """The models that may stand at `location`: follow field names, pass over indices, keys and union members."""
    found = [model]
    for step in location:
        fields = [field for owner in found for name, field in owner.model_fields.items() if step in (name, field.alias)]
        if fields:
            found = [nested for field in fields for nested in _models_in(field.annotation)]
    return found


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
