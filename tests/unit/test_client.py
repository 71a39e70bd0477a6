"""The client: what it retries, what it waits for, when it gives up, and what the stub modes do to it."""

from __future__ import annotations

import gzip
import json
import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import tenacity

from mlb_data_platform.errors import BadInputError, TransientError
from mlb_data_platform.jobs.load import load_job
from mlb_data_platform.jobs.pools import pool_slots
from mlb_data_platform.settings import Settings
from mlb_data_platform.statsapi import client as client_module
from mlb_data_platform.statsapi.circuit import Circuit
from mlb_data_platform.statsapi.client import ApiAwayError, MixedUpError, OldAnswerError, Response, StatsApiClient
from mlb_data_platform.statsapi.rate_limit import MLB_API_SLOTS, MLB_LIVE_PROGRAMS, RateLimit
from statsapi_simulator.api.clock import Clock
from statsapi_simulator.api.faults import Fault, Kind
from statsapi_simulator.api.http import running
from statsapi_simulator.api.league import League
from statsapi_simulator.api.server import LeagueServer
from statsapi_simulator.recordings import Recordings
from statsapi_simulator.replay import Answer, serve

TARGET = "/api/v1/things?a=1"
GOOD = Answer(body=b'{"a":  "\xc3\xa9"}')


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_BACKOFF", tenacity.wait_fixed(0.01))


@pytest.fixture
def closed_port() -> Iterator[int]:
    import socket

    with socket.socket() as bound:  # bound, not listening: connections are refused
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def _settings(url: str, **changes: Any) -> Settings:
    fast_and_alone = {"mlb_requests_per_second": 4000, "redis_port": 1, "mlb_recordings": None}
    return Settings(mlb_statsapi_base_url=url).model_copy(update={**fast_and_alone, **changes})


def _ask(answers: list[Answer], **changes: Any) -> tuple[Response, int]:
    """Return the response to a request that the server answers so, and how often it was asked."""
    asked: list[str] = []
    with serve([], {TARGET: answers}, asked) as url, StatsApiClient(_settings(url, **changes)) as client:
        return client.get(TARGET), len(asked)


def test_the_bytes_are_exact_and_the_moment_lies_before_the_request() -> None:
    before = datetime.now(UTC)
    body = json.dumps({"a": "é"}, ensure_ascii=False, indent=7).encode()
    with (
        serve([], {TARGET: [Answer(body=gzip.compress(body), headers={"Content-Encoding": "gzip"})]}) as url,
        StatsApiClient(_settings(url)) as client,
    ):
        response = client.get(TARGET)
        assert (response.body, response.status_code, response.url) == (body, 200, url + TARGET)
        assert before <= response.captured_at <= datetime.now(UTC)


@pytest.mark.parametrize(
    "bad",
    [
        Answer(429),
        Answer(500),
        Answer(503, body=b"<html>busy</html>"),
        Answer(body=b'{"a": 1}', cut_after=2),
        Answer(body=b"no gzip", headers={"Content-Encoding": "gzip"}),
    ],
)
def test_what_passes_by_itself_is_asked_for_again(bad: Answer) -> None:
    response, asked = _ask([bad, bad, GOOD])
    assert (response.body, asked) == (GOOD.body, 3)


def test_the_moment_is_that_of_the_attempt_that_succeeded() -> None:
    started = datetime.now(UTC)
    response, _ = _ask([Answer(503, headers={"Retry-After": "1"}), GOOD])
    assert response.captured_at - started >= timedelta(seconds=1)


@pytest.mark.parametrize("status", [400, 401, 404, 410])
def test_a_refusal_is_final_and_named_in_one_line(status: int) -> None:
    asked: list[str] = []
    body = b'{"messageNumber": 2,\n "message": "not\n there"}'
    with (
        serve([], {TARGET: [Answer(status, body)]}, asked) as url,
        StatsApiClient(_settings(url)) as client,
        pytest.raises(BadInputError) as caught,
    ):
        client.get(TARGET)
    assert len(asked) == 1
    text = str(caught.value)
    assert text.startswith(f"{url}{TARGET}: HTTP {status}: ")
    assert '"not there"' in text
    assert "\n" not in text


