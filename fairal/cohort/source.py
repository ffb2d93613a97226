"""Where subjects come from: what the loop asks of it, whatever stands behind it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from fairal.cohort.arrays import Cohort
from fairal.config import FolderCohort, SyntheticCohort
from fairal.errors import InputError
from fairal.facts.subject import Row, Subject

Hear = Callable[[int, int], None]
"""Called with (done, total) after each subject; may raise to stop."""


class Source(Protocol):
    """The pool and the test set of one cohort setting and seed.

    Attributes:
        groups: Values of the sensitive attribute, in the order of tables and colours.
        matched: Whether test cases may be paired over groups: subject i exists once per group.
        shape, spacing_mm, origin_mm: Of every volume: voxels along X, Y, Z; their edge; position of the first centre.
    """

    groups: tuple[str, ...]
    matched: bool
    shape: tuple[int, int, int]
    spacing_mm: float
    origin_mm: tuple[float, float, float]

    def rows(self, split: str) -> tuple[Row, ...]:
        """List the subjects of ``pool`` or ``test``; reads no volume."""
        ...

    def key(self, split: str) -> str:
        """Give the digest of all that a split's volumes depend on."""
        ...

    def load(self, split: str, only: Sequence[int] | None = None, hear: Hear = lambda done, total: None) -> Cohort:
        """Draw or read a split, or those of its subjects at the positions `only`."""
        ...

    def context(self, subject: Subject) -> np.ndarray | None:
        """Render the whole brain around a subject's field of view, (X, Y, Z) uint8; None where there is none."""
        ...


def open_source(config: SyntheticCohort | FolderCohort, seed: int, home: Path | None = None) -> Source:
    """Give the source that a configuration names.

    Args:
        config: The cohort setting, told apart by its `kind`.
        seed: Draws the cohort, or splits the collection.
        home: Where collections lie.

    Raises:
        InputError: The configuration names a collection, and no home was given.
    """
    if isinstance(config, FolderCohort):
        from fairal.cohort.folder.source import FolderSource

        if home is None:
            raise InputError(f"The collection {config.collection} lies in a home: name it.")
        return FolderSource(config, seed, home)
    from fairal.cohort.synthetic.source import SyntheticSource

    return SyntheticSource(config, seed)


class Remembered:
    """A source that keeps in memory what it has loaded whole; otherwise the one that it is given."""

    def __init__(self, source: Source) -> None:
        self._source, self._kept = source, {}

    def __getattr__(self, name: str):
        return getattr(self._source, name)

    def load(self, split: str, only: Sequence[int] | None = None, hear: Hear = lambda done, total: None) -> Cohort:
        """Load a split once; a part of it is read from what is kept."""
        if only is not None and split not in self._kept:
            return self._source.load(split, only, hear)
        if split not in self._kept:
            self._kept[split] = self._source.load(split, None, hear)
        return self._kept[split] if only is None else self._kept[split].part(only)
