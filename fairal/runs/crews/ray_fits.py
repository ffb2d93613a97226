"""Fits on a cluster: each is trained once however many runs need it, and the home's shelf remembers it."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairal.learner.fit import FIT_FILES, load_files, read_fit
from fairal.loop.progress import Progress
from fairal.runs.crews.ray_cluster import Cluster
from fairal.runs.crews.ray_node import Order, files_of
from fairal.runs.shelf import find, place
from fairal.runs.store import Store
from fairal.seals import FOLDER_SEAL

_KEPT_FITS = 256  # references that nobody needs right now: some hundred megabytes in the cluster's object store


@dataclass
class Training:
    """One fit, trained or being trained.

    Attributes:
        ref: Ray's reference to it.
        users: Runs that need it now.
        finished: Whether it is there.
        shelved: Whether it is on the shelf, or somebody is putting it there.
        answered: Whether a round's answer comes with it, volumes and all: then it is not kept once nobody needs it.
    """

    key: str
    ref: Any
    users: int = 0
    finished: bool = False
    shelved: bool = False
    answered: bool = False


class Fits:
    """The table of key to reference, for all runs in flight.

    Args:
        store: Whose shelf has what was trained before.
        cluster: Trains the others.
    """

    def __init__(self, store: Store, cluster: Cluster) -> None:
        self._store, self._cluster = store, cluster
        self._table: OrderedDict[str, Training] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def needed(self, order: Order, send: Callable[[], Any] | None = None) -> Iterator[tuple[Training, bool]]:
        """Give the training of an order, and whether an equal one was there; while the block lasts, it is kept.

        A training that is left before it is there, and that nobody else needs, is stopped.

        Args:
            order: What is needed.
            send: Sends it out where it is not there, with its round's answer, and gives the reference to both; by
                default a training alone.
        """
        # Looked for outside of the lock: a hundred runs may look at the same time.
        shelved = None if order.key in self._table else find(self._store, "fits", order.key, _sound_files)
        with self._lock:
            training, found = self._table.get(order.key), True
            if training is None and shelved is not None:
                training = Training(order.key, self._cluster.put(shelved), finished=True, shelved=True)
            elif training is None:
                ref = send() if send else self._cluster.train(order)
                training, found = Training(order.key, ref, answered=send is not None), False
            self._table[order.key] = training
            self._table.move_to_end(order.key)
            training.users += 1
            idle = not training.finished and 1 < training.users <= self._cluster.slots
        if idle:  # it waits for another run's training: a place that is free meanwhile has something to do
            self._cluster.prepare(order)
        try:
            yield training, found
        finally:
            self._leave(training)

    def _leave(self, training: Training) -> None:
        with self._lock:
            training.users -= 1
            if training.users == 0 and (training.answered or not training.finished):
                self._table.pop(training.key, None)
            if training.users == 0 and not training.finished:
                self._cluster.cancel(training.ref)
            idle = [key for key, other in self._table.items() if other.users == 0]
            for key in idle[: max(0, len(idle) - _KEPT_FITS)]:
                del self._table[key]

    def wait(self, training: Training, hear: Progress) -> Any:
        """Wait until a fit is there, and see to it that it comes onto the shelf. Errors as `Cluster.wait`.

        Returns:
            What its task gave; None where it was there before.
        """
        if training.finished:
            return None
        made = self._cluster.wait(training.ref, training.key, "fit", hear)
        with self._lock:
            first, training.finished, training.shelved = not training.shelved, True, True
        if first:
            place(self._store, "fits", training.key, files_of(made), FIT_FILES)
        return made


def _sound_files(folder: Path) -> dict[str, bytes]:
    files = load_files(folder)
    if not (folder / FOLDER_SEAL).exists():  # of a version before seals: only its reading tells whether it is sound
        read_fit(files)
    return files
