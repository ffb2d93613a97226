"""Synthetic brains as a source: drawn anew for each seed, the test set in matched pairs."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from fairal.cohort.arrays import Cohort
from fairal.cohort.synthetic.context import render_context
from fairal.cohort.synthetic.draw import build_cohort, cohort_key, plan
from fairal.config import SyntheticCohort
from fairal.facts.subject import Row, Subject


class SyntheticSource:
    """See `fairal.cohort.source.Source`. Equal for equal settings, so that a process may keep what it drew."""

    matched = True

    def __init__(self, config: SyntheticCohort, seed: int) -> None:
        self.config, self.seed = config, seed
        self.groups, self.shape = config.group_names, config.shape
        self.spacing_mm, self.origin_mm = config.spacing_mm, config.origin_mm

    def rows(self, split: str) -> tuple[Row, ...]:
        return _rows(self.config, self.seed, split)

    def key(self, split: str) -> str:
        return cohort_key(self.config, self.seed, split)

    def load(self, split: str, only: Sequence[int] | None = None, hear=lambda done, total: None) -> Cohort:
        return build_cohort(self.config, self.seed, split, hear, only)

    def context(self, subject: Subject) -> np.ndarray | None:
        return render_context(subject, self.seed)


@lru_cache(maxsize=64)
def _rows(config: SyntheticCohort, seed: int, split: str) -> tuple[Row, ...]:
    return tuple(Row(id_, group, pair) for id_, pair, group in plan(config, seed, split))
