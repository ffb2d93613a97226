"""The foreman of a cluster: holds many runs at once, hands their rounds out, and is the only writer of their records.

It is a worker in all but the computing: claims, states, log, reasons and commits are a worker's own. Each run in flight
has a thread that mostly waits.
"""

import concurrent.futures
import secrets
import threading
import time
import traceback
from collections.abc import Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from itertools import count

import torch

from fairal import settings
from fairal.cohort.source import Source, open_source
from fairal.config import ExperimentConfig, FolderCohort
from fairal.errors import RunError
from fairal.facts.record import Record
from fairal.loop.job import FitJob, ask_folds
from fairal.loop.task import Task
from fairal.runs.claims import Claim, claims, something_waits
from fairal.runs.crews.ray_board import SAY_SECONDS
from fairal.runs.crews.ray_cluster import POLL_SECONDS, Cluster
from fairal.runs.crews.ray_fits import Fits
from fairal.runs.crews.ray_node import Order
from fairal.runs.crews.ray_parcel import Parcel, digest_of, pack
from fairal.runs.life import FOREMAN, Heart
from fairal.runs.litter import clear_litter
from fairal.runs.locks import Held, try_lock
from fairal.runs.played import Played, keeps_volumes
from fairal.runs.reporting import Report, reason_of
from fairal.runs.reserve import keep_reserve
from fairal.runs.shelf import trim
from fairal.runs.store import RunKey, Store
from fairal.runs.worker import Worker

MOST_IN_FLIGHT = 1000
_BATCH = 4  # runs that are claimed in one go, at least
_PLACES_SHOWN = 64  # each place of the cluster counts as a worker on the pages, so many at most
_TRIM_EVERY = 300  # rounds: counting all entries of the shelf after each would cost more than it frees


def lead(store: Store, engine: str, linger_seconds: float = 0.0) -> bool:
    """Join a cluster and work until there is nothing to do; False where another foreman has this home.

    Raises:
        InputError: As `Cluster`.
        RunError: As `Cluster` and `Foreman.work`.
        Lost: The foreman's lock was removed. As after any error, threads may still wait for the cluster.
    """
    cluster = None
    # A page may hold the lock for an instant to see whether a foreman is there: try a little longer than that.
    while (lock := try_lock(store.worker_lock(FOREMAN), wait_seconds=0.03)) is not None:
        # Before the cluster is joined, which takes seconds: whoever waits for us sees that we are there.
        with lock, Heart(store, FOREMAN):
            cluster = cluster or Cluster(engine)
            Foreman(store, cluster, lock).work(linger_seconds)
        # Somebody may have launched between our last look and our release, and seen that we are there.
        if not something_waits(store):
            break
    if cluster is None:
        return False
    cluster.close()
    return True


