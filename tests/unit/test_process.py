"""Background processes are found and stopped by what was recorded, and nothing else ever is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mlb_data_platform.errors import TransientError
from mlb_data_platform.services.process import BackgroundProcess, Command


def command(program: str) -> Command:
    return Command(argv=[sys.executable, "-u", "-c", program], environment=dict(os.environ))


def test_a_process_is_found_by_another_handle_and_stopped(tmp_path: Path) -> None:
    BackgroundProcess("sleeper", tmp_path).start(command("import time; print('awake'); time.sleep(600)"))
    found = BackgroundProcess("sleeper", tmp_path)
    assert found.pid() is not None
    assert found.stop()
    assert found.pid() is None
    assert not found.stop()


def test_a_process_that_ended_does_not_run(tmp_path: Path) -> None:
    process = BackgroundProcess("brief", tmp_path)
    process.start(command("print('one'); print('two')"))
    assert not process.stop(seconds=10) or process.pid() is None
    assert process.log_tail() in ("", "one | two")


def test_a_stranger_with_the_recorded_pid_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as stranger:
        record = {"pid": stranger.pid, "started": 1.0}
        (tmp_path / "service.json").write_text(json.dumps(record), encoding="utf-8")
        process = BackgroundProcess("service", tmp_path)
        assert process.pid() is None
        assert not process.stop()
        assert stranger.poll() is None
        stranger.kill()


def test_one_that_ignores_the_signal_is_named_with_its_log(tmp_path: Path) -> None:
    process = BackgroundProcess("stubborn", tmp_path)
    process.start(
        command("import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf'); time.sleep(600)")
    )
    while "deaf" not in process.log_tail():
        pass
    with pytest.raises(TransientError, match=r"stubborn \(pid \d+\) did not stop within 0 s; its log: .*stubborn.log"):
        process.stop(seconds=0.1)
    assert process.stop(signal.SIGKILL)
