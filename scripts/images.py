"""`make images`: the three images, built by docker, named by what is in them; one that is there already is left alone.

A tag begins with the commit that the images are of, where all that they are made of is committed. `images.py names`
prints the names as `export` lines and builds nothing. Needs nothing but Python 3.11 or newer.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
LOGS = PROJECT / os.environ.get("MLB_STATE_DIR", ".local") / "logs"

DOCKERFILES = {"ingest": "images/ingest/Dockerfile", "spark": "images/spark/Dockerfile", "airflow": "Dockerfile"}

# What of an image its size comes from: Java, what else the base has, the project, each library.
_PARTS = "cd / && du -xs --block-size=MB $(ls -d usr/lib/jvm 2>&-) usr opt/mlb opt/venv/lib/python3*/site-packages/*"
_SHOWN_PARTS = 5


@dataclass(frozen=True)
class Image:
    """One image: its kind, its Dockerfile, what it is built on, and the name that says what is in it."""

    kind: str
    dockerfile: str
    base: str
    name: str


def main() -> None:
    """Build what is missing and say what dominates each image; or, asked for `names`, print them."""
    images = [image(kind) for kind in DOCKERFILES]
    if sys.argv[1:] == ["names"]:
        for each in images:
            print(f"export MLB_IMAGE_{each.kind.upper()}={shlex.quote(each.name)}")
        return
    if sys.argv[1:]:
        sys.exit("usage: images.py [names]")
    check_engine()
    for each in images:
        if docker("image", "inspect", each.name).returncode != 0:
            build(each)
    for each in images:
        print(f"{each.name:<24} {size(each):>5.0f} MB, of which {', '.join(parts(each))}", flush=True)


def image(kind: str, project: Path = PROJECT) -> Image:
    """Return the image of this kind as the files of `project` make it."""
    dockerfile = DOCKERFILES[kind]
    text = (project / dockerfile).read_text(encoding="utf-8")
    base = os.environ.get("BASE_IMAGE") or re.findall(r"^ARG BASE_IMAGE=(\S+)", text, re.MULTILINE)[0]
    if kind == "spark":  # one that brings Java saves its download
        base = os.environ.get("SPARK_BASE_IMAGE") or base
    content = hashlib.sha256(f"{base}\n{text}".encode())
    for file in sorted(copied_files(text, project)):
        content.update(f"{file}\n{(project / file).stat().st_size}\n".encode() + (project / file).read_bytes())
    prefix = os.environ.get("MLB_IMAGE_PREFIX") or "mlb"
    tag = "-".join(part[:12] for part in (commit(project), content.hexdigest()) if part)
    return Image(kind, dockerfile, base, f"{prefix}/{kind}:{tag}")


def copied_files(dockerfile: str, project: Path) -> set[str]:
    """Return the files of `project` that the COPY lines of a Dockerfile take, less what .dockerignore keeps out."""
    ignored = ignore_rules((project / ".dockerignore").read_text(encoding="utf-8"))
    paths = [path for source in copied_sources(dockerfile) for path in project.glob(source)]
    files = [file for path in paths for file in (path.rglob("*") if path.is_dir() else [path])]
    found = {file.relative_to(project).as_posix() for file in files if file.is_file()}
    return {file for file in found if not is_ignored(file, ignored)}


def copied_sources(dockerfile: str) -> set[str]:
    """Return what the COPY lines of a Dockerfile name of the project: files, folders, patterns."""
    found: set[str] = set()
    for line in dockerfile.replace("\\\n", " ").splitlines():
        match line.split():
            case ["COPY", first, *_] if first.startswith("--from="):
                pass
            case ["COPY", *sources, _]:
                found |= set(sources)
    return found


def ignore_rules(text: str) -> list[tuple[re.Pattern[str], bool]]:
    """Return the lines of a .dockerignore as patterns, each with whether it ignores what it matches."""
    rules = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            pattern = re.escape(line.removeprefix("!")).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
            rules.append((re.compile(f"{pattern}(/.*)?"), not line.startswith("!")))
    return rules


def is_ignored(file: str, rules: list[tuple[re.Pattern[str], bool]]) -> bool:
    """Return what the last line of a .dockerignore that matches says of a file."""
    return next((ignores for pattern, ignores in reversed(rules) if pattern.fullmatch(file)), False)


def check_engine() -> None:
    """End with one line where there is no docker, or nothing that answers it."""
    if shutil.which("docker") is None:
        sys.exit("error: `docker` is needed to build images, and is not on PATH")
    answer = docker("version", "--format", "{{.Server.Version}}")
    if answer.returncode != 0:
        sys.exit(f"error: no engine answers docker; is it running, is DOCKER_HOST right? {answer.stderr.strip()}")


def build(image: Image) -> None:
    """Build an image with its output in a log; when that fails, show the end of it and exit with 1."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"image-{image.kind}.log"
    started = time.monotonic()
    argv = ["docker", "build", "--file", image.dockerfile, "--tag", image.name]
    for name, value in (("BASE_IMAGE", image.base), ("VERSION", version()), ("REVISION", commit())):
        argv += ["--build-arg", f"{name}={value}"]
    argv += [*shlex.split(os.environ.get("DOCKER_BUILD_ARGS", "")), "."]
    with log.open("wb") as output:
        done = subprocess.run(argv, cwd=PROJECT, stdout=output, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
        sys.exit(f"{tail}\nerror: building {image.name} failed; the whole log: {log}")
    print(f"{'building ' + image.kind:<28} {time.monotonic() - started:6.1f} s", flush=True)


def version() -> str:
    """Return the version that pyproject.toml gives the project."""
    return str(tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


@cache
def commit(project: Path = PROJECT) -> str:
    """Return the newest commit that changed what any image is made of; nothing where that is not committed as it is.

    It is one for all images, and commits of other files do not change it: no image would be another one.
    """
    if shutil.which("git") is None:
        return ""
    git = ("git", "-C", str(project))
    texts = [(project / dockerfile).read_text(encoding="utf-8") for dockerfile in DOCKERFILES.values()]
    made_of = sorted({".dockerignore", *DOCKERFILES.values()}.union(*map(copied_sources, texts)))
    changed = run(*git, "status", "--porcelain", "--", *made_of)
    if changed.returncode != 0 or changed.stdout:
        return ""
    return run(*git, "log", "-1", "--format=%H", "--", *made_of).stdout.strip()


def size(image: Image) -> float:
    """Return the size of an image in MB, base included."""
    return int(docker("image", "inspect", "--format", "{{.Size}}", image.name).stdout) / 1e6


def parts(image: Image) -> Iterator[str]:
    """Yield the largest parts of an image, largest first."""
    listed = docker("run", "--rm", "--network", "none", "--user", "0", "--entrypoint", "sh", image.name, "-c", _PARTS)
    sizes = [line.split("MB\t") for line in listed.stdout.splitlines()]
    for megabytes, path in sorted(sizes, key=lambda part: -int(part[0]))[:_SHOWN_PARTS]:
        yield f"{path.rpartition('site-packages/')[2]} {megabytes}"


def docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run docker and return what it answered."""
    return run("docker", *arguments)


def run(*argv: str) -> subprocess.CompletedProcess[str]:
    """Run a program and return what it answered."""
    return subprocess.run(argv, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    main()