def test_after_the_last_attempt_the_reason_is_named() -> None:
    with pytest.raises(TransientError, match=r"/api/v1/things\?a=1: HTTP 500: .*begins: oh no"):
        _ask([Answer(500, body=b"oh no")])


def test_no_connection_is_worth_a_retry(closed_port: int) -> None:
    url = f"http://127.0.0.1:{closed_port}"
    with StatsApiClient(_settings(url)) as client, pytest.raises(TransientError, match=r"things\?a=1: .*refused"):
        client.get(TARGET)


def test_a_simulator_on_this_machine_needs_no_proxy(monkeypatch: pytest.MonkeyPatch, closed_port: int) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert _ask([GOOD])[0].body == GOOD.body


def test_a_date_in_retry_after_is_understood_too() -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    started = time.monotonic()
    _ask([Answer(429, headers={"Retry-After": at}), GOOD])
    assert 0.8 <= time.monotonic() - started < 4


def test_a_long_retry_after_is_obeyed_by_not_asking_again() -> None:
    asked: list[str] = []
    answer = Answer(429, headers={"Retry-After": "3600"})
    with (
        serve([], {TARGET: [answer]}, asked) as url,
        StatsApiClient(_settings(url)) as client,
        pytest.raises(TransientError, match="asks to wait 3600 s"),
    ):
        client.get(TARGET)
    assert len(asked) == 1


def test_a_check_can_ask_for_another_attempt_or_end_it() -> None:
    asked: list[str] = []
    errors = [TransientError("cut"), BadInputError("wrong")]

    def check(_: Response) -> None:
        raise errors[len(asked) - 1]

    with (
        serve([], {TARGET: [GOOD]}, asked) as url,
        StatsApiClient(_settings(url)) as client,
        pytest.raises(BadInputError, match="wrong"),
    ):
        client.get(TARGET, check)
    assert len(asked) == 2


def test_a_mixed_up_answer_is_asked_for_again_and_final_if_it_stays_so() -> None:
    asked: list[str] = []

    def check(_: Response) -> None:
        raise MixedUpError("another game")

    with (
        serve([], {TARGET: [GOOD]}, asked) as url,
        StatsApiClient(_settings(url)) as client,
        pytest.raises(BadInputError, match="another game"),
    ):
        client.get(TARGET, check)
    assert len(asked) == 4


