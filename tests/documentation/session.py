"""A reader at a shell: one bash per document, in which its blocks are run in order."""

from __future__ import annotations

import os
import re
import select
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx
import psutil

from tests.documentation.commands import in_background, lines, serves
from tests.documentation.markdown import Block
from tests.recordings import PROJECT_DIR

# What takes over two minutes is marked as not run. This is for what never ends, on a machine that is busy with tests.
LIMIT_SECONDS = 600
_SERVER_SECONDS = 30
_LISTENING = re.compile(r"^listening on (http://(?:127\.0\.0\.1|0\.0\.0\.0):\d+)$", re.MULTILINE)
# In the words of the document, so that no password is shown.
_SAY_WHAT_FAILED = """trap 'echo "failed with exit code $?: $BASH_COMMAND"' ERR"""


class CommandFailed(AssertionError):
    """A block did not do what its document promises."""


class Session:
    """A bash -euo pipefail in the project's folder. `instead` is put in place of what only readers can use."""

    def __init__(
        self, folder: Path, environment: Mapping[str, str], instead: Mapping[str, str], project: Path = PROJECT_DIR
    ) -> None:
        self._folder = folder
        self._instead = instead
        self._failed = ""  # the block that did, after which there is no shell
        self._done, in_bash = os.pipe()
        # What a block starts does not inherit `in_bash`: its other end ends with this bash.
        self._call = f"source {{}} > {{}} 2>&1 < /dev/null {in_bash}>&-; printf . >&{in_bash}"
        self._bash = subprocess.Popen(
            ["bash", "-Eeuo", "pipefail"], cwd=project, env=dict(environment), text=True, pass_fds=[in_bash],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        os.close(in_bash)
        self._say(_SAY_WHAT_FAILED)

    def run(self, block: Block) -> str:
        """Run a block and return what it says. A server stays until the end, and must answer.

        Raises CommandFailed if a command fails, no server answers, or the block does not end in time.
        """
        text = self._as_typed(block.text)
        output = self._source(str(block), _servers_in_background(text))
        number = sum(map(serves, lines(text)))
        if not _until(lambda: len(_answering(output)) >= number):
            raise CommandFailed(f"{block}: no server answers after {_SERVER_SECONDS} s\n{_told(text, output)}")
        return output.read_text(encoding="utf-8", errors="replace")

    def query(self, block: Block) -> list[str]:
        """Return the rows that a block of SQL gives, typed into `mlb-etl db shell`, as CSV without their heading."""
        shell = f"mlb-etl db shell --quiet --csv --set ON_ERROR_STOP=1 <<'SQL'\n{block.text}SQL\n"
        return self._source(str(block), shell).read_text(encoding="utf-8").splitlines()[1:]

    def end(self) -> None:
        """End the bash and the servers it started. Raises CommandFailed if one of them does not end when told to."""
        for process in _of_session(self._bash.pid):
            process.terminate()
        self._bash.communicate(timeout=_SERVER_SECONDS)
        os.close(self._done)
        if not _until(lambda: not list(_of_session(self._bash.pid))):
            raise CommandFailed(f"{list(_of_session(self._bash.pid))} still run {_SERVER_SECONDS} s after SIGTERM")

    def _as_typed(self, text: str) -> str:
        for documented, ours in self._instead.items():
            text = text.replace(documented, ours)
        return text

    def _source(self, name: str, text: str) -> Path:
        if self._failed:
            raise CommandFailed(f"{name} was not run: {self._failed} failed before")
        script = self._folder / f"{name.replace('/', '_')}.sh"
        script.write_text(text, encoding="utf-8")
        output = script.with_suffix(".log")
        output.touch()
        self._failed = name
        self._say(self._call.format(shlex.quote(str(script)), shlex.quote(str(output))))
        ended, _, _ = select.select([self._done], [], [], LIMIT_SECONDS)
        if not ended:
            raise CommandFailed(f"{name} has not ended after {LIMIT_SECONDS} s\n{_told(text, output)}")
        if not os.read(self._done, 1):
            raise CommandFailed(f"{name} failed\n{_told(text, output)}")
        self._failed = ""
        return output

    def _say(self, line: str) -> None:
        assert self._bash.stdin
        self._bash.stdin.write(line + "\n")
        self._bash.stdin.flush()


def _until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + _SERVER_SECONDS
    while not (holds := condition()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return holds


def _answering(output: Path) -> list[str]:
    """Return the URLs in what a block said at which somebody answers."""
    return [url for url in _LISTENING.findall(output.read_text(errors="replace")) if _answers(url)]


def _answers(url: str) -> bool:
    try:
        httpx.get(url, timeout=_SERVER_SECONDS)  # whatever it says: recordings have no page there
    except httpx.HTTPError:  # one of the faults that a document may ask for
        return False
    return True


def _servers_in_background(text: str) -> str:
    """Return the text with servers that a reader leaves in a terminal of their own started in the background."""
    return "".join(
        f"{{ {line}\n}} &\n" if serves(line) and not in_background(line) else f"{line}\n"
        for line in text.replace("\\\n", "").splitlines()
    )


def _told(text: str, output: Path) -> str:
    return f"{text}--- said\n{output.read_text(encoding='utf-8', errors='replace')[-4000:]}"


def _of_session(leader: int) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                yield process
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue  # it has just ended
