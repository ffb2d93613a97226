"""A Ray cluster, joined as its driver: tasks go out, values come back, and whatever fails says so in our words.

Ray's own retries are set on purpose. Every task is a pure function of its order, so it may be done twice:

- `max_retries`: a task whose process or node dies is done again elsewhere, three times in all, as a run on one machine
  is taken up three times. A fit whose node died after it was trained is trained again by the same rule (Ray's lineage),
  unless the foreman has fetched it for the home's shelf by then.
- `retry_exceptions` is off: what a task raises (a loss that is not finite, a damaged collection) it would raise again.
- `RAY_task_oom_retries`: a task that Ray stops because the node's memory runs out is tried once more, not for ever.
"""

import concurrent.futures
import pickle
import secrets
import time
from collections.abc import Callable, Collection
from typing import Any

import torch

from fairal import settings
from fairal.errors import InputError, RunError
from fairal.loop.progress import Progress
from fairal.runs.crews import ray_node
from fairal.runs.crews.ray_board import start_board, teller
from fairal.runs.crews.ray_join import answers, gone, host_port, join
from fairal.runs.crews.ray_node import Order
from fairal.runs.crews.ray_parcel import Parcel

TRIES = 3
MOST_WARMED = 256
POLL_SECONDS = 0.25
_PATIENCE_SECONDS = 60.0  # with the head of a cluster that was joined: it may be busy, and its runs are under way


