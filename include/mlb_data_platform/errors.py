"""The errors every program of the platform ends with, the exit codes they stand for, and what makes up their text."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

_FEW = 30  # that are listed


class PlatformError(Exception):
    """Something a person can act on. Its text is one line: what failed, for which game and URL, what to do next."""

    exit_code = 1


class TransientError(PlatformError):
    """Worth a retry: the API, the database or the object store did not answer as it should (exit code 1)."""

    exit_code = 1


class BadInputError(PlatformError):
    """A retry is useless: a flag, a setting, a YAML file or a response is wrong (exit code 2)."""

    exit_code = 2


def one_line(error: BaseException) -> str:
    """Return the text of an error of a library as one line: servers and drivers like several."""
    return " ".join(str(error).split())


def exit_code_of(errors: list[PlatformError]) -> int:
    """Return the exit code of a run that ended with `errors`: 0 for none, 1 if any is worth a retry, else 2."""
    return min((error.exit_code for error in errors), default=0)


def nearest(word: str, known: Sequence[str]) -> str:
    """Return a hint for a message: the word of `known` that was probably meant, else all of them if they are few."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if close:
        return f"; did you mean '{close[0]}'?"
    return f"; valid: {', '.join(known)}" if 0 < len(known) <= _FEW else ""
