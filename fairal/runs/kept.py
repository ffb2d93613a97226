"""A source whose splits are kept on the home's shelf, and in this process's memory: drawn or read once."""

import time
from collections import OrderedDict
from collections.abc import Sequence

from fairal.cohort.arrays import Cohort, load_cohort, save_cohort
from fairal.cohort.source import Hear, Source
from fairal.runs.shelf import Busy, obtain
from fairal.runs.store import Store

SPLITS = ("pool", "test")
POLL_SECONDS = 0.1
_KEPT_SPLITS = 4


class Memory:
    """The splits that a worker used last."""

    def __init__(self) -> None:
        self._splits: OrderedDict[str, Cohort] = OrderedDict()

    def get(self, key: str) -> Cohort | None:
        """Give a split; the last used stays longest."""
        if key in self._splits:
            self._splits.move_to_end(key)
        return self._splits.get(key)

    def keep(self, key: str, cohort: Cohort) -> None:
        """Keep a split, and drop what was not used for longest."""
        self._splits[key] = cohort
        while len(self._splits) > _KEPT_SPLITS:
            self._splits.popitem(last=False)


class KeptSource:
    """See `Source`. What another worker is drawing is waited for, it takes seconds; meanwhile the other split is drawn.

    Args:
        source: Where subjects really come from.
        store: Whose shelf keeps them.
        memory: Of this process.
    """

    def __init__(self, source: Source, store: Store, memory: Memory) -> None:
        self._source, self._store, self._memory = source, store, memory

    def __getattr__(self, name: str):
        return getattr(self._source, name)

    def load(self, split: str, only: Sequence[int] | None = None, hear: Hear = lambda done, total: None) -> Cohort:
        """See `Source.load`. A few subjects alone are drawn, unless the whole split is in memory."""
        if only is not None:
            kept = self._memory.get(self._source.key(split))
            return self._source.load(split, only, hear) if kept is None else kept.part(only)
        while True:
            for wanted in sorted(SPLITS, key=split.__ne__):  # the wanted one first
                try:
                    found = self._obtain(wanted, hear)
                    if wanted == split:
                        return found
                except Busy:
                    continue
            hear(0, 1)
            time.sleep(POLL_SECONDS)

    def _obtain(self, split: str, hear: Hear) -> Cohort:
        key = self._source.key(split)
        if (kept := self._memory.get(key)) is not None:
            return kept
        made, _ = obtain(
            self._store, "cohorts", key, load_cohort, lambda: self._source.load(split, None, hear), save_cohort
        )
        self._memory.keep(key, made)
        return made