class Cluster:
    """See the module.

    Args:
        engine: ``ray`` starts a cluster of this machine, which ends with this process; ``ray://HOST:PORT`` joins one.
        train, play, train_and_play, prepare: What the nodes do; benchmarks have them do nothing.

    Attributes:
        local: Whether the nodes share this machine's disk for sure.
        threads: Of torch, per task.
        poll_seconds: How often a waiting thread looks whether it shall stop.

    Raises:
        InputError: RAY_AUTH_MODE is not token.
        RunError: There is no cluster at that address, or it has another token.
    """

    def __init__(
        self,
        engine: str,
        train: Callable = ray_node.train,
        play: Callable = ray_node.play,
        train_and_play: Callable = ray_node.train_and_play,
        prepare: Callable = ray_node.prepare,
    ) -> None:
        self.local = engine == "ray"
        self.threads = settings.threads() or 1
        self._ray = join(None if self.local else engine.removeprefix("ray://"), self.threads)
        self._head = host_port(self._ray.get_runtime_context().gcs_address)
        self._board_name = f"fairal-{secrets.token_hex(8)}"
        self._board = start_board(self._ray, self._board_name)
        self._said: dict[str, tuple[str, int, int]] = {}
        functions = (train, play, train_and_play, prepare)
        self._train, self._play, self._both, self._prepare = map(self._task, functions)
        self._refresh_at, self.poll_seconds = 0.0, POLL_SECONDS
        self.refresh()

    def _task(self, function: Callable) -> Any:
        name = function.__name__

        def computed(board: str, about: str, order: bytes | Order | None = None, *rest):
            order = pickle.loads(order) if isinstance(order, bytes) else order
            return function(*(() if order is None else (order,)), *rest, hear=teller(board, about))

        computed.__name__ = computed.__qualname__ = name
        asked = {"max_retries": TRIES - 1, "retry_exceptions": False, "num_cpus": self.threads}
        return self._ray.remote(**asked)(computed)

    # ------------------------------------------------------------------ what there is

    def refresh(self) -> None:
        """Look, once a second, who is there and what the tasks say.

        Raises:
            RunError: The cluster is gone.
            InputError: It has nodes with CPUs, and none has as many as a task takes.
        """
        if time.monotonic() < self._refresh_at:
            return
        self._refresh_at = time.monotonic() + 1.0
        if not answers(*self._head, _PATIENCE_SECONDS):
            raise RunError(gone(":".join(map(str, self._head))))
        self._nodes = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
        most = int(max((node.get("CPU", 0) for node in self._nodes), default=0))
        if 0 < most < self.threads:  # with none at all, nodes may still come
            raise InputError(
                f"A task takes {self.threads} CPUs of one node (FAIRAL_THREADS), and no node of the cluster has more "
                f"than {most}; set FAIRAL_THREADS to {most} at most, or add a larger node."
            )
        said = self._board.read.remote().future()
        concurrent.futures.wait([said], timeout=5.0)
        news = said.result() if said.done() and not said.exception() else {}
        # A task speaks less often than we look: what it said last holds as long as somebody waits for it.
        for about, word in news.items():
            if about in self._said:
                self._said[about] = word

    @property
    def slots(self) -> int:
        """Count the tasks that fit the cluster at the same time: each lies on one node."""
        return max(1, self._gpu_places or sum(int(node.get("CPU", 0)) // self.threads for node in self._nodes))

    @property
    def _gpu_places(self) -> int:
        share, threads = settings.gpu_share(), self.threads
        return sum(min(int(node.get("GPU", 0) / share), int(node.get("CPU", 0)) // threads) for node in self._nodes)

    def device(self, name: str) -> torch.device:
        """Resolve a device's name by what the nodes have, not by what the head has.

        Raises:
            InputError: No node has such a device, or none that has it has the CPUs of a task.
        """
        has_gpu = any(node.get("GPU", 0) > 0 for node in self._nodes)
        if has_gpu and not self._gpu_places and name.startswith(("auto", "cuda")):
            raise InputError(f"No node with a GPU has the {self.threads} CPUs of a task; set FAIRAL_THREADS lower.")
        if name == "auto":
            return torch.device("cuda" if has_gpu else "cpu")
        device = torch.device(name)
        if device.type == "mps" or (device.type == "cuda" and not has_gpu):
            raise InputError(f"device '{name}' is on no node of the cluster; auto or cpu would work.")
        # Ray shows each task the GPU that it was given, as the first.
        return torch.device(device.type)

    # ------------------------------------------------------------------ tasks

    def train(self, order: Order) -> Any:
        """Send out a training; gives a reference to its fit."""
        return self._send(self._train, order, order.key, _packed(order))

    def train_and_play(self, order: Order, kept: Collection[str]) -> Any:
        """Send out a round as one task; gives a reference to its fit with its answer: one thing to bring home."""
        return self._send(self._both, order, order.key, _packed(order), sorted(kept))

    def warm_up(self) -> None:
        """Have a process start, and load what rounds need, at every place; nobody waits for that."""
        for _ in range(min(self.slots, MOST_WARMED)):
            self._prepare.options(scheduling_strategy="SPREAD").remote(self._board_name, "")

    def prepare(self, order: Order) -> None:
        """Have a free place, if there is one, make ready for an order that waits; nobody waits for that."""
        self._send(self._prepare, order, "", _packed(order))

    def play(self, about: str, order: Order, cached: bool, kept: Collection[str], fits: list) -> Any:
        """Send out an answer; `fits` are references, resolved where it is computed: it waits there until they are."""
        return self._send(self._play, order, about, _packed(order), cached, sorted(kept), *fits)

    def _send(self, task: Any, order: Order, about: str, *arguments: Any) -> Any:
        if order.device.type == "cuda":
            task = task.options(num_gpus=settings.gpu_share())
        return task.remote(self._board_name, about, *arguments)

    def put(self, value: Any) -> Any:
        """Give a reference to a value of the foreman's."""
        return self._ray.put(value)

    def parcel(self, name: str, digest: str, packed: bytes) -> Parcel:
        """Make a collection ready to be fetched."""
        return Parcel(name, digest, _Fetch(self._ray.put(packed)))

    def close(self) -> None:
        """Leave the cluster; one of this machine ends."""
        self._ray.shutdown()

    def cancel(self, ref: Any) -> None:
        """Stop a task: one that runs is interrupted at its next step, one that waits never starts."""
        self._ray.cancel(ref)

    def wait(self, ref: Any, about: str, part: str, hear: Progress) -> Any:
        """Wait for a value, and tell meanwhile how far it is.

        Args:
            ref: Whose value.
            about: The name under which its task speaks.
            part: What it is doing as long as it has said nothing.
            hear: Hears it, may raise to stop.

        Raises:
            RunError: Every try ended with the process or node that made it.
            Exception: Whatever the task raised.
        """
        future = ref.future()
        self._said.setdefault(about, (part, 0, 1))
        try:
            while not concurrent.futures.wait([future], timeout=self.poll_seconds).done:
                hear(*self._said.get(about, (part, 0, 1)))
        finally:
            self._said.pop(about, None)  # whoever waits for the same fit hears its next word
        error = future.exception()
        if error is None:
            return future.result()
        raise self._in_our_words(error) from error

    def _in_our_words(self, error: Exception) -> Exception:
        errors = self._ray.exceptions
        if isinstance(error, errors.RayTaskError):
            return error.cause
        if isinstance(error, errors.OutOfMemoryError):
            return MemoryError()
        if isinstance(error, errors.RayError):
            said = f"{type(error).__name__}: {str(error).splitlines()[0]}"
            return RunError(f"The cluster gave up on this after {TRIES} tries at most ({said}).")
        return error


class _Fetch:
    """Gets a value where it is called. Inside an object, Ray leaves a reference alone until then."""

    def __init__(self, ref: Any) -> None:
        self._ref = ref

    def __call__(self) -> Any:
        import ray

        return ray.get(self._ref)


def _packed(order: Order) -> bytes | Order:
    """Pickle an order the short way; Ray itself must see the reference to a collection, to keep it."""
    return pickle.dumps(order) if order.parcel is None else order
