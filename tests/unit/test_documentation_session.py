"""The shell in which documents are run: one for all blocks, strict, and without anything left behind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.documentation.markdown import Block, Where
from tests.documentation.session import CommandFailed, Session
from tests.recordings import PROJECT_DIR

JOBS = PROJECT_DIR / ".venv-jobs" / "bin"


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    made = Session(tmp_path, {"PATH": f"{JOBS}:{os.environ['PATH']}"}, instead={"8601": "0"})
    yield made
    made.end()


def block(text: str, line: int = 1) -> Block:
    return Block("docs/x.md", line, "sh", text, Where.HERE)


def test_what_a_block_sets_the_next_one_has(session: Session) -> None:
    session.run(block("A=1\nexport B=2\ncd tests\n"))
    assert session.run(block('echo "$A $B $(basename "$PWD")"\n', 4)) == "1 2 tests\n"


@pytest.mark.parametrize("failing", ["false", "false | cat", 'echo "$NOBODY_SET_THIS"', "no-such-program"])
def test_a_command_that_fails_ends_the_document(session: Session, failing: str) -> None:
    with pytest.raises(CommandFailed, match=r"docs/x\.md:1 failed"):
        session.run(block(f"true\n{failing}\ntrue\n"))
    with pytest.raises(CommandFailed, match=r"docs/x\.md:5 was not run: docs/x\.md:1 failed before"):
        session.run(block("true\n", 5))


def test_what_failed_is_told_as_it_was_typed(session: Session) -> None:
    session.run(block("PASSWORD=secret\n"))
    with pytest.raises(CommandFailed, match=r'failed with exit code 1: test "\$PASSWORD" = ""') as failed:
        session.run(block('test "$PASSWORD" = ""\n', 3))
    assert "secret" not in str(failed.value)


@pytest.mark.parametrize("end", ["   # in a terminal of its own", " &"])
def test_a_server_answers_while_the_next_blocks_run(tmp_path: Path, end: str) -> None:
    session = Session(tmp_path, {"PATH": f"{JOBS}:{os.environ['PATH']}"}, instead={"8601": "0"})
    said = session.run(block(f"mlb-etl simulator serve \\\n    --port 8601 --fault all=0.3{end}\necho here\n"))
    assert "here\n" in said
    url = next(line for line in said.splitlines() if line.startswith("listening on ")).removeprefix("listening on ")
    session.end()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_a_server_that_does_not_start_is_a_failure(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.documentation.session._SERVER_SECONDS", 10)
    with pytest.raises(CommandFailed, match=r"docs/x\.md:1: no server answers after 10 s(?s:.*)error: --season"):
        session.run(block("mlb-etl simulator serve --season 1900\n"))
