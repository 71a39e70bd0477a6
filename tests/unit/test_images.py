"""What can be said of the images without an engine: their Dockerfiles, their names, the jars of Spark's."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import certifi
import pytest

from mlb_data_platform.settings import PROJECT_DIR
from mlb_data_platform.spark import jars
from mlb_data_platform.spark.java import java_home

PROGRAM = PROJECT_DIR / "scripts" / "images.py"


@pytest.fixture(scope="module")
def images() -> ModuleType:
    spec = importlib.util.spec_from_file_location("images", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["images"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def _no_choices_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BASE_IMAGE", "SPARK_BASE_IMAGE", "MLB_IMAGE_PREFIX", "DOCKER_BUILD_ARGS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def checkout(images: ModuleType, tmp_path: Path) -> Path:
    """A copy of everything that any image is made of."""
    for dockerfile in images.DOCKERFILES.values():
        text = (PROJECT_DIR / dockerfile).read_text(encoding="utf-8")
        for file in {dockerfile, ".dockerignore", *images.copied_files(text, PROJECT_DIR)}:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT_DIR / file, tmp_path / file)
    return tmp_path


def names(images: ModuleType, checkout: Path) -> dict[str, str]:
    return {kind: images.image(kind, checkout).name for kind in images.DOCKERFILES}


@pytest.mark.parametrize(
    ("kind", "user"), [("ingest", "10001:10001"), ("spark", "10001:10001"), ("airflow", "50000:0")]
)
def test_dockerfile_keeps_the_rules(images: ModuleType, kind: str, user: str) -> None:
    text = (PROJECT_DIR / images.DOCKERFILES[kind]).read_text(encoding="utf-8")
    first = next(line for line in text.splitlines() if line and not line.startswith("#"))
    assert re.fullmatch(r"ARG BASE_IMAGE=python:3\.11\.\d+-slim-bookworm", first)
    assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) <= {"${BASE_IMAGE}", "java"}
    assert re.findall(r"^USER (\S+)", text, re.MULTILINE) == [user]
    installs = re.findall(r"pip .*?install .*?(?=&&|\n)", text.replace("\\\n", " "))
    assert len(installs) == 3
    assert all("--require-hashes" in install or "--no-deps" in install for install in installs)
    assert set(re.findall(r"org\.opencontainers\.image\.(\w+)=", text)) == {
        "title", "description", "licenses", "version", "revision"
    }  # fmt: skip
    assert re.search(r"^ARG REVISION=$", text, re.MULTILINE)
    assert (" git " in text and "ENV MLB_COMMIT=${REVISION}" in text) == (kind == "airflow")
    assert "--mount" not in text  # the classic builder knows neither
    assert "<<" not in text


def test_all_images_share_one_base(images: ModuleType) -> None:
    assert len({images.image(kind).base for kind in images.DOCKERFILES}) == 1


def test_nothing_is_latest() -> None:
    places = [PROJECT_DIR / "Dockerfile", *(PROJECT_DIR / "images").rglob("*")]
    places += [file for file in (PROJECT_DIR / "chart_values").rglob("*") if file.suffix in (".yaml", ".yml")]
    found = [
        f"{file.relative_to(PROJECT_DIR)}: {line}"
        for file in places
        if file.is_file()
        for line in file.read_text(encoding="utf-8").splitlines()
        if re.search(r"""[\w}]:latest\b|\btag: ["']?latest""", line.partition("#")[0])
    ]
    assert found == []


@pytest.mark.parametrize(
    ("file", "changed"),
    [
        ("include/mlb_data_platform/errors.py", {"ingest", "spark", "airflow"}),
        ("include/mappings/season/seasons.yaml", {"ingest", "spark", "airflow"}),
        ("dags/mlb_game.yaml", {"ingest", "spark", "airflow"}),
        ("dags/mlb_game.py", {"airflow"}),
        ("spark_jobs/transform.py", {"ingest", "spark", "airflow"}),
        ("images/spark/entrypoint.sh", {"spark"}),
        ("images/spark/Dockerfile", {"spark"}),
        ("images/ingest/requirements.txt", {"ingest"}),
        ("airflow.cfg", {"airflow"}),
        ("README.md", set()),
        ("tests/unit/test_images.py", set()),
        ("include/mlb_data_platform/__pycache__/errors.cpython-311.pyc", set()),
        ("include/mlb_data_platform.egg-info/SOURCES.txt", set()),
    ],
)
def test_name_changes_with_what_is_copied(images: ModuleType, checkout: Path, file: str, changed: set[str]) -> None:
    before = names(images, checkout)
    (checkout / file).parent.mkdir(parents=True, exist_ok=True)
    with (checkout / file).open("a", encoding="utf-8") as opened:
        opened.write("\n# changed\n")
    after = names(images, checkout)
    assert {kind for kind in before if before[kind] != after[kind]} == changed


def test_name_says_where_a_file_lies(images: ModuleType, checkout: Path) -> None:
    before = names(images, checkout)
    (checkout / "sql" / "views" / "today.sql").rename(checkout / "sql" / "views" / "tomorrow.sql")
    assert all(before[kind] != name for kind, name in names(images, checkout).items())


