"""The commands of Airflow in README.md and docs/*.md, run or not, are commands of the Airflow that is installed."""

from __future__ import annotations

import pytest

pytest.importorskip("airflow", reason="the DAGs' tests run in Airflow's environment (.venv)")

from airflow.cli.cli_parser import get_parser

from tests.documentation.commands import invocations
from tests.documentation.markdown import all_blocks

COMMANDS = [(str(block), words) for block in all_blocks() for words in invocations(block.text, "airflow")]


def test_there_are_commands_to_look_at() -> None:
    assert len(COMMANDS) >= 8


@pytest.mark.parametrize(("block", "words"), COMMANDS, ids=lambda each: each if isinstance(each, str) else each[0])
def test_airflow_takes_them(block: str, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        get_parser().parse_args(words)
    except SystemExit:
        pytest.fail(f"{block}: airflow {' '.join(words)}: {capsys.readouterr().err}")
