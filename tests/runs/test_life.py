"""Who lives, who was stopped, and what the dead left behind: told without a clock."""

import os
import signal
import time
from pathlib import Path

import pytest

from fairal.files import new_folder, remove_abandoned, replacing
from fairal.runs import life
from fairal.runs.life import Heart, Watch, stopped_workers
from fairal.runs.locks import is_locked, try_lock


def wait_until(condition, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def worker(store):
    """A process that holds slot 0 and counts, and does nothing else."""
    pid = os.fork()
    if pid == 0:
        try:
            with try_lock(store.worker_lock(0)), Heart(store, 0) as heart:
                heart.run = "an-experiment/entropy-0"
                time.sleep(600)
        finally:
            os._exit(0)
    wait_until(lambda: store.worker_sign(0).exists())
    yield pid
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_a_stopped_worker_is_told_from_one_that_works(store, worker):
    assert stopped_workers(store) == []
    os.kill(worker, signal.SIGSTOP)
    wait_until(lambda: stopped_workers(store))
    sentence = stopped_workers(store)[0].sentence()
    assert f"Worker 0 (process {worker}) is stopped, not dead" in sentence
    assert f"kill -CONT {worker}" in sentence
    os.kill(worker, signal.SIGCONT)
    wait_until(lambda: stopped_workers(store) == [])
    assert is_locked(store.worker_lock(0))


def test_of_a_worker_elsewhere_the_count_tells(store, worker, monkeypatch):
    monkeypatch.setattr(life, "host", lambda: "another machine")
    os.kill(worker, signal.SIGSTOP)
    now = time.monotonic()
    monkeypatch.setattr(life.time, "monotonic", lambda: now)
    assert stopped_workers(store) == []  # seen for the first time: it may just have beaten
    monkeypatch.setattr(life.time, "monotonic", lambda: now + life.STILL_SECONDS)
    assert "has shown no sign of life for 20 s" in stopped_workers(store)[0].sentence()


def test_a_dead_worker_is_not_a_stopped_one(store):
    with try_lock(store.worker_lock(0)), Heart(store, 0):
        wait_until(lambda: store.worker_sign(0).exists())
    assert stopped_workers(store) == []


def test_the_foreman_of_a_cluster_is_named():
    assert life.Stopped(life.FOREMAN, 7, "").sentence().startswith("The foreman (process 7) is stopped, not dead: let")


def test_a_watch_starts_anew_when_something_changes(monkeypatch):
    watch, now = Watch(), 100.0
    monkeypatch.setattr(life.time, "monotonic", lambda: now)
    assert watch.still_seconds("a", 1) == 0
    now = 130.0
    assert (watch.still_seconds("a", 1), watch.still_seconds("a", 2), watch.still_seconds("b", 1)) == (30, 0, 0)


def test_what_a_killed_writer_left_is_removed_and_what_is_being_written_stays(tmp_path):
    pid = os.fork()
    if pid == 0:
        with replacing(tmp_path / "a") as file, new_folder(tmp_path / "b") as folder:
            file.write(b"half")
            (folder / "c").write_bytes(b"12345")
            file.flush()
            os._exit(137)
    os.waitpid(pid, 0)
    assert len(os.listdir(tmp_path)) == 2
    with replacing(tmp_path / "d") as file, new_folder(tmp_path / "e") as folder:
        file.write(b"whole")
        (folder / "f").write_bytes(b"whole")
        assert remove_abandoned(tmp_path) == 9
        assert remove_abandoned(tmp_path) == 0
    assert sorted(os.listdir(tmp_path)) == ["d", "e"]
