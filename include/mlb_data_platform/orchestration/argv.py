"""A task's argv as the YAML writes it, and as it is once the run and its game are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlb_data_platform.jobs.each import GAME
from mlb_data_platform.jobs.placeholders import fill, placeholders
from mlb_data_platform.orchestration.params import RunOptions

if TYPE_CHECKING:
    from airflow.sdk import Context


@dataclass(frozen=True)
class Argv:
    """A template field that becomes a list of words.

    Airflow calls `resolve` where it finds one in a template field, and `serialize` for the serialized DAG. A Jinja
    string could not do it: it becomes exactly one word, and `{keys_or_date}` or `{force}` become any number.
    """

    words: tuple[str, ...]

    def resolve(self, context: Context) -> list[str]:
        """Return the words for the run and the mapped game of `context`."""
        options = RunOptions.of(context)
        game = getattr(context["task"], "game", None)
        return self.words_for(options, game["game_pk"] if game else None)

    def words_for(self, options: RunOptions, game_pk: int | None) -> list[str]:
        """Return the words for these options, and for this game in a mapped task."""
        return [word for template in self.words for word in _expand(template, options, game_pk)]

    def serialize(self) -> list[str]:
        """Return what stands in the serialized DAG: the words as the YAML has them."""
        return list(self.words)


def _expand(template: str, options: RunOptions, game_pk: int | None) -> list[str]:
    match template:
        case "{keys}":
            return _key_words(options)
        case "{keys_or_date}":
            return _key_words(options) or ["--date", options.date]
        case "{force}":
            return ["--force"] if options.force else []
        case _:
            return [fill(template, {name: _value(name, options, game_pk) for name in placeholders(template)})]


def _key_words(options: RunOptions) -> list[str]:
    return [
        word
        for name, values in options.keys.items()
        for value in values
        for word in (("--game-pk", str(value)) if name == GAME else ("--key", f"{name}={value}"))
    ]


def _value(name: str, options: RunOptions, game_pk: int | None) -> Any:
    match name:
        case "date":
            return options.date
        case "season":
            return options.season
        case "game_pk":
            return game_pk
    raise AssertionError(f"the models let no placeholder {name} through")
