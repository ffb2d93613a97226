"""A worker: a process that takes up runs, one round at a time, until there are none."""

import os
import time
import traceback
import warnings
from dataclasses import replace

import numpy as np
import torch

from fairal.cohort.arrays import Cohort, load_cohort, save_cohort
from fairal.cohort.synthetic.context import render_context
from fairal.cohort.synthetic.draw import build_cohort, cohort_key
from fairal.config import ExperimentConfig, LearnerConfig, SyntheticCohort
from fairal.errors import Cancelled, FairalError
from fairal.learner.fit import Fit, fit, load_fit, save_fit
from fairal.loop.run import Progress, Round, active_learning
from fairal.presets import preset
from fairal.runs.cache import Busy, obtain
from fairal.runs.launch import remember_speed
from fairal.runs.locks import try_lock
from fairal.runs.queue import Claim, claim, finish
from fairal.runs.store import Store

_KEPT_COHORTS = 2
_POLL_SECONDS = 0.1


class Worker:
    """Works in one slot of a home.

    Args:
        store: The home.
        threads: Of torch, per fit; part of a fit's key.
    """

    def __init__(self, store: Store, threads: int = 1) -> None:
        self.store = store
        self.cohorts: dict[str, Cohort] = {}
        self.warm = False
        torch.set_num_threads(threads)
        torch.backends.cudnn.deterministic = True  # a resumed run must give the same numbers
        warnings.filterwarnings("ignore", category=FutureWarning, module="monai")

    def work(self, slot: int, linger_seconds: float = 0.0) -> bool:
        """Work until there is nothing to do, and leave; False where another worker has this slot."""
        worked = False
        while (lock := try_lock(self.store.worker_lock(slot))) is not None:
            worked = True
            with lock:
                self._until_idle(linger_seconds)
            # Somebody may have launched between our last look and our release, and seen the slot taken.
            if not claim_waits(self.store):
                break
        return worked

    def _until_idle(self, linger_seconds: float) -> None:
        blocked: dict = {}
        idle_since = time.monotonic()
        while True:
            held = claim(self.store, skip=set(blocked))
            if held is not None:
                try:
                    self._take_up(held)
                    blocked.clear()
                except Busy as busy:
                    blocked[held.key] = busy
                finally:
                    held.lock.release()
                idle_since = time.monotonic()
            elif blocked:
                # All that is left waits for what other workers are making.
                time.sleep(_POLL_SECONDS)
                blocked.clear()
            elif time.monotonic() - idle_since >= linger_seconds:
                return
            elif not self.warm:
                self._warm_up()
            else:
                time.sleep(_POLL_SECONDS)

    def _warm_up(self) -> None:
        """Do once, while there is no work, what the first round would wait for: imports, template, first kernels."""
        learner = LearnerConfig(channels=(4, 8), steps=1)
        cohort = preset("smoke")[0].cohort
        drawn = build_cohort(cohort, 0, "pool", only=[0, 1])
        fit(torch.from_numpy(drawn.t1), torch.from_numpy(drawn.mask), learner, 0)
        self.warm = True

    def _take_up(self, held: Claim) -> None:
        """Run one round of a run and release it, or end it."""
        store, key = self.store, held.key
        before = held.state
        try:
            store.drop_half_written(key)
            finished = store.rounds(key)
            held.state = replace(
                before, state="running", attempts=before.attempts + 1, rounds_done=len(finished), pid=os.getpid(),
                started=before.started or time.time(), updated=time.time(), threads=torch.get_num_threads(),
            )  # fmt: skip
            store.write_state(key, held.state)
            if len(finished) >= before.rounds:
                finish(store, held, "done")
                return
            config = store.config(key.experiment)
            self._one_round(held, config, finished)
        except Busy:
            store.write_state(key, before)  # nothing was tried: no attempt counted
            raise
        except Cancelled:
            self._end(held, "cancelled", "Cancelled.")
        except FairalError as error:
            self._end(held, "failed", str(error))
        except Exception as error:
            # Whatever it was: the run says so, its log has the traceback, and the worker goes on with the next.
            self._end(held, "failed", _reason(error, store), traceback.format_exc())

    def _end(self, held: Claim, how: str, reason: str, details: str = "") -> None:
        if not self.store.run_dir(held.key).exists():
            return  # deleted under our hands: there is nobody to tell
        finish(self.store, held, how, reason)
        if details:
            self.store.log(held.key, details)

    def _one_round(self, held: Claim, config: ExperimentConfig, finished: list[dict]) -> None:
        store, key = self.store, held.key
        keep = config.volumes == "all" or (config.volumes == "first_seed" and key.seed == config.seeds[0])
        started = time.perf_counter()
        report = _Report(store, held)
        fits = lambda digest, train: self._fits(held, config, report, digest, train)  # noqa: E731
        loop = active_learning(
            config, key.strategy, key.seed, finished=finished, fits=fits, cohorts=self._cohorts,
            keep_volumes=keep, progress=report,
        )  # fmt: skip
        done = next(loop)
        loop.close()
        report("write", 0, 1)
        writing = time.perf_counter()
        volumes = None
        if done.volumes is not None:
            self._write_subjects(held, config, done)
            volumes = {f"p/{name}": v for name, v in done.volumes.probability.items()}
            volumes |= {f"{kind}/{g}": v for g, maps in done.volumes.maps.items() for kind, v in maps.items()}
        record = done.record
        record["seconds"]["write"] = round(time.perf_counter() - writing, 4)
        store.append_round(key, record, volumes)
        seconds = time.perf_counter() - started
        if not record["cached"]:
            remember_speed(store, config, seconds - record["seconds"]["cohort"])
        if not finished:
            store.log(key, f"{record['device']}, {record['threads']} threads, torch {record['torch']}")
        groups = ", ".join(f"{g} {d:.3f}" for g, d in done.dice_by_group.items())
        store.log(key, f"round {record['round']}: {done.labelled} labelled, Dice {groups}, {seconds:.1f} s")
        held.state = replace(
            held.state, attempts=0, rounds_done=len(finished) + 1, part="", done=0, total=0, device=record["device"],
            round_seconds=held.state.round_seconds if record["cached"] else seconds, updated=time.time(),
            headline={"dice_by_group": done.dice_by_group, "gap": done.gap, "labelled": done.labelled},
        )  # fmt: skip
        if held.state.rounds_done >= held.state.rounds:
            finish(store, held, "done")
        else:
            held.state = replace(held.state, state="queued")
            store.write_state(key, held.state)

    def _write_subjects(self, held: Claim, config: ExperimentConfig, done: Round) -> None:
        """Keep T1, truth and context of the displayed subjects, those that no other run has kept already."""
        experiment, seed = held.key.experiment, held.key.seed
        pool, test = self._cohorts(config.cohort, seed, lambda *_: None)
        index = {s.id: (cohort, i) for cohort in (pool, test) for i, s in enumerate(cohort.subjects)}
        for name in done.volumes.probability:
            if not self.store.subject_file(experiment, seed, name).exists():
                cohort, i = index[name]
                arrays = {
                    "t1": cohort.t1[i],
                    "truth": cohort.mask[i],
                    "context": render_context(cohort.subjects[i], seed),
                }
                self.store.write_subject(experiment, seed, name, {k: _display(k, v) for k, v in arrays.items()})

    def _fits(self, held: Claim, config: ExperimentConfig, report: Progress, digest: str, train) -> tuple[Fit, bool]:
        """Train or find a fit; while another worker trains it, draw the cohort that its round will need next."""
        try:
            return obtain(self.store, "fits", digest, load_fit, train, save_fit)
        except Busy:
            self._cohorts(config.cohort, held.key.seed, report)
            raise

    def _cohorts(self, config: SyntheticCohort, seed: int, progress: Progress) -> tuple[Cohort, Cohort]:
        """Draw or find both splits; what another worker is drawing is waited for, it takes seconds."""
        while True:
            try:
                return self._splits(config, seed, progress)
            except Busy:
                progress("cohort", 0, 1)
                time.sleep(_POLL_SECONDS)

    def _splits(self, config: SyntheticCohort, seed: int, progress: Progress) -> tuple[Cohort, Cohort]:
        splits = ("pool", "test")
        keys = {split: cohort_key(config, seed, split) for split in splits}
        busy = None
        for split in splits:
            if keys[split] in self.cohorts:
                self.cohorts[keys[split]] = self.cohorts.pop(keys[split])  # the last used stays longest
                continue

            def make(split=split) -> Cohort:
                return build_cohort(config, seed, split, lambda done, total: progress("cohort", done, total))

            try:
                made, _ = obtain(self.store, "cohorts", keys[split], load_cohort, make, save_cohort)
                self.cohorts[keys[split]] = made
            except Busy as error:
                busy = error  # another worker draws this split: draw the other one meanwhile
        if busy:
            raise busy
        while len(self.cohorts) > 2 * _KEPT_COHORTS:
            del self.cohorts[next(iter(self.cohorts))]
        return self.cohorts[keys["pool"]], self.cohorts[keys["test"]]


