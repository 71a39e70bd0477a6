"""Recordings: what is found by URL, what capture writes, what the server answers."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from statsapi_simulator.errors import InputError
from statsapi_simulator.recordings import Query, Recordings, record
from statsapi_simulator.replay import Answer, serve

FEED = "/api/v1.1/game/1/feed/live"
SCHEDULE = "/api/v1/schedule"


def _folder(folder: Path, entries: list[dict[str, Any]]) -> Path:
    """Make recordings whose bodies are the names of their files."""
    for entry in entries:
        (folder / entry["file"]).write_bytes(gzip.compress(json.dumps({"is": entry["file"]}).encode()))
    (folder / "manifest.json").write_text(json.dumps(entries))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return _folder(
        tmp_path,
        [
            {"file": "early", "url": FEED, "timeStamp": "20260419_170000"},
            {"file": "late", "url": FEED, "timeStamp": "20260419_200000"},
            {"file": "late_corrected", "url": FEED, "timeStamp": "20260419_200000"},
            {"file": "middle", "url": FEED, "timeStamp": "20260419_180000"},
            {"file": "at", "url": f"{FEED}?timecode=20260419_190000"},
            {"file": "day", "url": f"{SCHEDULE}?sportId=1&date=2026-04-19"},
            {"file": "day_of_team", "url": f"{SCHEDULE}?date=2026-04-19&sportId=1&teamId=7"},
            {"file": "patch", "url": f"{FEED}/diffPatch", "startTimecode": "20260419_170000"},
            {"file": "unknown_request"},
        ],
    )


@pytest.mark.parametrize(
    ("asked", "file"),
    [
        (FEED, "late_corrected"),
        (f"{FEED}?fields=gamePk", "late_corrected"),
        (f"{FEED}?timecode=20260419_185959", "middle"),
        (f"{FEED}?timecode=20260419_190000", "at"),
        (f"{FEED}?timecode=20260419_010000", None),
        (f"{SCHEDULE}?date=2026-04-19&sportId=1&hydrate=team", "day"),
        (f"{SCHEDULE}?date=2026-04-19&sportId=1&teamId=7", "day_of_team"),
        (f"{SCHEDULE}?date=2026-04-20&sportId=1", None),
        (SCHEDULE, None),
        (f"{FEED}/diffPatch?startTimecode=20260419_170000", "patch"),
        (f"{FEED}/diffPatch?startTimecode=20260419_170001", None),
        ("/api/v1/nothing", None),
    ],
)
def test_which_recording_answers(folder: Path, asked: str, file: str | None) -> None:
    found = Recordings([folder]).find(Query.parse(asked))
    assert (found and found.file.name) == file


def test_a_folder_without_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"manifest\.json: no recordings there"):
        Recordings([tmp_path])


def test_captures_of_one_game_lie_side_by_side_also_when_made_at_once(tmp_path: Path) -> None:
    bodies = [
        json.dumps({"gamePk": 1, "metaData": {"timeStamp": f"20260419_1700{second:02}"}}, indent=3).encode()
        for second in range(20)
    ]
    with ThreadPoolExecutor(8) as pool:
        files = list(pool.map(lambda body: record(tmp_path, FEED, body, datetime.now(UTC)), bodies))
    recordings = Recordings([tmp_path])
    newest = recordings.find(Query.parse(FEED))
    assert len(set(files)) == len(recordings) == len(bodies)
    assert newest is not None
    assert newest.body() == bodies[-1]


def _written(folder: Path) -> bytes:
    return (folder / "manifest.json").read_bytes()


def _record(folder: Path, number: int) -> Path:
    return record(folder, f"{SCHEDULE}?date={number}", b"{}", datetime.now(UTC))


def _found(folder: Path) -> list[str]:
    return [recording.query["date"] for recording in Recordings([folder])]


def test_what_a_recording_costs_does_not_grow_with_the_folder(tmp_path: Path) -> None:
    moved = []
    for number in range(300):
        before = psutil.Process().io_counters()
        _record(tmp_path, number)
        after = psutil.Process().io_counters()
        moved.append(after.read_chars + after.write_chars - before.read_chars - before.write_chars)
    assert max(moved[-10:]) < 2 * moved[1], "bytes read and written"
    assert len(Recordings([tmp_path])) == 300


@pytest.mark.parametrize("indent", [None, 0, 2])
def test_a_manifest_of_any_layout_is_added_to_and_stays_one_json_array(tmp_path: Path, indent: int | None) -> None:
    first = {"file": "first", "url": SCHEDULE + "?date=0"}
    (tmp_path / "manifest.json").write_text(json.dumps([first], indent=indent))
    for number in (1, 2):
        _record(tmp_path, number)
        assert len(json.loads(_written(tmp_path))) == 1 + number
    assert json.loads(_written(tmp_path))[0] == first
    assert _found(tmp_path) == ["0", "1", "2"]


def test_killed_anywhere_only_the_recording_under_way_is_lost(tmp_path: Path) -> None:
    for number in range(2):
        _record(tmp_path, number)
    before = _written(tmp_path)
    _record(tmp_path, 2)
    after = _written(tmp_path)
    changed = next(at for at, byte in enumerate(before) if after[at] != byte)
    for reached in range(changed, len(after)):  # the bytes arrive in order, and a kill may stop them at any
        (tmp_path / "manifest.json").write_bytes(after[:reached] + before[reached:])
        assert _found(tmp_path)[:2] == ["0", "1"]
        _record(tmp_path, 3)
        assert [date for date in _found(tmp_path) if date != "2"] == ["0", "1", "3"]
        json.loads(_written(tmp_path))


def test_several_processes_record_into_one_folder_while_others_read(tmp_path: Path) -> None:
    program = f"""