@pytest.fixture(params=[60.0])
def circuit(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause is a fifth of a second; the parameter is for how many seconds the API is waited for."""
    monkeypatch.setattr(client_module, "Circuit", partial(Circuit, pause=0.2, patience=request.param))


def _feeds(server: LeagueServer, count: int) -> list[str]:
    games = server.league.games.world(2026).schedule[:count]
    return [f"/api/v1.1/game/{game.game_pk}/feed/live" for game in games]


@pytest.fixture
def league() -> LeagueServer:
    return LeagueServer(League(7, 2026, Clock(datetime(2026, 12, 1, tzinfo=UTC))))


@pytest.mark.usefixtures("circuit")
@pytest.mark.parametrize("kind", [Kind.SERVER_ERROR, Kind.TOO_MANY, Kind.RESET])
def test_an_api_that_is_away_for_a_while_costs_that_while_and_no_request(
    league: LeagueServer, kind: Kind, caplog: pytest.LogCaptureFixture
) -> None:
    league.faults.set([Fault(kind=kind, seconds=0)])
    targets = _feeds(league, 12)
    with running(league) as url, StatsApiClient(_settings(url)) as client, ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(client.get, target) for target in targets]
        started = time.monotonic()
        while "attempts in a row failed" not in caplog.text:
            time.sleep(0.005)
        time.sleep(0.5)
        assert not any(answer.done() for answer in answers)
        total, pauses = league.traffic.report()["total"], (time.monotonic() - started) / 0.2
        assert total <= 8 + 3 + pauses, "what was under way, and one to see in each pause"
        league.faults.set([])
        assert [answer.result().status_code for answer in answers] == [200] * 12
    assert "the API answers again" in caplog.text


@pytest.mark.usefixtures("circuit")
@pytest.mark.parametrize("circuit", [1.0], indirect=True)
def test_an_api_that_stays_away_is_given_up_and_found_when_it_is_back(league: LeagueServer) -> None:
    league.faults.set([Fault(kind=Kind.SERVER_ERROR)])
    with running(league) as url, StatsApiClient(_settings(url)) as client, ThreadPoolExecutor(4) as pool:
        started = time.monotonic()
        answers = [pool.submit(client.get, target) for target in _feeds(league, 24)]
        for answer in answers:
            with pytest.raises(TransientError, match=r"feed/live: given up: .* nothing for \d+ s; try again in 0 s"):
                answer.result()
        pauses = (time.monotonic() - started) / 0.2
        assert pauses > 3
        assert league.traffic.report()["total"] <= 8 + 3 + pauses
        (target,) = _feeds(league, 1)
        with pytest.raises(ApiAwayError) as away:
            client.get(target)
        league.faults.set([])
        time.sleep(away.value.retry_after)  # who waits as long is the next to ask
        assert client.get(target).status_code == 200


@pytest.mark.usefixtures("circuit")
def test_one_request_that_gets_no_answer_is_not_an_api_that_is_away(league: LeagueServer) -> None:
    bad, good = _feeds(league, 2)
    league.faults.set([Fault(kind=Kind.SERVER_ERROR, path=bad)])
    with running(league) as url, StatsApiClient(_settings(url)) as client:
        for _ in range(3):
            with pytest.raises(TransientError, match="HTTP 50"):
                client.get(bad)
            assert client.get(good).status_code == 200
    assert league.traffic.report()["total"] == 3 * 5


def test_an_api_that_asks_for_a_longer_pause_than_it_is_waited_for_is_not_waited_for() -> None:
    asked: list[str] = []
    busy = Answer(429, headers={"Retry-After": "3600"})
    with serve([], {TARGET: [busy]}, asked) as url, StatsApiClient(_settings(url)) as client:
        for _ in range(7):
            with pytest.raises(TransientError, match="asks to wait 3600 s"):
                client.get(TARGET)
        for _ in range(3):
            with pytest.raises(TransientError, match=r"given up: .* try again in 3600 s or later"):
                client.get(TARGET)
    assert len(asked) == 8


def test_an_api_that_answers_is_not_down_whatever_its_answers_are() -> None:
    def refuse(_: Response) -> None:
        raise TransientError("cut short")

    with serve([], {TARGET: [Answer(404)], "/ok": [GOOD]}) as url, StatsApiClient(_settings(url)) as client:
        for _ in range(9):
            with pytest.raises(BadInputError):
                client.get(TARGET)
            with pytest.raises(TransientError, match="cut short"):
                client.get("/ok", refuse)
        assert client.get("/ok").body == GOOD.body


def test_an_answer_that_comes_drop_by_drop_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_LONGEST_ANSWER_SECONDS", 0.1)
    asked: list[str] = []
    slow = Answer(body=b'{"a": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]}', dribble_seconds=2)
    with (
        serve([], {TARGET: [slow, GOOD]}, asked) as url,
        StatsApiClient(_settings(url)) as client,
    ):
        assert client.get(TARGET).body == GOOD.body
    assert len(asked) == 2


def test_one_slow_answer_keeps_no_other_waiting() -> None:
    slow = Answer(body=b"{}", delay_seconds=0.5)
    with serve([], {TARGET: [slow]}) as url, StatsApiClient(_settings(url)) as client:
        started = time.monotonic()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(client.get, [TARGET] * 4))
        assert time.monotonic() - started < 1.5


def test_without_redis_the_process_keeps_to_its_share_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    limit = RateLimit(_settings("http://x", mlb_requests_per_second=230))  # of 46 processes: 5 a second for each
    with caplog.at_level(logging.WARNING):
        started = time.monotonic()
        for _ in range(8):
            limit.wait()
    assert 0.9 <= time.monotonic() - started < 3
    assert [record.getMessage() for record in caplog.records] == [caplog.records[0].getMessage()]
    assert caplog.records[0].getMessage().startswith("Redis at 127.0.0.1:1 is away")


def test_the_share_is_that_of_all_who_may_ask_at_once() -> None:
    """Nobody tells a process how many ask beside it: a pool and the DAG `mlb_live` say how many may."""
    live = load_job("mlb_live")
    watches = 1
    assert live.max_parallel_games is not None
    assert live.max_active_runs * (live.max_parallel_games + watches) == MLB_LIVE_PROGRAMS
    assert pool_slots()["mlb_api"] == MLB_API_SLOTS


def test_capture_records_what_replay_then_answers_without_a_network(tmp_path: Path) -> None:
    captured, _ = _ask([Answer(503), GOOD], stub_mode="capture", recordings_out=tmp_path)
    assert [entry["url"] for entry in json.loads((tmp_path / "manifest.json").read_bytes())] == [TARGET]
    nowhere = "http://statsapi.invalid"
    with StatsApiClient(_settings(nowhere, stub_mode="replay", recordings_out=tmp_path)) as client:
        assert client.get(TARGET).body == captured.body == GOOD.body
        with pytest.raises(BadInputError, match=r"/api/v1/other: nothing in .* answers it"):
            client.get("/api/v1/other")


def test_capture_keeps_only_what_passes_the_check(tmp_path: Path) -> None:
    bad = Answer(body=b"<html>maintenance</html>")

    def check(response: Response) -> None:
        if response.body != GOOD.body:
            raise TransientError("a page instead of JSON")

    with (
        serve([], {TARGET: [bad, GOOD], "/bad": [bad]}) as url,
        StatsApiClient(_settings(url, stub_mode="capture", recordings_out=tmp_path)) as client,
    ):
        client.get(TARGET, check)
        with pytest.raises(TransientError):
            client.get("/bad", check)
    assert [recording.body() for recording in Recordings([tmp_path])] == [GOOD.body]


@pytest.mark.parametrize("takes_old", [True, False])
def test_an_old_answer_is_returned_and_kept_once_where_it_is_taken(tmp_path: Path, takes_old: bool) -> None:
    asked: list[str] = []

    def check(response: Response) -> None:
        raise OldAnswerError("an old answer", response)

    with (
        serve([], {TARGET: [GOOD]}, asked) as url,
        StatsApiClient(_settings(url, stub_mode="capture", recordings_out=tmp_path)) as client,
        nullcontext() if takes_old else pytest.raises(TransientError, match="an old answer"),
    ):
        assert client.get(TARGET, check, takes_old=takes_old).body == GOOD.body
    assert len(asked) == 4, "it might have been a stale cache"
    assert len(list(tmp_path.rglob("*.json.gz"))) == takes_old


def test_where_nothing_can_be_recorded_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadInputError, match=r"file: .* cannot be recorded: Not a directory"):
        _ask([GOOD], stub_mode="capture", recordings_out=tmp_path / "file")


def test_a_manifest_that_cannot_be_read_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("no list")
    with pytest.raises(BadInputError, match=r"manifest\.json: not valid JSON"):
        _ask([GOOD], stub_mode="replay", recordings_out=tmp_path)
    with pytest.raises(BadInputError, match=r"manifest\.json: not valid JSON"):
        _ask([GOOD], stub_mode="capture", recordings_out=tmp_path)


def test_replay_prefers_the_folder_of_recordings(tmp_path: Path) -> None:
    _ask([GOOD], stub_mode="capture", recordings_out=tmp_path)
    settings = _settings("http://statsapi.invalid", stub_mode="replay", mlb_recordings=tmp_path)
    with StatsApiClient(settings) as client:
        assert client.get(TARGET).body == GOOD.body