class _Report:
    """Writes a run's progress at most once a second, and stops it when asked to."""

    def __init__(self, store: Store, held: Claim) -> None:
        self.store, self.held, self.last = store, held, 0.0
        self.cancel_file = store.cancel_file(held.key)
        self.folder = store.run_dir(held.key)

    def __call__(self, part: str, done: int, total: int) -> None:
        if self.cancel_file.exists() or not self.folder.exists():
            raise Cancelled
        now = time.time()
        if now - self.last >= 1.0 or (part != self.held.state.part and now - self.last >= 0.2):
            self.last = now
            self.held.state = replace(self.held.state, part=part, done=done, total=total, updated=now)
            self.store.write_state(self.held.key, self.held.state)


def claim_waits(store: Store) -> bool:
    """Tell whether there is a run that nobody holds."""
    held = claim(store, skip=set())
    if held is None:
        return False
    held.lock.release()
    return True


def _display(kind: str, values: np.ndarray) -> np.ndarray:
    if kind != "t1":
        return values.astype(np.uint8)
    return ((values.astype(np.float32) + 3.5) / 6.5 * 255).clip(0, 255).astype(np.uint8)


def _reason(error: Exception, store: Store) -> str:
    if isinstance(error, OSError) and error.errno == 28:
        return f"No space is left in {store.home}; free some (`fairal clean`) and resume the run."
    if isinstance(error, torch.cuda.OutOfMemoryError):
        return "The GPU's memory did not suffice; a smaller batch or field of view would need less."
    if isinstance(error, MemoryError):
        return "The memory did not suffice; a smaller batch, pool or field of view would need less."
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"