import sys
from datetime import UTC, datetime
from pathlib import Path
from statsapi_simulator.recordings import record
for number in range(100):
    record(Path(sys.argv[1]), f"{SCHEDULE}?date={{sys.argv[2]}}{{number}}", b"[]", datetime.now(UTC))
"""
    _record(tmp_path, 0)
    writers = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path), str(each)]) for each in (1, 2, 3)]
    seen = 0
    while any(writer.poll() is None for writer in writers):
        seen, before = len(Recordings([tmp_path])), seen
        assert seen >= before
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert len(set(_found(tmp_path))) == 301


@pytest.mark.parametrize("broken", ['[{"file": "a"},', '[{"file": "a",}]', '[{"file": "a"}'])
def test_a_manifest_that_is_broken_otherwise_is_named_and_left_as_it_is(tmp_path: Path, broken: str) -> None:
    (tmp_path / "manifest.json").write_text(broken)
    for use in (lambda: Recordings([tmp_path]), lambda: _record(tmp_path, 1)):
        with pytest.raises(InputError, match=r"manifest\.json: not valid JSON"):
            use()
    assert _written(tmp_path) == broken.encode()


def test_the_server_answers_zipped_or_plain_and_says_what_it_lacks(folder: Path) -> None:
    asked: list[str] = []
    with serve([folder], asked=asked) as url, httpx.Client(base_url=url) as http:
        zipped = http.get(FEED)
        plain = http.get(FEED, headers={"Accept-Encoding": "identity"})
        absent = http.get("/api/v1/nothing?a=1")
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert zipped.content == plain.content == b'{"is": "late_corrected"}'
    assert (absent.status_code, absent.json()["messageNumber"]) == (404, 2)
    assert asked == [FEED, FEED, "/api/v1/nothing?a=1"]


def test_made_up_answers_come_first_in_order_and_the_last_stays(folder: Path) -> None:
    answers = {FEED: [Answer(503, headers={"Retry-After": "0"}), Answer(body=b"[]")]}
    with serve([folder], answers) as url, httpx.Client(base_url=url) as http:
        first, second, third = (http.get(FEED) for _ in range(3))
    assert (first.status_code, first.headers["Retry-After"]) == (503, "0")
    assert second.content == third.content == b"[]"


def test_a_made_up_answer_can_end_early_or_come_late(folder: Path) -> None:
    answers = {FEED: [Answer(body=b'{"a": 1}', cut_after=3)], SCHEDULE: [Answer(delay_seconds=0.3)]}
    with serve([folder], answers) as url, httpx.Client(base_url=url, timeout=0.1) as http:
        with pytest.raises(httpx.RemoteProtocolError):
            http.get(FEED)
        with pytest.raises(httpx.ReadTimeout):
            http.get(f"{SCHEDULE}?sportId=1")


def test_the_server_is_fast_enough_not_to_be_noticed(folder: Path) -> None:
    with serve([folder]) as url, httpx.Client(base_url=url) as http:
        http.get(FEED)
        started = time.perf_counter()
        for _ in range(50):
            http.get(FEED)
        assert time.perf_counter() - started < 1.0, "40 ms a request is Nagle waiting for a delayed ACK"


def test_every_recording_with_a_url_is_found_under_it(recordings_folder: Path) -> None:
    recordings = Recordings([recordings_folder])
    with serve([recordings_folder]) as url, httpx.Client(base_url=url) as http:
        for entry in json.loads((recordings_folder / "manifest.json").read_bytes()):
            if "url" in entry and "startTimecode" not in entry:
                found = recordings.find(Query.parse(entry["url"]))
                assert found is not None, entry["url"]
                assert http.get(entry["url"]).content == found.body()
