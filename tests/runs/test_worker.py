import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from tiny import tiny_config, work_off

from fairal.errors import RunError
from fairal.facts.record import Record
from fairal.files import append_line
from fairal.presets import preset
from fairal.runs import control
from fairal.runs.crew import Team, team
from fairal.runs.crews.local import LocalCrew, start_worker
from fairal.runs.launch import launch
from fairal.runs.locks import is_locked, try_lock
from fairal.runs.reporting import Report
from fairal.runs.shelf import Busy, entries, obtain, trim
from fairal.runs.speed import START_SECONDS, estimate_fits, estimate_seconds, remember_speed
from fairal.runs.standing import standing
from fairal.runs.store import RunKey, Store
from fairal.runs.worker import Worker
from fairal.strategies.catalog import REFERENCES

SLOW = {"steps": 60, "channels": [8, 16]}


def facts(store: Store, key: RunKey) -> list[str]:
    """A run's records without what may differ between two equal runs: timings, and whose fit it was."""
    return [replace(r, seconds={}, cached=False).as_line() for r in store.rounds(key)]


def wait_until(condition, seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.02)


def kill(process: subprocess.Popen) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def test_a_finished_experiment_has_every_record(finished):
    store, experiment = finished
    assert standing(store, experiment).state == "done"
    for key in store.runs(experiment):
        state, records = store.state(key), store.rounds(key)
        assert len(records) == state.rounds_done == state.rounds
        assert all(Record.from_line(r.as_line()).as_line() == r.as_line() for r in records)
        assert "done" in store.log_tail(key)


def test_round_0_of_a_seed_is_trained_once(finished):
    store, experiment = finished
    for seed in (0, 1):
        firsts = [
            store.rounds(k)[0] for k in store.runs(experiment) if k.seed == seed and k.arm.query not in REFERENCES
        ]
        assert len({r.fit for r in firsts}) == 1
        assert [r.cached for r in firsts].count(False) == 1


def test_volumes_are_kept_for_the_first_seed_alone(finished):
    store, experiment = finished
    for key in store.runs(experiment):
        volumes = store.volumes(key, 0)
        assert (volumes is not None) == (key.seed == 0)
        if volumes:
            for name, probability in volumes.probability.items():
                subject = store.subject(experiment, 0, name)
                assert subject.t1.shape == subject.truth.shape == probability.shape
                assert subject.context.shape == (52, 64, 56)  # the brain at 3 mm
    assert store.volume_sizes()[experiment] > 10_000


def test_a_relaunched_experiment_costs_only_its_reading(finished):
    store, experiment = finished
    again, _ = store.create(store.config(experiment))
    work_off(store)
    for old, new in zip(store.runs(experiment), store.runs(again), strict=True):
        assert all(r.cached for r in store.rounds(new))
        assert facts(store, old) == facts(store, new)
    control.delete_experiment(store, again)


def test_killed_three_times_a_run_continues_with_the_same_numbers(tmp_path):
    config = tiny_config(strategies=["weighted_entropy"], learner=SLOW, query={"rounds": 3})
    straight = Store(tmp_path / "straight")
    launched, _ = straight.create(config)
    work_off(straight)
    expected = facts(straight, straight.runs(launched)[0])

    store = Store(tmp_path / "killed")
    experiment, _ = store.create(config)
    key = store.runs(experiment)[0]
    one_thread = Team(workers=1, threads=1, gpus=0)

    def in_training(round_: int) -> bool:
        state = store.state(key)
        return state.rounds_done == round_ and state.part == "fit" and state.done > 0

    kills = [
        (lambda: in_training(0), "training of round 0"),
        (lambda: len(store.rounds(key)) >= 1, "the first committed round"),
        (lambda: in_training(2) or len(store.rounds(key)) == 3, "training of round 2"),
    ]
    for moment, what in kills:
        process = start_worker(store, 0, one_thread)
        wait_until(moment, 60, what)
        kill(process)
        assert not is_locked(store.run_lock(key))
    assert len(store.rounds(key)) < 4
    with (store.run_dir(key) / "rounds.jsonl").open("a") as file:
        file.write('{"schema": 1, "round": 3, "half')  # and the power failed in the middle of a line
    work_off(store)
    assert store.state(key).state == "done"
    assert facts(store, key) == expected