class Foreman(Worker):
    """See the module.

    Args:
        store: The home, on a disk of this machine.
        cluster: Computes.
        place: The foreman's lock, if others may try to take it.
    """

    goes_on = True

    def __init__(self, store: Store, cluster: Cluster, place: Held | None = None) -> None:
        super().__init__(store, cluster.threads)
        self._place = place
        self.cluster, self.fits = cluster, Fits(store, cluster)
        self._parcels: dict[str, Parcel] = {}
        self._packing = threading.Lock()
        self._flying: dict[RunKey, Future] = {}
        self._dropped: dict[RunKey, str] = {}
        self._committed = count(1)

    def work(self, linger_seconds: float = 0.0) -> None:
        """Work until there is nothing to do. The caller holds the foreman's lock.

        Raises:
            RunError: The cluster is gone, and the runs in flight count as interrupted; or, when all else is done, there
                were runs of which not even the failure could be written down.
            Lost: The foreman's lock was removed.
        """
        self.cluster.warm_up()
        self.store.audit()
        keep_reserve(self.store)
        clear_litter(self.store, self.store.open_experiments())
        # Not a context: where the cluster is gone, the threads that wait for it would be waited for.
        threads = ThreadPoolExecutor(MOST_IN_FLIGHT, "run")
        with self._places():
            self._until_idle(linger_seconds, threads)
        threads.shutdown()
        self._trim()
        if self._dropped:
            key, reason = next(iter(self._dropped.items()))
            raise RunError(f"{len(self._dropped)} run(s) were let go of unfinished; {key}: {reason}")

    @contextmanager
    def _places(self) -> Iterator[None]:
        """Hold the locks of so many more workers that the pages count and estimate with the cluster's places."""
        with ExitStack() as held:
            for place in range(1, min(self.cluster.slots, _PLACES_SHOWN)):
                if (lock := try_lock(self.store.worker_lock(f"{FOREMAN}-{place}"))) is not None:
                    held.enter_context(lock)
            yield

    def _until_idle(self, linger_seconds: float, threads: ThreadPoolExecutor) -> None:
        flying, idle_since = self._flying, time.monotonic()
        while True:
            if self._place is not None:
                self._place.check()
            self.cluster.refresh()
            self._take_off(threads)
            self.cluster.poll_seconds = max(POLL_SECONDS, len(flying) / 1000)  # all together a thousand times a second
            if flying:
                idle_since = time.monotonic()
                concurrent.futures.wait(flying.values(), POLL_SECONDS, concurrent.futures.FIRST_COMPLETED)
            elif time.monotonic() - idle_since >= linger_seconds:
                return
            else:
                time.sleep(POLL_SECONDS)
            for key in [key for key, run in flying.items() if run.done()]:
                self._let_go(key, flying.pop(key).exception())

    def _let_go(self, key: RunKey, error: BaseException | None) -> None:
        """Keep what a run's thread could not write down itself from the other runs; it is not taken up again here."""
        if error is not None:
            traceback.print_exception(error)
            self._dropped[key] = reason_of(error, self.store)

    def _take_off(self, threads: ThreadPoolExecutor) -> None:
        """Claim runs until the cluster has as many again waiting as it computes."""
        most = min(2 * self.cluster.slots + _BATCH, MOST_IN_FLIGHT)
        room = most - len(self._flying)
        if room < max(_BATCH, most // 10):  # each pass reads the states of some that it does not claim
            return
        for held in claims(self.store, skip={*self._flying, *self._dropped}):
            self._flying[held.key] = threads.submit(self._carry, held)
            room -= 1
            if not room:
                return

    def _carry(self, held: Claim) -> None:
        with held.lock:
            self._take_up(held)

    def _commit(self, held: Claim, played: Played, report: Report) -> Record:
        record = super()._commit(held, played, report)
        if next(self._committed) % _TRIM_EVERY == 0:
            self._trim()
        return record

    def _trim(self) -> None:
        """Keep the home's shelf below its cap: no cohort is made here, after which a worker would."""
        with suppress(OSError):  # next time, then
            trim(self.store, settings.cache_bytes())

    def _report(self, held: Claim) -> Report:
        # Tasks speak no more often; and all runs in flight together write a hundred times a second, not each as often.
        return Report(self.store, held, every_seconds=max(SAY_SECONDS, len(self._flying) / 100))

    def _source(self, config: ExperimentConfig, seed: int) -> Source:
        return open_source(config.cohort, seed, self.store.home)  # says who is there; volumes are loaded on the nodes

    def _device(self, name: str) -> torch.device:
        return self.cluster.device(name)

    def _compute(self, held: Claim, job: FitJob, report: Report) -> Played:
        there = self.store.kept_subjects(held.key.experiment, job.task.seed) if keeps_volumes(job.task) else ()
        order, folds = self._order(job, job.task.brief()), ask_folds(job)
        if not folds and job.task.round > 0:
            return self._in_one(order, there, report)
        with ExitStack() as kept:
            needed = [kept.enter_context(self.fits.needed(self._order(each))) for each in (job, *folds)]
            return self._apart(order, there, needed, report)

    def _in_one(self, order: Order, there: Collection[str], report: Report) -> Played:
        """Have a round done as one task, unless its fit is there or on its way: after the start, arms part ways."""
        with self.fits.needed(order, lambda: self.cluster.train_and_play(order, there)) as (training, found):
            if found:
                return self._apart(order, there, [(training, found)], report)
            # Not cancelled here: others may wait for its fit by now; whoever leaves last stops it.
            made = self.fits.wait(training, report) or self.cluster.wait(training.ref, order.key, "measure", report)
            return made[1]

    def _apart(self, order: Order, there: Collection[str], needed: list, report: Report) -> Played:
        """Have a round answered where its fits are, or will be."""
        about = secrets.token_hex(8)
        ref = self.cluster.play(about, order, needed[0][1], there, [training.ref for training, _ in needed])
        try:
            for training, _ in needed:
                self.fits.wait(training, report)
            return self.cluster.wait(ref, about, "measure", report)
        except BaseException:
            self.cluster.cancel(ref)
            raise

    def _order(self, job: FitJob, task: Task | None = None) -> Order:
        """Write an order; one to train, unless it is said with which task, needs no history."""
        task = task or replace(job.task, history=())
        home = self.store.home if self.cluster.local else None
        cohort = job.task.config.cohort
        parcel = self._parcel(cohort.collection) if home is None and isinstance(cohort, FolderCohort) else None
        return Order(job.key, task, job.labelled, job.device, self.cluster.threads, home, parcel)

    def _parcel(self, name: str) -> Parcel:
        """Pack a collection, once for what it is now."""
        with self._packing:
            known = self._parcels.get(name)
            if known is None or known.digest != digest_of(self.store.home / "collections" / name):
                known = self._parcels[name] = self.cluster.parcel(name, *pack(self.store.home, name))
            return known
