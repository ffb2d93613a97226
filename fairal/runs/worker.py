"""A worker: a process that takes up runs, one round at a time, until there are none."""

import os
import time
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import torch

from fairal.cohort.source import Source, open_source
from fairal.config import ExperimentConfig, LearnerConfig
from fairal.errors import Cancelled, FairalError
from fairal.facts.record import Record
from fairal.files import Overtaken, put_aside
from fairal.learner.fit import Fit, fit, load_fit, save_fit
from fairal.learner.network import choose_device
from fairal.loop.job import FitJob, ask, ask_folds
from fairal.loop.round import Trained, answer
from fairal.loop.task import Task, Waiting, next_task
from fairal.presets import preset
from fairal.runs.claims import Claim, claim, end, something_waits
from fairal.runs.kept import POLL_SECONDS, SPLITS, KeptSource, Memory
from fairal.runs.life import Heart
from fairal.runs.litter import clear_litter
from fairal.runs.locks import Held, Lost, try_lock
from fairal.runs.played import Played, displayed_subjects, keeps_volumes
from fairal.runs.reporting import Report, reason_of
from fairal.runs.reserve import in_reserve, keep_reserve
from fairal.runs.shelf import Busy, obtain
from fairal.runs.speed import remember_speed
from fairal.runs.store import Store