def test_cancel_takes_effect_within_a_training_step(store):
    experiment, _ = store.create(tiny_config(strategies=["random"], learner={**SLOW, "steps": 5000}))
    key = store.runs(experiment)[0]
    process = start_worker(store, 0, Team(1, 1, 0))
    wait_until(lambda: store.state(key).part == "fit", 60, "training")
    control.cancel(store, key)
    wait_until(lambda: store.state(key).state == "cancelled", 2.0, "the cancelled run")
    assert process.wait(timeout=20) == 0  # nothing left to do: the worker leaves


def test_a_run_whose_worker_is_stopped_is_not_deleted_stays_asked_to_stop_and_goes_on_if_resumed(store):
    experiment, _ = store.create(tiny_config(strategies=["random"], learner={**SLOW, "steps": 400}))
    key = store.runs(experiment)[0]
    process = start_worker(store, 0, Team(1, 1, 0))
    try:
        wait_until(lambda: store.state(key).part == "fit", 60, "training")
        process.send_signal(signal.SIGSTOP)
        with pytest.raises(RunError, match=r"did not stop within 0 s, so nothing was deleted\. It stays asked to"):
            control.stop(store, key, wait_seconds=0.2)
        assert store.cancel_file(key).exists()
        assert control.resume(store, key)
        assert not control.resume(store, key)
        before = store.state(key)
        process.send_signal(signal.SIGCONT)
        wait_until(lambda: store.state(key).updated > before.updated, 30, "a sign that it goes on")
        assert store.state(key).state == "running"
        process.send_signal(signal.SIGSTOP)
        control.cancel(store, key)
        process.send_signal(signal.SIGCONT)
        wait_until(lambda: store.state(key).state == "cancelled", 30, "the cancelled run")
    finally:
        kill(process)


def test_a_run_that_fails_says_why_and_the_others_go_on(store):
    bad, _ = store.create(tiny_config(strategies=["random"], learner={"learning_rate": 1e6, "steps": 40}))
    good, _ = store.create(tiny_config(strategies=["random"]))
    work_off(store)
    failed = store.state(store.runs(bad)[0])
    assert failed.state == "failed"
    assert "stopped being finite" in failed.reason
    assert store.state(store.runs(good)[0]).state == "done"


def test_a_full_disk_fails_the_run_with_a_sentence_and_keeps_its_rounds(store, monkeypatch):
    experiment, _ = store.create(tiny_config(strategies=["random"]))
    key, append = store.runs(experiment)[0], Store.append_round

    def full(self, key, record, volumes, **held):
        if record.round == 1:
            raise OSError(28, "No space left on device")
        append(self, key, record, volumes, **held)

    monkeypatch.setattr(Store, "append_round", full)
    work_off(store)
    assert "No space is left in" in store.state(key).reason
    assert len(store.rounds(key)) == 1
    monkeypatch.undo()
    control.resume(store, key)
    work_off(store)
    assert store.state(key).state == "done"


def test_records_that_another_program_locks_fail_the_run_in_time_and_resume_goes_on(store, monkeypatch):
    import fcntl

    monkeypatch.setattr("fairal.held.LOCK_SECONDS", 0.3)
    experiment, _ = store.create(tiny_config(strategies=["random"]))
    key, append = store.runs(experiment)[0], Store.append_round
    with contextlib.ExitStack() as foreign:

        def locked(self, key, record, volumes, **held):
            if record.round == 1:
                file = foreign.enter_context(self.records_file(key).open("rb"))
                fcntl.flock(file, fcntl.LOCK_EX)
                foreign.callback(lambda: fcntl.flock(file, fcntl.LOCK_UN))
            append(self, key, record, volumes, **held)

        monkeypatch.setattr(Store, "append_round", locked)
        work_off(store)
        state = store.state(key)
        assert (state.state, state.rounds_done, len(store.rounds(key))) == ("failed", 1, 1)
        assert f"{store.records_file(key)} was kept locked by another program" in state.reason
    monkeypatch.undo()
    assert control.resume(store, key)
    work_off(store)
    assert (store.state(key).state, len(store.rounds(key))) == ("done", 3)


def test_a_line_waits_for_whoever_lets_go_in_time(tmp_path, monkeypatch):
    import fcntl

    monkeypatch.setattr("fairal.held.LOCK_SECONDS", 20.0)
    path = tmp_path / "lines"
    path.write_text("one\n")
    with path.open("rb") as file, ThreadPoolExecutor() as other:
        fcntl.flock(file, fcntl.LOCK_EX)
        waits = other.submit(append_line, path, "two", 1)
        time.sleep(0.2)
        assert path.read_text() == "one\n"
        fcntl.flock(file, fcntl.LOCK_UN)
        waits.result(timeout=10)
    assert path.read_text() == "one\ntwo\n"


