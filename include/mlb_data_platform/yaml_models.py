"""Loads a YAML file into a typed model, and says file, line, key and nearest valid key where it does not fit."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from mlb_data_platform.errors import BadInputError

Location = tuple[int | str, ...]
_FEW = 20


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
    document = _parse(path)
    try:
        return model.model_validate(_plain(document))
    except ValidationError as error:
        raise YamlProblems(list(_problems(path, document, model, error))) from None


def located(path: Path, location: Location, message: str) -> Problem:
    """Return the problem that `message` tells of the key or item at `location` of `path`."""
    return Problem(path, key_line(path, location), f"{'.'.join(map(str, location))}: {message}")


def key_line(path: Path, location: Location) -> int:
    """Return the line (from 1) of `path` on which the key or item at `location` stands."""
    return line_of(_parse(path), location)


def line_of(document: Any, location: Location) -> int:
    """Return the line (from 1) on which the key or item at `location` of a parsed YAML document stands."""
    line = 1
    for step in location:
        if isinstance(document, CommentedMap) and step in document:
            line = document.lc.key(step)[0] + 1
        elif isinstance(document, CommentedSeq) and isinstance(step, int) and step < len(document):
            line = document.lc.item(step)[0] + 1
        else:
            continue  # pydantic adds steps of its own (the member of a union); the file has no line for them
        document = document[step]
    return line


def _parse(path: Path) -> Any:
    try:
        return YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInputError(f"{path}: cannot be read: {error.strerror}") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark
        text = (error.problem or "not valid YAML").splitlines()[0]
        text = re.sub(r'^found (duplicate key) "(.*?)".*', r"\1 '\2'", text)
        raise YamlProblems([Problem(path, mark.line + 1 if mark else 1, text)]) from None
    except YAMLError as error:
        raise YamlProblems([Problem(path, 1, str(error).splitlines()[0])]) from None


def _plain(node: Any) -> Any:
    if isinstance(node, CommentedMap):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        return [_plain(item) for item in node]
    return node


def _problems(path: Path, document: Any, model: type[BaseModel], error: ValidationError) -> Iterator[Problem]:
    for detail in error.errors():
        location = detail["loc"] or _named_by(detail["msg"])
        where = ".".join(str(step) for step in location) or "the file"
        if detail["type"] == "extra_forbidden":
            known = sorted({name for owner in _models_at(model, location[:-1]) for name in _keys(owner)})
            message = f"unknown key '{location[-1]}'" + nearest(str(location[-1]), known)
        elif detail["type"] == "literal_error":
            expected = [word.strip(" '") for word in str(detail["ctx"]["expected"]).replace(" or ", ",").split(",")]
            message = f"{where}: unknown value '{detail['input']}'" + nearest(str(detail["input"]), expected)
        else:
            message = detail["msg"].removeprefix("Value error, ")
            message = message if message.startswith(where) else f"{where}: {message}"
        yield Problem(path, line_of(document, location), message)


def _named_by(message: str) -> Location:
    """The location that a check of the whole file names at the start of its message: `tables.x.key: …`."""
    named = re.match(r"(?:Value error, )?([\w.]+): ", message)
    return tuple(int(step) if step.isdigit() else step for step in named[1].split(".")) if named else ()


def nearest(word: str, known: Sequence[str]) -> str:
    """Return a hint for a message: the word of `known` that was probably meant, else all of them if they are few."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; valid: {', '.join(known)}" if len(known) <= _FEW else ""


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
