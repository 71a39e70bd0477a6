"""The READMEs and docs/*.md name what exists, and each of their blocks of code is run, or says why not.

A block that is not run is a decision: it needs its line in `blocks_not_run.txt`. A new command needs its place in the
table of the README's "Commands".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from tests.documentation.commands import in_background, invocations, lines, serves
from tests.documentation.markdown import Block, Where, all_blocks, blocks, documents, first_column, quoted, text_of
from tests.golden import assert_golden
from tests.recordings import PROJECT_DIR
from typer import Typer
from typer.main import get_command
from typer.testing import CliRunner

from mlb_data_platform.cli.app import application
from statsapi_simulator.cli import app as simulator

GOLDEN = Path(__file__).with_name("blocks_not_run.txt")
RUN_AS = {"sh", "sql"}
_TEST = re.compile(r"(tests/[\w/]+\.py)::(\w+)")
_TARGET = re.compile(r"^([a-z-]+):", re.MULTILINE)


def shell_text(document: str) -> Iterator[str]:
    """What a document gives to a shell: its blocks, and what its running text quotes."""
    yield from (block.text for block in all_blocks() if block.document == document and block.language == "sh")
    yield from quoted(text_of(document))


def commands() -> dict[str, set[str]]:
    """Every command of `mlb-etl` with its options, as the program itself has them."""
    every = get_command(application([])).commands  # type: ignore[attr-defined]
    return dict(found for name in every for found in _below(name, get_command(application([name])).commands[name]))


def _below(name: str, command: object) -> Iterator[tuple[str, set[str]]]:
    if not hasattr(command, "commands"):
        yield name, {option for parameter in command.params for option in parameter.opts}
        return
    for word, each in command.commands.items():
        yield from _below(f"{name} {word}", each)


def refusal(program: Typer, words: list[str]) -> str:
    """What a program says of a command or option that it does not have; values are not looked at."""
    # --help is answered once all words are read, and before any value is.
    result = CliRunner().invoke(program, [*words, "--help"])
    return "" if result.exit_code == 0 else result.output


def alternatives(words: str) -> list[str]:
    """`a b|c` as `a b` and `a c`."""
    return [" ".join(each) for each in product(*(word.split("|") for word in words.split()))]


def test_every_block_is_run_or_says_why_not() -> None:
    unknown = [f"{block} ({block.language or 'no language'})" for block in unmarked(all_blocks())]
    assert not unknown, f"neither run ({', '.join(sorted(RUN_AS))}) nor marked `<!-- not run: REASON -->`: {unknown}"


def unmarked(found: list[Block]) -> list[Block]:
    return [block for block in found if block.where is not Where.NOWHERE and block.language not in RUN_AS]


@pytest.mark.golden
def test_what_is_not_run_was_decided() -> None:
    left_out = [block for block in all_blocks() if block.where is Where.NOWHERE]
    listed = "".join(f"{block.document} | {block.title} | {block.reason}\n" for block in left_out)
    assert_golden(GOLDEN, listed)


def test_a_test_that_a_reason_names_exists() -> None:
    for block in all_blocks():
        for path, name in _TEST.findall(block.reason):
            assert f"def {name}(" in (PROJECT_DIR / path).read_text(encoding="utf-8"), f"{block}: {path}::{name}"


@pytest.mark.parametrize("document", documents())
def test_commands_and_options_exist(document: str) -> None:
    called = [words for text in shell_text(document) for words in invocations(text, "mlb-etl")]
    assert {" ".join(words): said for words in called if (said := refusal(application(words), words))} == {}
    called = [words for text in shell_text(document) for words in invocations(text, "statsapi-simulator")]
    assert {" ".join(words): said for words in called if (said := refusal(simulator, words))} == {}


@pytest.mark.parametrize("document", documents())
def test_options_in_running_text_exist(document: str) -> None:
    options = set().union(*commands().values()) | {"--help"}
    assert {code.split()[0] for code in quoted(text_of(document)) if code.startswith("--")} <= options


@pytest.mark.parametrize("document", documents())
def test_targets_of_make_exist(document: str) -> None:
    targets = set(_TARGET.findall((PROJECT_DIR / "Makefile").read_text(encoding="utf-8")))
    called = [words for text in shell_text(document) for words in invocations(text, "make")]
    assert {words[0] for words in called if words} <= targets


def test_the_readme_lists_every_command() -> None:
    listed = [command for code in first_column(text_of("README.md"), "command") for command in alternatives(code)]
    names = [" ".join(word for word in command.split() if word.islower()) for command in listed]
    assert sorted(names) == sorted(commands().keys() - {"version"})


MARKDOWN = """\
<!-- not run: takes
a week -->
```sh
make rain   # for long
```
<!-- run on a cluster -->

