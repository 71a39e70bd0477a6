"""How YAML is read: as YAML 1.2, quickly, and with the line of what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from mlb_data_platform.mapping.load import mapping_files
from mlb_data_platform.settings import DAGS_DIR
from mlb_data_platform.yaml_models import YamlProblems, read_yaml

_READ_ALIKE = [
    "a: yes\nb: no\nc: on\nd: off\ne: y\nf: True\ng: TRUE\nh: tRue",
    "a: 08\nb: 010\nc: 0o10\nd: 0x1F\ne: 1_000\nf: 1:30\ng: 1:30:45\nh: 0b11\ni: +1\nj: -0\nk: 0o8\nl: 0777",
    "a: 1e3\nb: 1.5\nc: .5\nd: 5.\ne: .inf\ng: 1e\nh: 1_0.5\ni: 6.02e+23\nj: -.Inf\nk: 12e03",
    "a: 2026-04-19\nb: 2026-04-19T20:00:00Z\nc: 2026-04-19 20:00:00 +2\nd: 20:00",
    "a: ~\nb: null\nc: NULL\nd:\ne: ''\nf: Null",
    "a: &x {p: 1}\nb: *x\nc: {<<: *x, q: 2}\nd: {p: 3, <<: *x}",
    "1: a\n2.0: b\nnull: c\nfalse: d",
    "a: 'it''s'\nb: \"x\\ty\\u00e9\"\nc: |\n  x\n  y\nd: >-\n  x\n  y\n\n  z\ne: |+\n  k\n\n",
    "é: ü\n日: 本\ne: \N{BASEBALL}\nf: x\N{LINE SEPARATOR}y",
    "{c: x:y, u: http://h/p?q=1#f, $..link: $..link, '@': '@', a:1, \"b\":2}",
    "a: <side>_x\nb: b#c\nd: e #f\ng: x\n  y\nh: {\n  i: 1,\n  # comment\n  j: [2, 3,],\n}\n",
    "- - a\n  - b\n-\n  c: d\n",
    "\N{ZERO WIDTH NO-BREAK SPACE}a: 1\r\nb: 2\r\n",
    "x: 123456789012345678901234567890",
    "a: |\n  x\n\N{NEXT LINE}  y\n",
    "%YAML 1.1\n---\na: yes\nb: 010\n",
    "",
    "# nothing\n",
]


def _read(folder: Path, text: str) -> Any:
    file = folder / "file.yaml"
    file.write_bytes(text.encode())
    return read_yaml(file).data


def _by_round_trip(text: str) -> Any:
    """The text as the round-trip parser reads it, which is written in Python throughout, with keys of text."""
    return _with_text_keys(YAML(typ="rt").load(text))


def _with_text_keys(data: Any) -> Any:
    if isinstance(data, dict):
        return {str(key): _with_text_keys(value) for key, value in data.items()}
    return [_with_text_keys(item) for item in data] if isinstance(data, list) else data


@pytest.mark.parametrize("text", _READ_ALIKE)
def test_yaml_is_read_as_the_parser_in_python_reads_it(tmp_path: Path, text: str) -> None:
    ours, reference = _read(tmp_path, text), _by_round_trip(text)
    assert ours == reference
    assert _kinds(ours) == _kinds(reference)


def _kinds(data: Any) -> Any:
    """Which of the kinds that `==` takes for equal each scalar is: 1 is True, and 1.0."""
    if isinstance(data, dict):
        return [_kinds(value) for value in data.values()]
    if isinstance(data, list):
        return [_kinds(item) for item in data]
    return next((kind for kind in (bool, int, float, str) if isinstance(data, kind)), None)


@pytest.mark.parametrize("file", [*mapping_files(), *sorted(DAGS_DIR.glob("*.yaml"))], ids=lambda file: file.stem)
def test_the_files_of_the_project_are_read_alike_by_both_parsers(file: Path) -> None:
    assert read_yaml(file).data == _by_round_trip(file.read_text(encoding="utf-8"))


def test_the_quick_parser_is_installed() -> None:
    assert YAML(typ="safe").Parser is not YAML(typ="safe", pure=True).Parser


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\nb: 2\na: 3", 3, "duplicate key 'a'"),
        ("a:\n  - x: {b: 1, b: 2}", 2, "duplicate key 'b'"),
        ("a: 1\n\tb: 1", 2, "found character '\\t' that cannot start any token"),
        ("a: *b", 1, "found undefined alias 'b'"),
        ("a: 1\n b: 2", 2, "mapping values are not allowed here"),
        ("a: 1\nb: @x", 2, "found character '@' that cannot start any token"),
        ("a: 1\n---\nb: 2", 2, "but found another document"),
        ("a: !!python/name:os.system x", 1, "could not determine a constructor for the tag"),
        ("a: &x [*x]", 1, "an alias stands inside of what it names"),
        ("a: 'x", 1, "found unexpected end of stream"),
        ("a: '\x01'", 1, "unacceptable character"),
    ],
)
def test_what_is_no_yaml_is_named_with_its_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    with pytest.raises(YamlProblems) as raised:
        _read(tmp_path, text)
    assert (raised.value.problems[0].line, message in raised.value.problems[0].message) == (line, True), raised.value


def test_a_file_in_another_encoding_is_named_with_the_line_of_its_first_byte(tmp_path: Path) -> None:
    file = tmp_path / "latin.yaml"
    file.write_bytes("a: 1\nb: é".encode("latin-1"))
    with pytest.raises(YamlProblems, match=r"latin\.yaml:2: is not UTF-8"):
        read_yaml(file)


def test_a_line_is_that_of_the_key_or_item_or_of_what_is_around_it(tmp_path: Path) -> None:
    file = tmp_path / "file.yaml"
    file.write_text("a:\n  - b: {c: 1}\n  - {b: 2,\n     7: 3}\n")
    lines = [(), ("a",), ("a", 0, "b"), ("a", 1), ("a", 1, "7"), ("a", 0, "a member of a union", "b", "c"), ("a", 9)]
    assert [read_yaml(file).line(location) for location in lines] == [1, 1, 2, 3, 4, 2, 1]
