"""Background processes are found and stopped by what was recorded, and nothing else ever is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from mlb_data_platform.services.family import runs
from mlb_data_platform.services.process import BackgroundProcess, Command, Stopped


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
    process.start(command("print('one\\ntwo')"))
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


# Starts a program in a session of its own, as Airflow's workers do, and waits for it when it is told to end.
PARENT = """
import signal, subprocess, sys
child = subprocess.Popen([sys.executable, "-u", "-c", sys.argv[1]], start_new_session=True, stdout=subprocess.PIPE)
child.stdout.readline()
signal.signal(signal.SIGTERM, lambda *_: sys.exit(child.wait() and 0))
print(f"child {child.pid}")  # in one write: it is read while it is written
signal.pause()
"""
CHILD = "import time; print(1); time.sleep(600)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1); time.sleep(600)"


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[[str], tuple[BackgroundProcess, psutil.Process]]]:
    """Starts a parent with a child of this program, and returns both."""
    children: list[psutil.Process] = []
    process = BackgroundProcess("parent", tmp_path)

    def start(child: str) -> tuple[BackgroundProcess, psutil.Process]:
        process.start(Command(argv=[sys.executable, "-u", "-c", PARENT, child], environment=dict(os.environ)))
        while not (said := process.log_tail()).startswith("child"):
            time.sleep(0.01)
        children.append(psutil.Process(int(said.split()[1])))
        return process, children[-1]

    yield start
    process.stop(seconds=0)
    for child in children:
        if child.is_running():
            child.kill()


Start = Callable[[str], tuple[BackgroundProcess, psutil.Process]]


def test_programs_that_a_process_waits_for_are_told_to_end(started: Start) -> None:
    process, child = started(CHILD)
    assert process.stop() == Stopped("parent")
    assert not runs(child)


def test_one_that_ignores_the_signal_is_killed_with_all_it_started_and_named(started: Start) -> None:
    process, child = started(DEAF)
    pid = process.pid()
    stopped = process.stop(seconds=0.5)
    assert stopped is not None
    assert not runs(child)
    assert process.pid() is None
    assert {name.split()[-1] for name in stopped.killed} == {f"{pid})", f"{child.pid})"}
    assert str(stopped).startswith("parent (had to kill python")


@pytest.mark.parametrize("child", [CHILD, DEAF])
def test_what_a_process_that_died_left_behind_is_found_and_ended(started: Start, child: str) -> None:
    process, orphan = started(child)
    parent = psutil.Process(process.pid())
    parent.kill()
    parent.wait(10)
    assert runs(orphan)
    assert process.pid() is None
    stopped = process.stop()
    assert stopped is not None
    assert not runs(orphan)
    assert len(stopped.killed) == (child == DEAF)
    assert process.stop() is None


# Forks, and the fork writes a title over its environment, as those of Airflow do.
TITLED = """
import ctypes, os, time
if os.fork():
    time.sleep(600)
memory = open("/proc/self/stat").read().rpartition(")")[2].split()
begin, end = int(memory[-3]), int(memory[-2])
ctypes.memset(begin, 0, end - begin)
print("forked", os.getpid())
time.sleep(600)
"""


def orphaned_fork(process: BackgroundProcess) -> psutil.Process:
    """Start TITLED and kill it; return its fork."""
    process.start(command(TITLED))
    while not (said := process.log_tail()).startswith("forked"):
        time.sleep(0.01)
    fork = psutil.Process(int(said.split()[1]))
    psutil.Process(process.pid()).kill()
    assert fork.environ() == {}
    return fork


def test_a_fork_whose_title_lies_over_its_environment_is_found_too(tmp_path: Path) -> None:
    process = BackgroundProcess("titled", tmp_path)
    fork = orphaned_fork(process)
    assert process.stop() is not None
    assert not runs(fork)


def test_a_fork_that_would_be_found_no_more_ends_as_the_process_is_started_again(tmp_path: Path) -> None:
    process = BackgroundProcess("titled", tmp_path)
    fork = orphaned_fork(process)
    process.start(command("import time; time.sleep(600)"))
    assert not runs(fork)
    process.stop()


def test_what_is_found_by_its_mark_goes_on_as_the_process_is_started_again(started: Start) -> None:
    process, orphan = started(CHILD)
    psutil.Process(process.pid()).kill()
    process.start(command("import time; time.sleep(600)"))
    assert runs(orphan)
    process.stop()
    assert not runs(orphan)


def test_nobody_else_in_the_same_folder_or_with_the_same_program_is_ended(started: Start, tmp_path: Path) -> None:
    process, _ = started(CHILD)
    other = BackgroundProcess("other", tmp_path)
    other.start(command("import time; time.sleep(600)"))
    with subprocess.Popen([sys.executable, "-c", CHILD], start_new_session=True) as stranger:
        process.stop()
        assert stranger.poll() is None
        assert other.pid() is not None
        stranger.kill()
    other.stop()
