"""What a draft calls tables and columns: the feed's names in snake_case, with those of parents where they do not do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from mlb_data_platform.mapping.names import is_name

# Of whom it is the name, the id, the type …, only the parent tells.
_SAYS_TOO_LITTLE = frozenset(
    """
    id name code type description abbreviation value full_name short_name display_name date time status number
    season text label key title active order index
    """.split()  # noqa: SIM905 - one word per line would be a page
)
NORMALIZED = "_normalized"  # behind the name of a table where its raw table has the name
_IRREGULAR = {"people": "person", "series": "series", "media": "media", "status": "status"}


def snake_case(name: str) -> str:
    """Return `name` of a feed in snake_case: `hitsPer9Inn` is `hits_per9_inn`."""
    words = re.sub(r"([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3_\2\4", name)
    return re.sub(r"\W+", "_", words).strip("_").lower()


def singular(name: str) -> str:
    """Return what one of `name` is called: of the last word of a name in snake_case."""
    start, _, last = name.rpartition("_")
    one = _IRREGULAR.get(last) or re.sub(r"ies$", "y", last)
    one = re.sub(r"(ss|x|ch|sh)es$", r"\1", one) if one.endswith("es") else one
    one = one[:-1] if one == last and one.endswith("s") and not one.endswith("ss") and last not in _IRREGULAR else one
    return f"{start}_{one}" if start else one


def one_of(table: str) -> str:
    """Return what a row of a table is called."""
    return singular(table.removesuffix(NORMALIZED))


def column_names(paths: Sequence[tuple[str, ...]], table: str, taken: Sequence[str] = ()) -> list[str]:
    """Return a name for what stands at each of these paths of a row of `table`.

    All differ, and from those that are `taken`, and SQL takes them. Where two would be alike, the parents of the one
    that lies deeper are put before it.
    """
    choices = [_choices([snake_case(part) for part in path], one_of(table)) for path in paths]
    chosen = [0] * len(paths)
    while True:
        names = [names_[position] for names_, position in zip(choices, chosen, strict=True)]
        counts = Counter([*names, *taken])
        doubtful = [n for n, name in enumerate(names) if counts[name] > 1 or not is_name(name)]
        movable = [n for n in doubtful if chosen[n] + 1 < len(choices[n])]
        if not movable:
            return _numbered(names, taken)
        deeper = [n for n in movable if chosen[n] + 2 < len(choices[n])]  # the last choice is the table's name before
        for n in deeper or movable:
            chosen[n] += 1


def _choices(words: Sequence[str], table: str) -> list[str]:
    """The names that a column may have, the best one first."""
    first = 2 if words[-1] in _SAYS_TOO_LITTLE and (len(words) > 1 or words[-1] == "id") else 1
    short = [_joined(words[-length:]) for length in range(first, len(words) + 1)]
    if words == ["id"]:
        short = [f"{table}_id"]
    names = [*short, "_".join(words), _joined([table, *words])]
    return list(dict.fromkeys(name if name[:1].isalpha() else f"n{name}" for name in names))


def _joined(words: Sequence[str]) -> str:
    """The words in one, without those that the next one begins with."""
    return "_".join(word for word, after in zip(words, [*words[1:], ""], strict=True) if not after.startswith(word))


def _numbered(names: Sequence[str], taken: Sequence[str]) -> list[str]:
    """The names, a number behind those that were there before: no words were left to tell them apart by."""
    seen = Counter(taken)
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return found
