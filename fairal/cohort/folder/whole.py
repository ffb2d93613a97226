"""A whole collection as a source: everything is the pool, nothing is held back to test on."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from fairal.cohort.arrays import Cohort
from fairal.cohort.folder.collection import Collection
from fairal.config import digest
from fairal.facts.subject import Row, Subject


class WholeCollection:
    """See `fairal.cohort.source.Source`. Its test split is empty.

    Args:
        collection: Read as it was when it was opened.
    """

    matched = False

    def __init__(self, collection: Collection) -> None:
        self.collection = collection
        self.groups, self.shape = collection.groups, collection.shape
        self.spacing_mm, self.origin_mm = collection.spacing_mm, collection.origin_mm

    def rows(self, split: str) -> tuple[Row, ...]:
        return self._pool if split == "pool" else ()

    def key(self, split: str) -> str:
        return digest({"collection": self.collection.digest, "split": split, "whole": True})

    def load(self, split: str, only: Sequence[int] | None = None, hear=lambda done, total: None) -> Cohort:
        ids = [row.id for row in self.rows(split)]
        wanted = ids if only is None else [ids[i] for i in only]
        hear(0, len(wanted))
        cohort = self.collection.cohort(wanted, split, self.key(split) if only is None else "")
        hear(len(wanted), len(wanted))
        return cohort

    def context(self, subject: Subject) -> np.ndarray | None:
        return None

    @cached_property
    def _pool(self) -> tuple[Row, ...]:
        return self.collection.rows()
