"""Applies what a patch endpoint answered: envelopes of RFC 6902 operations, one for each revision (FEED 42-44)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jsonpatch import JsonPatchException, apply_patch
from jsonpointer import JsonPointerException

from mlb_data_platform.documents.document import Json, value_at
from mlb_data_platform.errors import BadInputError, one_line

_OPERATIONS = "diff"  # of an envelope
_LONGEST_REASON = 200


class MisfitError(BadInputError):
    """A patch that does not fit the document it was applied to."""


def changes_nothing(answer: Any) -> bool:
    """Return whether an answer says that there is nothing new: it holds no operation at all."""
    if not isinstance(answer, list):
        return isinstance(answer, dict) and not answer
    return all(isinstance(envelope, dict) and envelope.get(_OPERATIONS) == [] for envelope in answer)


def patched(document: Json, answer: Any, revision: str) -> Json:
    """Return the document that `answer` makes of `document`. Does and raises what `steps` does and raises."""
    result = document
    for step in steps(document, answer, revision):
        result = step
    return result


def steps(document: Json, answer: Any, revision: str) -> Iterator[Json]:
    """Yield the document that each envelope of `answer` leads to; its revision stands at path `revision`.

    Strictly: in order, every operation must fit, and each envelope must lead to a later revision, so that one that is
    doubled or out of order is noticed; one that is lost, only the hash of the result tells. `document` itself is
    changed, after an error as far as whole envelopes fitted. Raises MisfitError that says which envelope does not fit
    and why.
    """
    if not isinstance(answer, list):
        raise MisfitError("it is no list of envelopes")
    for number, envelope in enumerate(answer, start=1):
        name = f"envelope {number} of {len(answer)}"
        before = value_at(document, revision)
        document = _applied(document, envelope, name)
        after = value_at(document, revision)
        if not (isinstance(before, str) and isinstance(after, str) and after > before):
            raise MisfitError(f"{name} leads from revision {before} to {after}")
        yield document


def _applied(document: Json, envelope: Any, name: str) -> Json:
    if not isinstance(envelope, dict) or not isinstance(envelope.get(_OPERATIONS), list):
        raise MisfitError(f"{name} has no list '{_OPERATIONS}'")
    try:
        result = apply_patch(document, envelope[_OPERATIONS], in_place=True, atomic=True)
    except (JsonPatchException, JsonPointerException, RecursionError) as error:
        raise MisfitError(f"{name} does not fit: {one_line(error)[:_LONGEST_REASON]}") from None
    if not isinstance(result, dict):
        raise MisfitError(f"{name} leaves no object")
    return result
