"""Parameters with brackets, as `hydrate` takes them: `currentTeam,stats(group=[hitting,pitching],type=season)`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_OPEN = "None"


def names(text: str) -> dict[str, str]:
    """Return what is asked for, by name, each with what stands in its brackets: '' where it has none."""
    parts = (part.strip().partition("(") for part in _parts(text))
    return {name: inside.removesuffix(")") for name, _, inside in parts}


def options(inside: str) -> Mapping[str, str]:
    """Return the options in the brackets of a name, as if they were parameters of a request: comma lists.

    An option that clients leave open, as Python writes that, is none.
    """
    pairs = (part.partition("=") for part in _parts(inside))
    return {name.strip(): value.strip("[]") for name, _, value in pairs if value != _OPEN}


def _parts(text: str) -> Iterator[str]:
    """Yield the members of a comma list; commas in brackets part nothing."""
    depth, start = 0, 0
    for place, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        if character == "," and depth == 0:
            yield text[start:place]
            start = place + 1
    if text[start:]:
        yield text[start:]
