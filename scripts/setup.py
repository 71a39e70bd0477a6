"""`make setup`: uv, the two Python environments, Spark's jars and classes; whatever is up to date is left alone.

`setup.py .venv-bench` also makes an environment that few need; so do `.venv-notebook` and `.venv-page`. Needs nothing
but Python 3.11 or newer, and runs with that: no library of the project is there yet.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
LOG = PROJECT / os.environ.get("MLB_STATE_DIR", ".local") / "logs" / "setup.log"

UV = "uv==0.13.8"
# The images run 3.11; the locks hold for 3.12 too. Spark 3.5 knows no newer one.
PYTHON = ">=3.11,<3.13"

SPARK = "images/spark/requirements.txt"

# Environment → the locks it is made of: that of its image, and what development adds.
ENVIRONMENTS = {
    ".venv": ("requirements.txt", "requirements/airflow-dev.txt"),
    ".venv-jobs": (SPARK, "requirements/jobs-dev.txt"),
}
# Made only when it is asked for by name: by `make bench` the jobs' environment with the rivals beside it, by
# `make notebook` one that knows nothing of the platform, by `make test-page` what drives a browser.
ON_REQUEST = {
    ".venv-bench": (*ENVIRONMENTS[".venv-jobs"], "requirements/bench.txt"),
    ".venv-notebook": ("requirements/notebook.txt",),
    ".venv-page": ("images/ingest/requirements.txt", "requirements/page.txt"),
}


def main() -> None:
    """Bring everything up to date, one line for each thing that had to be done."""
    if sys.version_info < (3, 11):  # noqa: UP036  (an older one is what this line is for)
        sys.exit(f"error: Python 3.11 or newer is needed, `python3` is {sys.version.split()[0]}")
    started = time.monotonic()
    LOG.parent.mkdir(parents=True, exist_ok=True)
    LOG.write_text("", encoding="utf-8")
    wanted = ENVIRONMENTS | {name: ON_REQUEST[name] for name in sys.argv[1:]}
    for name, locks in wanted.items():
        make_environment(PROJECT / name, locks)
    fetch_jars()
    for name, locks in wanted.items():
        if SPARK in locks:
            archive_classes(PROJECT / name)
    print(f"set-up is complete ({time.monotonic() - started:.1f} s)", flush=True)


def make_environment(folder: Path, locks: Sequence[str]) -> None:
    """Install exactly what `locks` say, and the project itself as editable, unless the stamp says it is done."""
    stamp = folder / ".stamp"
    wanted = fingerprint([*locks, "pyproject.toml"])
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    uv = find_uv()
    python = folder / "bin" / "python"
    run(
        f"installing {folder.name}",
        [uv, "venv", "--quiet", "--allow-existing", "--python", PYTHON, str(folder)],
        [uv, "pip", "sync", "--require-hashes", "--python", str(python), *locks],
        [uv, "pip", "install", "--python", str(python), "--no-deps", "--no-build-isolation", "--editable", "."],
    )
    stamp.write_text(wanted, encoding="utf-8")


def fetch_jars() -> None:
    """Fetch Spark's jars into the user's cache; returns at once when they are there."""
    python = str(PROJECT / ".venv-jobs" / "bin" / "python")
    run("fetching Spark's jars", [python, "-m", "mlb_data_platform.spark.jars"])


def archive_classes(folder: Path) -> None:
    """Let an environment have the archive that Spark starts from; returns at once when it is there."""
    python = str(folder / "bin" / "python")
    run("archiving Spark's classes", [python, "-m", "mlb_data_platform.spark.make_class_archive"])


def find_uv() -> str:
    """Return the path of uv: the machine's, or the project's own in .tools, which is installed if it is missing."""
    if found := shutil.which("uv"):
        return found
    tools = PROJECT / ".tools"
    uv = tools / "bin" / "uv"
    if not uv.exists():
        run(
            "installing uv",
            [sys.executable, "-m", "venv", str(tools)],
            [str(tools / "bin" / "python"), "-m", "pip", "install", "--quiet", UV],
        )
    return str(uv)


def fingerprint(files: Sequence[str]) -> str:
    """Return one hash over the content of these files and of this program."""
    content = b"".join((PROJECT / name).read_bytes() for name in files)
    return hashlib.sha256(content + Path(__file__).read_bytes()).hexdigest()


def run(step: str, *commands: Sequence[str]) -> None:
    """Run the commands of a step with their output in the log; when one fails, show the end of it and exit with 1."""
    started = time.monotonic()
    for command in commands:
        with LOG.open("a", encoding="utf-8") as log:
            done = subprocess.run(command, cwd=PROJECT, stdout=log, stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            tail = "\n".join(LOG.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
            sys.exit(f"{tail}\nerror: {step} failed; the whole log: {LOG}")
    seconds = time.monotonic() - started
    if seconds >= 1:
        print(f"{step:<28} {seconds:6.1f} s", flush=True)


if __name__ == "__main__":
    main()
