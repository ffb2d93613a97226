"""Twenty visitors for five minutes while two workers train: no error, memory flat, every page soon there."""

import asyncio
import os
import threading
import time
from pathlib import Path
from statistics import median, quantiles

import pytest
from light_client import STATISTICS, LightClient, Visit
from series import size, tell
from tiny import tiny_config, work_off

from fairal.presets import preset
from fairal.runs import control
from fairal.runs.launch import launch
from fairal.runs.standing import live_workers
from fairal.runs.store import Store
from fairal.ui.server import Dashboard

PAGES = ["", "story", "cohort", "launch", "runs", "compare", "slices", "next"]
STAY_SECONDS = 12.0
P95_SECONDS = 1.0
GROWTH_MB = 60.0
"""That the server may take more at the end than after half of the time."""


def resident_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def p95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


@pytest.fixture
def training(tmp_path, monkeypatch):
    """A home in which a finished experiment lies and two workers train one that takes longer than the visits."""
    monkeypatch.setenv("FAIRAL_WORKERS", "2")
    store = Store(tmp_path / "home")
    store.create(tiny_config(seeds=[0, 1]))
    work_off(store)
    config = preset(os.environ.get("FAIRAL_SERIES_PRESET", "demo"))[0]
    [experiment] = launch(store, [config.model_copy(update={"seeds": tuple(range(40))})], confirmed=True)
    yield store
    for key in store.runs(experiment):
        control.cancel(store, key)
    end = time.monotonic() + 60
    while live_workers(store) and time.monotonic() < end:
        time.sleep(0.5)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_twenty_sessions_while_two_workers_train(training):
    sessions, seconds = size("SESSIONS", 20), size("SESSION_SECONDS", 300)
    end = time.monotonic() + 600
    while live_workers(training) < 2 and time.monotonic() < end:
        time.sleep(0.5)
    assert live_workers(training) == 2
    visits: dict[str, Visit] = {}
    with Dashboard(training.home, FAIRAL_WARM="0", **STATISTICS) as server:
        memory: list[float] = []
        over = threading.Event()

        def watch() -> None:
            while not over.wait(max(5.0, seconds / 10)):
                memory.append(resident_mb(server.process.pid))

        watching = threading.Thread(target=watch)
        watching.start()
        url = server.url("_stcore/stream").replace("http://", "ws://")

        async def all_wander() -> None:
            turned = [PAGES[i % len(PAGES) :] + PAGES[: i % len(PAGES)] for i in range(sessions)]
            late = [STAY_SECONDS * i / sessions for i in range(sessions)]
            await asyncio.gather(
                *(LightClient(url, visits).wander(*of, late_seconds=by) for of, by in
                  zip([(pages, seconds, STAY_SECONDS) for pages in turned], late, strict=True))
            )  # fmt: skip

        asyncio.run(all_wander())
        over.set()
        watching.join()
        memory.append(resident_mb(server.process.pid))
        assert live_workers(training) == 2, "they trained all the time"
    errors = [f"{page or 'overview'}: {error}" for page, visit in visits.items() for error in visit.errors]
    for page, visit in visits.items():
        for what, values in (("script", visit.scripts), ("part", visit.parts)):
            if values:
                print(f"\n{page or 'overview':9} {what:6} n = {len(values):5}, median {median(values):.3f} s, "
                      f"p95 {p95(values):.3f} s, most {max(values):.3f} s", end="")  # fmt: skip
    tell("sessions", sessions=sessions, seconds=seconds, scripts=sum(len(v.scripts) for v in visits.values()),
         parts=sum(len(v.parts) for v in visits.values()), errors=len(errors))  # fmt: skip
    print("the server's memory, ten times over: " + ", ".join(f"{mb:.0f}" for mb in memory) + " MB")
    assert errors == []
    assert set(visits) == set(PAGES)
    slow = {page: p95(visit.scripts) for page, visit in visits.items() if p95(visit.scripts) > P95_SECONDS}
    assert slow == {}
    assert memory[-1] - memory[len(memory) // 2] < GROWTH_MB