def test_name_follows_prefix_and_base(images: ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = names(images, checkout)
    assert all(re.fullmatch(rf"mlb/{kind}:[0-9a-f]{{12}}", name) for kind, name in before.items())
    monkeypatch.setenv("MLB_IMAGE_PREFIX", "registry.example/mlb")
    monkeypatch.setenv("SPARK_BASE_IMAGE", "example/java:17")
    after = names(images, checkout)
    assert after["ingest"] == f"registry.example/{before['ingest']}"
    assert after["spark"].partition(":")[2] != before["spark"].partition(":")[2]


def git(folder: Path, *arguments: str) -> str:
    author = ("-c", "user.name=tests", "-c", "user.email=tests@example.invalid", "-c", "commit.gpgsign=false")
    argv = ["git", "-C", str(folder), *author, *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


def commit(folder: Path) -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "a test's")
    return git(folder, "rev-parse", "HEAD")


def test_name_says_of_which_commit_an_image_is(images: ModuleType, checkout: Path) -> None:
    """The newest one that changed any image: another name is another image."""

    def prefixes() -> set[str]:
        images.commit.cache_clear()  # a run of the program sees one checkout, as it is
        return {name.partition(":")[2].rpartition("-")[0] for name in names(images, checkout).values()}

    assert prefixes() == {""}, "no repository"
    git(checkout, "init", "--quiet")
    first = commit(checkout)
    assert prefixes() == {first[:12]}
    (checkout / "README.md").write_text("of no image", encoding="utf-8")
    assert prefixes() == {first[:12]}
    commit(checkout)
    assert prefixes() == {first[:12]}
    (checkout / "dags" / "mlb_more.yaml").write_text("name: mlb_more\n", encoding="utf-8")
    assert prefixes() == {""}, "not what any commit has"
    second = commit(checkout)
    assert prefixes() == {second[:12]}
    (checkout / "dags" / "mlb_more.yaml").unlink()
    assert prefixes() == {""}
    third = commit(checkout)
    assert prefixes() == {third[:12]}


def test_jars_are_those_of_the_packages() -> None:
    listed = (PROJECT_DIR / "images" / "spark" / "jars.sha256").read_text(encoding="utf-8").splitlines()
    found = {line.split()[1] for line in listed if not line.startswith("#")}
    # checker-qual is what PostgreSQL's driver needs; Spark has all else.
    assert {name for name in found if "checker-qual" not in name} == {
        "{}_{}-{}.jar".format(*package.split(":")) for package in jars.JARS.packages
    }


@pytest.mark.slow
@pytest.mark.spark
def test_java_trusts_what_the_machine_trusts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pyspark import SparkConf

    monkeypatch.setenv("JAVA_HOME", str(java_home()))
    store = tmp_path / "trust.p12"
    jars._make_trust_store(Path(certifi.where()), store)
    with jars._java(SparkConf(loadDefaults=False)) as gateway:
        read = gateway.jvm.java.security.KeyStore.getInstance("PKCS12")
        read.load(gateway.jvm.java.io.FileInputStream(str(store)), None)
        assert read.size() == Path(certifi.where()).read_text(encoding="utf-8").count("BEGIN CERTIFICATE")


def program(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """images.py with the programs of `path` and no others."""
    environment = {**os.environ, "PATH": str(path), "MLB_STATE_DIR": str(path / "state")}
    return subprocess.run(
        [sys.executable, str(PROGRAM), *arguments], env=environment, capture_output=True, text=True, check=False
    )


def fake_docker(folder: Path, script: str) -> None:
    docker = folder / "docker"
    docker.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    docker.chmod(0o755)


def test_names_need_no_docker(images: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "git").symlink_to(str(shutil.which("git")))
    answer = program(tmp_path, "names")
    expected = names(images, PROJECT_DIR)
    assert answer.stdout.splitlines() == [f"export MLB_IMAGE_{kind.upper()}={expected[kind]}" for kind in expected]


def test_without_docker_it_says_so(tmp_path: Path) -> None:
    answer = program(tmp_path)
    assert (answer.returncode, answer.stderr) == (1, "error: `docker` is needed to build images, and is not on PATH\n")


def test_an_engine_that_does_not_answer_is_one_line(tmp_path: Path) -> None:
    fake_docker(tmp_path, "echo 'Cannot connect' >&2; exit 1")
    answer = program(tmp_path)
    assert answer.returncode == 1
    assert answer.stderr.startswith("error: no engine answers docker")
    assert answer.stderr.endswith("Cannot connect\n")


def test_a_failed_build_shows_the_end_of_its_log(tmp_path: Path) -> None:
    fake_docker(tmp_path, 'case $1 in version) ;; build) echo "no space left"; exit 1;; *) exit 1;; esac')
    answer = program(tmp_path)
    assert answer.returncode == 1
    assert "no space left\nerror: building mlb/ingest:" in answer.stderr


def test_an_image_that_is_there_is_not_built_again(tmp_path: Path) -> None:
    fake_docker(tmp_path, 'case $1 in build) exit 1;; image) echo 5000000;; run) echo "2MB\tusr";; esac')
    answer = program(tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert re.fullmatch(r"(mlb/\w+:\w{12} +5 MB, of which usr 2\n){3}", answer.stdout)
