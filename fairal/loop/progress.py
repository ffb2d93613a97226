"""Who hears what a run does."""

from typing import Protocol


class Progress(Protocol):
    """Hears what a run does: a part (``cohort``, ``fit``, ``measure``, ``pick``), done and total. May raise to stop."""

    def __call__(self, part: str, done: int, total: int) -> None: ...


def silence(part: str, done: int, total: int) -> None:
    """Hear nothing."""