def test_an_unexpected_error_fails_the_run_and_its_log_has_the_traceback(store, monkeypatch):
    experiment, _ = store.create(tiny_config(strategies=["random"]))
    key = store.runs(experiment)[0]
    monkeypatch.setattr("fairal.runs.worker.next_task", lambda *_, **__: 1 / 0)
    work_off(store)
    assert store.state(key).reason == "ZeroDivisionError: division by zero"
    assert "Traceback" in store.log_tail(key)


def test_a_run_deleted_by_hand_while_it_runs_does_not_stop_the_worker(store, monkeypatch):
    import shutil

    gone, _ = store.create(tiny_config(strategies=["random"]))
    stays, _ = store.create(tiny_config(strategies=["random"]))
    whole = Store.append_round

    def pull_away(self, key, record, volumes, **held):
        if key.experiment == gone:
            shutil.rmtree(self.experiment_dir(gone))
        whole(self, key, record, volumes, **held)

    monkeypatch.setattr(Store, "append_round", pull_away)
    work_off(store)
    assert store.experiments() == [stays]
    assert store.state(store.runs(stays)[0]).state == "done"


def test_a_strength_that_breaks_the_structure_fails_the_run_by_name(store):
    groups = [{"name": "reference", "share": 0.625}, {"name": "biased", "share": 0.375, "strength": 2.0, "fade": 0}]
    experiment, _ = store.create(tiny_config(strategies=["random"], cohort={"groups": groups}))
    work_off(store)
    state = store.state(store.runs(experiment)[0])
    assert state.state == "done" or "strength 2" in state.reason


def test_one_worker_per_slot(store):
    lock = try_lock(store.worker_lock(0))
    command = [sys.executable, "-m", "fairal", "worker", "--home", str(store.home), "--slot", "0"]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=60)
    lock.release()
    assert refused.returncode == 1
    assert "Another worker has slot 0" in refused.stderr


def test_launch_writes_runs_and_starts_the_missing_workers(store, monkeypatch):
    started = []
    monkeypatch.setattr("fairal.runs.crews.local.start_worker", lambda store, slot, *_: started.append(slot))
    monkeypatch.setattr("fairal.runs.crews.local.team", lambda: Team(3, 1, 0))
    assert LocalCrew().ensure(store) == 0  # nothing to do
    with try_lock(store.worker_lock(1)):
        [experiment] = launch(store, [tiny_config()], token="t")
        assert launch(store, [tiny_config()], token="t") == [experiment]
    assert started == [0, 2, 0, 2]


def test_the_crew_fits_the_machine(monkeypatch):
    for name in ("FAIRAL_WORKERS", "FAIRAL_THREADS"):
        monkeypatch.setenv(name, "3")
    assert (team().workers, team().threads) == (3, 3)
    monkeypatch.setenv("FAIRAL_WORKERS", "many")
    with pytest.raises(Exception, match=r"FAIRAL_WORKERS must be a whole number in 1\.\.64, got 'many'"):
        team()


def test_estimates_rest_on_measured_fits(finished, store):
    measured, experiment = finished
    config = measured.config(experiment)
    seconds, basis = estimate_seconds(measured, config)
    assert basis == "measured"
    assert 0 < seconds < 120
    assert estimate_seconds(store, config)[1] == "guessed"
    longer = tiny_config(learner={"steps": 80}, seeds=[0, 1], references=["reference_only", "full_pool"])
    expected = START_SECONDS + 10 * (seconds - START_SECONDS)
    assert estimate_seconds(measured, longer) == (pytest.approx(expected, rel=0.01), "scaled")


def test_the_strategies_of_a_seed_wait_for_its_first_fit(finished, monkeypatch):
    store, _ = finished

    def seconds(workers: int, seeds: list[int]) -> float:
        monkeypatch.setattr("fairal.runs.speed.team", lambda: Team(workers, 1, 0))
        return estimate_seconds(store, tiny_config(seeds=seeds))[0] - START_SECONDS

    one = seconds(1, [0]) / 7  # a fit: one of the start, two more of each of three strategies
    assert seconds(2, [0]) == pytest.approx(4 * one)
    assert seconds(2, [0, 1]) == pytest.approx(7 * one)


