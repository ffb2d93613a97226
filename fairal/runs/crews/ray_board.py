"""How far the tasks of a cluster are: they tell a board beside the foreman, and the foreman reads it."""

import time
from contextlib import suppress
from functools import lru_cache
from typing import Any

from fairal.loop.progress import Progress, silence

SAY_SECONDS = 2.0  # between two words of one task, and before its first: a thousand of them make 500 a second


def teller(board: str, about: str) -> Progress:
    """Give what a task tells its progress to; nobody hears one that is about nothing.

    Args:
        board: The board's name, see `start_board`.
        about: Of whose progress it is.
    """
    if not about:
        return silence
    last = time.monotonic()

    def tell(part: str, done: int, total: int) -> None:
        nonlocal last
        if (now := time.monotonic()) - last >= SAY_SECONDS:
            last = now
            with suppress(ValueError):  # the foreman has gone
                _find_board(board).say.remote(about, part, done, total)

    return tell


@lru_cache(maxsize=1)
def _find_board(name: str) -> Any:
    import ray

    return ray.get_actor(name)


def start_board(ray: Any, name: str) -> Any:
    """Start the actor that hears how far the tasks are; on this node, so that it lives as long as the foreman.

    Tasks are told its name: packing it into every one of them would take the foreman half a millisecond.
    """
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    class Board:
        def __init__(self) -> None:
            self.said = {}

        def say(self, about: str, part: str, done: int, total: int) -> None:
            self.said[about] = (part, done, total)

        def read(self) -> dict:
            said, self.said = self.said, {}
            return said

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    return ray.remote(num_cpus=0, scheduling_strategy=here)(Board).options(name=name).remote()
