"""The code in the READMEs and docs/*.md: its blocks with their marks, what running text quotes, and tables of commands.

A block is run by tests/integration. A comment directly before it, invisible to readers, says otherwise:

    <!-- run on a cluster -->
    <!-- not run: the reason -->
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.recordings import PROJECT_DIR

_PICTURES = ("mermaid",)
_MARK = re.compile(r"<!-- (?:(?P<cluster>run on a cluster)|not run: (?P<reason>.+?)) -->\s*\Z", re.DOTALL)
_PARSER = MarkdownIt("commonmark").enable("table")


class Where(Enum):
    """Which suite runs a block."""

    HERE = "tests/integration"
    CLUSTER = "tests/kubernetes"
    NOWHERE = "not run"


@dataclass(frozen=True)
class Block:
    """A block of code; `line` is where its text begins, `reason` why it is not run."""

    document: str
    line: int
    language: str
    text: str
    where: Where
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"

    @property
    def title(self) -> str:
        """Its first line without the remark at the end: what to call it, wherever in its document it stands."""
        return self.text.splitlines()[0].partition("  #")[0].strip()


def documents() -> list[str]:
    """Return the documents whose code is run, by their paths in the project."""
    guides = sorted(f"docs/{path.name}" for path in (PROJECT_DIR / "docs").glob("*.md"))
    return ["README.md", "CONTRIBUTING.md", *guides, "include/statsapi_simulator/README.md"]


def text_of(document: str) -> str:
    """Return a document as it is written."""
    return (PROJECT_DIR / document).read_text(encoding="utf-8")


def all_blocks() -> list[Block]:
    """Return the blocks of all documents, in order."""
    return [block for document in documents() for block in blocks(document, text_of(document))]


def blocks(document: str, text: str) -> Iterator[Block]:
    """Return the blocks of code in `text`, in order; pictures are none."""
    before: Token | None = None
    for token in _PARSER.parse(text):
        if token.type in ("fence", "code_block") and token.map and token.info not in _PICTURES:
            line = token.map[0] + (2 if token.type == "fence" else 1)
            yield Block(document, line, token.info, token.content, *_mark(before))
        before = token


def _mark(before: Token | None) -> tuple[Where, str]:
    found = _MARK.search(before.content) if before and before.type == "html_block" else None
    if found is None:
        return Where.HERE, ""
    return (Where.CLUSTER, "") if found["cluster"] else (Where.NOWHERE, " ".join(found["reason"].split()))


def quoted(text: str) -> list[str]:
    """Return what stands in backquotes in running text and tables."""
    return [code for token in _PARSER.parse(text) for code in _codes(token)]


def first_column(text: str, heading: str) -> list[str]:
    """Return what stands in backquotes in the first column of the tables that head it with `heading`."""
    found: list[str] = []
    tokens = _PARSER.parse(text)
    inside = False
    for row, cell, content in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if row.type == "tr_open" and cell.type == "th_open":
            inside = content.content == heading
        elif row.type == "tr_open" and inside:
            found += _codes(content)
    return found


def _codes(token: Token) -> list[str]:
    return [child.content for child in token.children or () if child.type == "code_inline"]