class Worker:
    """Works in one slot of a home.

    Args:
        store: The home.
        threads: Of torch, per fit; part of a fit's key.
        share_fits: Whether equal fits are trained once; benchmarks train every one anew.

    Attributes:
        goes_on: Whether a run is kept until it ends; else it goes back after a round, so that arms grow side by side.
    """

    goes_on = False

    def __init__(self, store: Store, threads: int = 1, share_fits: bool = True) -> None:
        self.store, self.share_fits = store, share_fits
        self.memory, self.warm = Memory(), False
        torch.set_num_threads(threads)
        torch.backends.cudnn.deterministic = True  # a resumed run must give the same numbers
        warnings.filterwarnings("ignore", category=FutureWarning, module="monai")

    def work(self, slot: int, linger_seconds: float = 0.0) -> bool:
        """Work until there is nothing to do, and leave; False where another worker has this slot."""
        worked = False
        self.store.audit()
        keep_reserve(self.store)
        while (lock := try_lock(self.store.worker_lock(slot))) is not None:
            worked = True
            with lock, Heart(self.store, slot) as heart, suppress(Lost):  # then another worker may have this slot
                clear_litter(self.store, self.store.open_experiments())
                self._until_idle(linger_seconds, lock, heart)
            # Somebody may have launched between our last look and our release, and seen the slot taken.
            if not something_waits(self.store):
                break
        return worked

    def _until_idle(self, linger_seconds: float, slot: Held, heart: Heart) -> None:
        blocked: set = set()
        idle_since = time.monotonic()
        while True:
            slot.check()
            held = claim(self.store, skip=blocked)
            if held is not None:
                heart.run = str(held.key)
                try:
                    self._take_up(held)
                    blocked.clear()
                except Busy:
                    blocked.add(held.key)
                finally:
                    held.lock.release()
                    heart.run = ""
                idle_since = time.monotonic()
            elif blocked:
                # All that is left waits for what other workers are making.
                time.sleep(POLL_SECONDS)
                blocked.clear()
            elif time.monotonic() - idle_since >= linger_seconds:
                return
            elif not self.warm:
                warm_up()
                self.warm = True
            else:
                time.sleep(POLL_SECONDS)

    def _take_up(self, held: Claim) -> None:
        """Run one round of a run, or as many as there are (see `goes_on`), and release it, or end it."""
        store, key, before = self.store, held.key, held.state
        try:
            store.heal(key)
            history, config, report = store.rounds(key), store.config(key.experiment), self._report(held)
            while (record := self._next_round(held, config, history, report)) is not None and self.goes_on:
                history, before = (*history, record), held.state
        except Busy:
            store.write_state(key, before)  # nothing was tried: no attempt counted
            raise
        except Cancelled:
            self._end(held, "cancelled", "Cancelled.")
        except (Lost, Overtaken):
            # Whoever holds the run now says how it stands; if nobody does, it counts as interrupted and goes on.
            store.log(key, "its lock was removed while it worked: this worker lets go of it, finished rounds stay")
        except FairalError as error:
            self._end(held, "failed", str(error))
        except Exception as error:
            # Whatever it was: the run says so, its log has the traceback, and the worker goes on with the next.
            self._end_somehow(held, reason_of(error, store), traceback.format_exc())

    def _next_round(
        self, held: Claim, config: ExperimentConfig, history: tuple[Record, ...], report: Report
    ) -> Record | None:
        """Play a run's next round, or end it, or let it wait; gives the record where another round follows."""
        store, key, before = self.store, held.key, held.state
        held.state = replace(
            before, state="running", attempts=before.attempts + 1, rounds_done=len(history), pid=os.getpid(),
            started=before.started or time.time(), updated=time.time(), threads=torch.get_num_threads(),
        )  # fmt: skip
        store.write_state(key, held.state)
        source = self._source(config, key.seed)
        task = next_task(config, key.arm, key.seed, source.rows("pool"), history)
        if isinstance(task, Task):
            return self._play(held, task, source, report, last=len(history) + 1 >= before.rounds)
        if isinstance(task, Waiting):
            names = ", ".join(task.ids[:8]) + (" …" if len(task.ids) > 8 else "")
            held.state = replace(held.state, state="waiting", reason=f"Waits for the masks of {names}.", attempts=0)
            store.write_state(key, held.state)
        else:
            end(store, key, held.state, "done")
        return None

    def _source(self, config: ExperimentConfig, seed: int) -> Source:
        return KeptSource(open_source(config.cohort, seed, self.store.home), self.store, self.memory)

    def _device(self, name: str) -> torch.device:
        return choose_device(name)

    def _end(self, held: Claim, how: str, reason: str, details: str = "") -> None:
        if not self.store.run_dir(held.key).exists():
            return  # deleted under our hands: there is nobody to tell
        in_reserve(self.store, lambda: end(self.store, held.key, held.state, how, reason))
        if details:
            self.store.log(held.key, details)

    def _end_somehow(self, held: Claim, reason: str, details: str) -> None:
        """End a run that failed, also where something that is no file stands in the place of one of its own."""
        for path in (self.store.state_file(held.key), self.store.log_file(held.key)):
            if path.is_dir() and not path.is_symlink():
                put_aside(path)
        self._end(held, "failed", reason, details)

    def _play(self, held: Claim, task: Task, source: Source, report: Report, last: bool) -> Record | None:
        """Play one round and commit it; gives the record unless it is the last."""
        job = ask(task, source, self._device(task.config.device))
        played = self._compute(held, job, report)
        record = self._commit(held, played, report)
        self._note(held, played, record)
        keep_reserve(self.store)
        if last:
            # All of its records were read when it was taken up, or written since.
            end(self.store, held.key, held.state, "done", whole=True)
            return None
        held.state = replace(held.state, state="queued")
        if not self.goes_on:  # else the next round's state is written at once
            self.store.write_state(held.key, held.state)
        return record

    def _report(self, held: Claim) -> Report:
        return Report(self.store, held)

    def _compute(self, held: Claim, job: FitJob, report: Report) -> Played:
        """Train or find what a round needs, measure, and pick."""
        started, source = time.perf_counter(), job.source
        main, cached = self._fit(job, source, report)
        folds = tuple(self._fit(fold, source, report)[0] for fold in ask_folds(job))
        done = answer(job, Trained(main, cached, folds), keep_volumes=keeps_volumes(job.task), hear=report)
        displayed = displayed_subjects(done, source, self.store.kept_subjects(held.key.experiment, job.task.seed))
        seconds = time.perf_counter() - started
        if not cached:
            remember_speed(self.store, job.task.config, seconds - done.record.seconds["cohort"])
        return Played(done, done.dice_by_group, displayed, seconds)

    def _fit(self, job: FitJob, source: Source, report: Report) -> tuple[Fit, bool]:
        """Train or find a fit; while another worker trains it, draw the cohort that its round will need next."""
        train: Callable[[], Fit] = lambda: job.train(report)  # noqa: E731
        if not self.share_fits:
            return train(), False
        try:
            return obtain(self.store, "fits", job.key, load_fit, train, save_fit)
        except Busy:
            for split in SPLITS:
                source.load(split, hear=lambda done, total: report("cohort", done, total))
            raise

    def _commit(self, held: Claim, played: Played, report: Report) -> Record:
        report("write", 0, 1)
        writing, done = time.perf_counter(), played.done
        for name, volumes in played.displayed.items():
            self.store.write_subject(held.key.experiment, held.key.seed, name, volumes)
        seconds = {**done.record.seconds, "write": round(time.perf_counter() - writing, 4)}
        record = replace(done.record, seconds=seconds)
        self.store.append_round(held.key, record, done.volumes, fence=held.lock.check)
        return record

    def _note(self, held: Claim, played: Played, record: Record) -> None:
        """Say in state and log what the round came to."""
        done, seconds = played.done, played.seconds + record.seconds["write"]
        if record.round == 0:
            self.store.log(held.key, f"{record.device}, {record.threads} threads, torch {record.torch}")
        groups = ", ".join(f"{g} {d:.3f}" for g, d in played.dice.items())
        self.store.log(held.key, f"round {record.round}: {done.labelled} labelled, Dice {groups}, {seconds:.1f} s")
        held.state = replace(
            held.state, attempts=0, rounds_done=record.round + 1, part="", done=0, total=0, device=record.device,
            round_seconds=held.state.round_seconds if record.cached else seconds, updated=time.time(),
        )  # fmt: skip


def warm_up() -> None:
    """Do, while there is no work, what the first round would wait for: imports, template, first kernels."""
    drawn = open_source(preset("smoke")[0].cohort, 0).load("pool", only=[0, 1])
    learner = LearnerConfig(channels=(4, 8), steps=1)
    fit(torch.from_numpy(drawn.t1), torch.from_numpy(drawn.mask), learner, 0)