# ------------------------------------------------------------------ the cache


def number_entry(store: Store, digest: str, value: int, kind="fits"):
    def save(made, folder):
        np.save(folder / "n.npy", np.full(1000, made))

    return obtain(store, kind, digest, lambda f: int(np.load(f / "n.npy")[0]), lambda: value, save)


def test_an_entry_is_made_once_and_a_damaged_one_again(store):
    assert number_entry(store, "a", 1) == (1, False)
    assert number_entry(store, "a", 2) == (1, True)
    (store.cache_dirs["fits"] / "a" / "n.npy").write_bytes(b"")
    assert number_entry(store, "a", 3) == (3, False)


@pytest.mark.parametrize("part", ["cohort", "fit"])
def test_a_cache_that_is_removed_while_a_run_computes_is_made_again_and_the_run_goes_on(store, monkeypatch, part):
    experiment, _ = store.create(tiny_config(strategies=["random"]))
    key, said = store.runs(experiment)[0], []

    class Removing(Report):
        def __call__(self, now: str, done: int, total: int) -> None:
            super().__call__(now, done, total)
            if now == part and done == (1 if part == "fit" else done):
                said.append(now)
                shutil.rmtree(store.home / "cache", ignore_errors=True)

    monkeypatch.setattr("fairal.runs.worker.Report", Removing)
    work_off(store)
    state = store.state(key)
    assert said
    assert (state.state, state.reason, state.rounds_done) == ("done", "", 3)


def test_an_entry_whose_folder_is_removed_while_it_is_written_is_written_again(store):
    tries = []

    def save(made, folder):
        tries.append(folder)
        if len(tries) == 1:
            shutil.rmtree(store.home / "cache")
        np.save(folder / "n.npy", np.full(1000, made))

    load = lambda f: int(np.load(f / "n.npy")[0])  # noqa: E731
    assert obtain(store, "fits", "e" * 24, load, lambda: 7, save) == (7, False)
    assert obtain(store, "fits", "e" * 24, load, lambda: 0, save) == (7, True)
    assert len(tries) == 2


def test_a_home_that_is_removed_is_not_made_again_by_its_cache(store):
    shutil.rmtree(store.home)
    with pytest.raises(FileNotFoundError):
        number_entry(store, "f" * 24, 1)
    assert not store.home.exists()


def test_what_another_worker_is_making_is_busy(store):
    with try_lock(store.cache_dirs["fits"] / "b.lock"), pytest.raises(Busy):
        number_entry(store, "b", 1)
    assert number_entry(store, "b", 1) == (1, False)


def test_the_least_recently_used_goes_first(store):
    for age, name in ((30, "late"), (20, "used"), (10, "next")):
        number_entry(store, name, 1)
        os.utime(store.cache_dirs["fits"] / name, (time.time() - age,) * 2)
    number_entry(store, "used", 1)  # reading counts as use
    size = entries(store)[0][1]
    assert trim(store, cap_bytes=2 * size) == size
    assert {path.name for _, _, path in entries(store)} == {"used", "next"}
    assert trim(store, 0) == 2 * size


def test_a_fit_that_is_mostly_overhead_says_nothing_of_one_300_times_its_size(store):
    small, demo = preset("smoke")[0], preset("demo")[0]
    guessed = estimate_seconds(store, demo)
    remember_speed(store, small, 1.0)
    assert estimate_seconds(store, demo) == guessed
    assert estimate_seconds(store, small)[1] == "measured"
    remember_speed(store, demo, 4.0)
    strong = preset("strong")[0]
    assert estimate_seconds(store, strong)[1] == "scaled"
    assert estimate_fits(store, strong, 1)[0] == pytest.approx(START_SECONDS + 4.0 * 4, rel=0.01)


def test_a_folder_in_the_place_of_a_runs_state_ends_that_run_alone(store):
    first, _ = store.create(tiny_config(name="first", strategies=["random"]))
    second, _ = store.create(tiny_config(name="second", strategies=["random"]))
    [key], [other] = store.runs(first), store.runs(second)

    class Surprised(Worker):
        def _compute(self, held, job, report):
            if held.key == key:
                store.state_file(key).unlink()
                store.state_file(key).mkdir()
            return super()._compute(held, job, report)

    Surprised(store).work(0)
    assert store.state(key).state == "failed"
    assert store.state(other).state == "done"
