"""Killed at random moments, and before every durable operation: the records come out as if nothing had happened."""

import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from made import finish
from series import size, tell
from tiny import tiny_config, work_off

from fairal.runs.store import Store


def records_of(store: Store) -> dict[str, list[str]]:
    """All records of a home, without what differs between equal runs: timings, and whose fit it was."""
    [experiment] = store.experiments()
    keys = store.runs(experiment)
    return {key.run: [replace(r, seconds={}, cached=False).as_line() for r in store.rounds(key)] for key in keys}


def in_child(work: Callable[[], None]) -> int:
    """Do something in a process of its own that has everything imported already; returns its id."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid


def launched(home: Path) -> Store:
    store = Store(home)
    store.create(tiny_config(strategies=["random", "weighted_entropy"]), token="killed")
    return store


@pytest.fixture(scope="module")
def straight(tmp_path_factory) -> tuple[dict[str, list[str]], float]:
    """What comes out undisturbed, and the seconds that it takes."""
    store = launched(tmp_path_factory.mktemp("straight") / "home")
    started = time.monotonic()
    work_off(store)
    return records_of(store), time.monotonic() - started


@pytest.mark.slow
@pytest.mark.timeout(14_400)
def test_killed_at_a_hundred_random_moments(tmp_path, straight):
    expected, seconds = straight
    kills = size("KILLS", 100)
    moments, failures = random.Random(3), []
    for trial in range(kills):
        home = tmp_path / f"home{trial}"
        store = launched(home)
        pid = in_child(lambda home=home: work_off(Store(home)))
        time.sleep(moments.uniform(0.0, seconds))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        before = {run: len(lines) for run, lines in records_of(store).items()}
        work_off(Store(home))
        after = records_of(Store(home))
        if after != expected or any(len(after[run]) < count for run, count in before.items()):
            failures.append(trial)
        shutil.rmtree(home)
    tell("killed at random moments", kills=kills, failures=len(failures))
    assert failures == []


def dies_before(number: int, work: Callable[[], None]) -> Callable[[], None]:
    """Do something, and die before the durable operation of this number: a sync, a taking of a place, a removal."""

    def until_then() -> None:
        count = 0

        def counted(function):
            def or_die(*args, **options):
                nonlocal count
                count += 1
                if count == number:
                    os._exit(137)
                return function(*args, **options)

            return or_die

        for name in ("fsync", "replace", "rename", "unlink", "truncate", "ftruncate"):
            setattr(os, name, counted(getattr(os, name)))
        work()

    return until_then


def commit_all(home: Path) -> None:
    """Launch and commit three runs as a worker does, without training anything."""
    store = Store(home)
    experiment, _ = store.create(tiny_config(), token="killed")
    for key in store.runs(experiment):
        finish(store, key)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_killed_before_every_durable_operation(tmp_path):
    commit_all(tmp_path / "straight")
    expected, failures, number = records_of(Store(tmp_path / "straight")), [], 0
    while True:
        number += 1
        home = tmp_path / f"home{number}"
        pid = in_child(dies_before(number, lambda home=home: commit_all(home)))
        died = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 137
        commit_all(home)
        if records_of(Store(home)) != expected:
            failures.append(number)
        shutil.rmtree(home)
        if not died or number >= size("OPERATIONS", 1000):
            break
    tell("killed before every durable operation", operations=number - 1, failures=len(failures))
    assert failures == []
    assert number > min(30, size("OPERATIONS", 1000) - 1)
