"""Which Java and which jars Spark gets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.spark import jars, java


@pytest.fixture(autouse=True)
def _forget_java() -> Iterator[None]:
    java.java_home.cache_clear()
    yield
    java.java_home.cache_clear()


def jdk(folder: Path, version: str) -> Path:
    (folder / "bin").mkdir(parents=True)
    (folder / "release").write_text(f'IMPLEMENTOR="someone"\nJAVA_VERSION="{version}"\n', encoding="utf-8")
    program = folder / "bin" / "java"
    program.touch(mode=0o755)
    return folder


def test_java_home_of_the_right_version_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, other = jdk(tmp_path / "mine", "17.0.1"), jdk(tmp_path / "other", "17.0.2")
    monkeypatch.setenv("JAVA_HOME", str(mine))
    monkeypatch.setenv("PATH", str(other / "bin"))
    assert java.java_home() == mine


def test_java_on_the_path_is_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong, right = jdk(tmp_path / "wrong", "21.0.1"), jdk(tmp_path / "right", "17")
    link = tmp_path / "bin" / "java"
    link.parent.mkdir()
    link.symlink_to(right / "bin" / "java")
    monkeypatch.setenv("JAVA_HOME", str(wrong))
    monkeypatch.setenv("PATH", str(link.parent))
    assert java.java_home() == right


def test_without_a_jdk_17_the_wheel_has_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(jdk(tmp_path / "old", "11.0.1") / "bin"))
    assert java.java_home() == java.bundled_java_home()
    assert (java.java_home() / "bin" / "java").exists()


def test_no_java_at_all_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(java, "bundled_java_home", lambda: None)
    with pytest.raises(BadInputError, match="Spark needs Java 17"):
        java.java_home()


def test_jars_come_from_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(BadInputError, match="make setup"):
        jars.jar_paths()
    monkeypatch.setattr(jars, "_resolve", lambda _, ivy: (ivy / "jars").mkdir() or (ivy / "jars" / "a.jar").touch())
    folder = jars.fetch(jars.JARS)
    assert folder.is_relative_to(tmp_path / "mlb-data-platform")
    assert jars.jar_paths() == (folder / "a.jar",)

    monkeypatch.setattr(jars, "_resolve", lambda *_: pytest.fail("fetched twice"))
    assert jars.fetch(jars.JARS) == folder
