"""Fifty launches at the same moment, each clicked twice: all are there, once, and all can be run."""

import os
from collections import Counter

import pytest
from series import size, tell
from tiny import tiny_config, work_off

from fairal.runs.claims import to_do
from fairal.runs.launch import launch
from fairal.runs.standing import standing
from fairal.runs.store import Store


class Nobody:
    """A crew that does not come."""

    here = True

    def ensure(self, store, linger_seconds=0.0, warm=False) -> int:
        return 0

    def alive(self, store) -> int:
        return 0


def small(number: int):
    return tiny_config(name=f"number {number}", strategies=["random"], query={"rounds": 1}, volumes="none")


def launched_in_child(home, number: int, start: int) -> int:
    """Launch in a process of its own as soon as the pipe `start` is closed; returns its id."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.read(start, 1)
            launch(Store(home), [small(number)], token=f"click-{number}", crew=Nobody(), confirmed=True)
            code = 0
        finally:
            os._exit(code)
    return pid


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_fifty_launches_at_once(tmp_path):
    count, store = size("LAUNCHES", 50), Store(tmp_path / "home")
    start, hold = os.pipe()
    pids = []
    for number in range(count):
        for _ in range(2):
            pids.append(launched_in_child(store.home, number, start))
    os.write(hold, b"x" * len(pids))
    codes = Counter(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids)
    os.close(start)
    os.close(hold)
    fresh = Store(store.home)
    names = Counter(fresh.config(experiment).name for experiment in fresh.experiments())
    assert codes == {0: 2 * count}
    assert names == {f"number {number}": 1 for number in range(count)}
    assert len(list(to_do(fresh))) == count
    work_off(fresh)
    states = Counter(standing(fresh, experiment).state for experiment in fresh.experiments())
    tell("launches at once", processes=len(pids), experiments=len(names), done=states["done"])
    assert states == {"done": count}
    assert next(to_do(Store(store.home)), None) is None
    assert [path.name for path in fresh.experiments_dir.iterdir() if path.name.startswith(".")] == []
