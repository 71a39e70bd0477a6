"""`mlb-etl record`: responses as files, which a draft reads and a replay answers with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mlb_data_platform.cli.app import application
from mlb_data_platform.drafting.responses import read_responses
from mlb_data_platform.errors import BadInputError
from mlb_data_platform.settings import settings
from statsapi_simulator.replay import Answer, serve

PARKS = "/api/v1/parks?parkIds=7%2C8&season=2026"
SEASONS = "/api/v1/seasons/all?sportId=1"


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "recordings"


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Alone: without Redis, and so quick that the share of one process does not slow it down."""
    monkeypatch.setenv("MLB_REQUESTS_PER_SECOND", "4000")
    monkeypatch.setenv("REDIS_PORT", "1")
    yield
    settings.cache_clear()


def record(monkeypatch: pytest.MonkeyPatch, api: str, into: Path, *arguments: str) -> Result:
    monkeypatch.setenv("MLB_STATSAPI_BASE_URL", api)
    settings.cache_clear()
    words = ["record", *arguments, "--into", str(into)]
    return CliRunner().invoke(application(words), words)


@pytest.mark.parametrize("start", ["", "{api}"])
def test_what_a_url_answers_is_kept_with_what_was_asked(
    start: str, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve([], {PARKS: [Answer(body=b'{"parks": [{"id": 7}]}')]}) as api:
        done = record(monkeypatch, api, into, start.format(api=api) + PARKS)
    assert done.output == f"1 requests; the responses are in {into}\n"
    (kept,) = read_responses([into])
    assert kept.document == {"parks": [{"id": 7}]}
    assert (kept.path, kept.parameters) == ("/api/v1/parks", {"parkIds": "7,8", "season": "2026"})


def test_of_a_job_all_that_it_asks_for_is_kept(into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve([], {SEASONS: [Answer(body=b'{"seasons": [{"seasonId": "2026"}]}')]}) as api:
        done = record(monkeypatch, api, into, "mlb_season", "--season", "2026")
    assert done.exit_code == 0, done.output
    assert [kept.path for kept in read_responses([into])] == ["/api/v1/seasons/all"]


def test_a_url_of_another_host_is_refused_and_nothing_is_asked(into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be kept as what that host answers, and nobody asked it."""
    asked: list[str] = []
    with serve([], {PARKS: [Answer(body=b"{}")]}, asked) as api:
        done = record(monkeypatch, api, into, f"https://api.example{PARKS}")
        assert isinstance(done.exception, BadInputError)
        assert f"what is asked is {api}; set MLB_STATSAPI_BASE_URL to https://api.example" in str(done.exception)
    assert asked == []
    assert not into.exists()


def test_what_is_no_json_is_not_kept(into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve([], {PARKS: [Answer(body=b"<html>maintenance</html>"), Answer(body=b"[]")]}) as api:
        done = record(monkeypatch, api, into, PARKS)
    assert done.output == f"2 requests; the responses are in {into}\n"
    assert [kept.document for kept in read_responses([into])] == [[]]
