"""Commands in the text of a shell: its lines as the shell joins them, and what a program is told there."""

from __future__ import annotations

import re
import shlex

_CONTINUED = re.compile(r"\\\n\s*")
_HERE_DOCUMENT = re.compile(r"(<<-?\s*'?(\w+)'?[^\n]*\n).*?^\2$\n?", re.DOTALL | re.MULTILINE)
# Where a command may begin, and the variables that it may be given there.
_BEGIN = r"""(?:^|[;&|(`'"]|\bdo\b)\s*(?:\w+=\S*\s+)*(?:[\w./-]*/)?"""
_WORDS = r"""((?:\s+(?:'[^']*'|"[^"]*"|[^\s;&|()'"`#]+))*)"""


def lines(text: str) -> list[str]:
    """Return the lines of a shell's text as the shell joins them, without the contents of here-documents."""
    return _CONTINUED.sub(" ", _HERE_DOCUMENT.sub(r"\1", text)).splitlines()


def invocations(text: str, program: str) -> list[list[str]]:
    """Return the words that follow `program` wherever it is called: in a list, a loop, a substitution, a pipe."""
    pattern = re.compile(f"{_BEGIN}{re.escape(program)}(?![\\w./-]){_WORDS}")
    return [shlex.split(found[1]) for line in lines(text) for found in pattern.finditer(line)]


def serves(line: str) -> bool:
    """Return whether a line starts a server."""
    return any(words[:2] == ["simulator", "serve"] for words in invocations(line, "mlb-etl")) or any(
        words[:1] == ["serve"] for words in invocations(line, "statsapi-simulator")
    )


def in_background(line: str) -> bool:
    """Return whether the shell goes on while what a line starts still runs."""
    return shlex.split(line, comments=True)[-1:] == ["&"]