```sh
kubectl get pods
```
A sentence in between, with `mlb-etl ingest JOB`.
```python
print()
```
```mermaid
flowchart
```

    indented

| command | does |
| --- | --- |
| `a b\\|c` | `d` |

| other | |
| --- | --- |
| `e` | |
"""


def test_blocks_with_their_marks() -> None:
    found = list(blocks("x.md", MARKDOWN))
    assert [(str(block), block.language, block.where, block.reason) for block in found] == [
        ("x.md:4", "sh", Where.NOWHERE, "takes a week"),
        ("x.md:9", "sh", Where.CLUSTER, ""),
        ("x.md:13", "python", Where.HERE, ""),
        ("x.md:19", "", Where.HERE, ""),
    ]
    assert found[0].title == "make rain"
    assert [str(block) for block in unmarked(found)] == ["x.md:13", "x.md:19"]


def test_what_is_quoted_and_what_is_in_a_table() -> None:
    assert quoted(MARKDOWN) == ["mlb-etl ingest JOB", "a b|c", "d", "e"]
    assert first_column(MARKDOWN, "command") == ["a b|c"]
    assert alternatives("a b|c D") == ["a b D", "a c D"]


SHELL = """\
eval "$(.venv-jobs/bin/mlb-etl services env)"
mlb-etl a --one \\
    'two words' && X=1 mlb-etl b   # mlb-etl c
kubectl exec mlb-etl-pod -- bash -c 'for each in 1 2; do mlb-etl d "$each"; done'
cat <<END | mlb-etl e
mlb-etl f
END
echo mlb-etl g; mlb-etl h &
"""


def test_what_a_shell_calls() -> None:
    called = invocations(SHELL, "mlb-etl")
    assert called == [["services", "env"], ["a", "--one", "two words"], ["b"], ["d", "$each"], ["e"], ["h"]]


def test_lines_as_the_shell_joins_them() -> None:
    assert lines(SHELL)[1] == "mlb-etl a --one  'two words' && X=1 mlb-etl b   # mlb-etl c"
    assert lines(SHELL)[3:] == ["cat <<END | mlb-etl e", "echo mlb-etl g; mlb-etl h &"]


def test_servers_and_the_background() -> None:
    assert serves("mlb-etl simulator serve --port 8601   # here &")
    assert serves("statsapi-simulator serve &")
    assert not serves("statsapi-simulator --version")
    assert not in_background("mlb-etl simulator serve --port 8601   # here &")
    assert in_background("mlb-etl simulator serve &   # here")
    assert not serves("mlb-etl simulator --help")


def test_a_command_or_option_that_does_not_exist_is_found() -> None:
    mlb_etl = application(["ingest"])
    assert refusal(mlb_etl, ["ingest", "mlb_game", "--season", "YEAR", "--accept-terms"]) == ""
    assert "--seasons" in refusal(mlb_etl, ["ingest", "mlb_game", "--seasons", "2026"])
    assert "vanish" in refusal(application(["db"]), ["db", "vanish"])
    assert "dbs" in refusal(application(["dbs"]), ["dbs", "migrate"])
    assert "--sed" in refusal(simulator, ["serve", "--sed", "7"])
