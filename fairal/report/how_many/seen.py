"""What was measured: counts and errors of every fit of one training, as arrays."""

from dataclasses import dataclass, replace

import numpy as np

from fairal.config import Arm
from fairal.fairness.judgement import judge_measure
from fairal.fairness.measures import Measure
from fairal.report.results import ExperimentResult


@dataclass(frozen=True)
class Seen:
    """What was measured of every fit of one training: P fits, G groups.

    Attributes:
        groups: Names (G,).
        measure: Whose error it is: the distance of a group's mean from the ideal value.
        arm, seed, round: Of each fit (P,).
        counts: Labelled scans (P, G).
        errors: (P, G); nan where a group has no case with a value.
        cases, failures: Test cases with and without a value (P, G).
    """

    groups: tuple[str, ...]
    measure: Measure
    arm: np.ndarray
    seed: np.ndarray
    round: np.ndarray
    counts: np.ndarray
    errors: np.ndarray
    cases: np.ndarray
    failures: np.ndarray

    def __len__(self) -> int:
        return len(self.seed)

    def where(self, chosen: np.ndarray) -> "Seen":
        """Keep some of the fits: a mask or indices."""
        columns = ("arm", "seed", "round", "counts", "errors", "cases", "failures")
        return replace(self, **{name: getattr(self, name)[chosen] for name in columns})

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(int(seed) for seed in np.unique(self.seed))


def seen_of(result: ExperimentResult, measure: Measure, training: str) -> Seen:
    """Collect what all arms of one training saw, in every round and seed that is there.

    References are left out: a single fit far beyond the budget would stretch the range over counts nobody saw. The
    start, which arms of a seed share, is in it once for each of them; `distinct` counts it once.
    """
    groups, rows = result.groups, []
    for run in result.runs:
        if run.role != "strategy" or Arm.parse(run.strategy).training != training:
            continue
        for record in run.records:
            judged = judge_measure(record.test, groups, measure)
            errors = [np.nan if (mean := judged.by_group[g]) is None else abs(measure.ideal - mean) for g in groups]
            counts = [record.labelled_by_group.get(g, 0) for g in groups]
            sizes, failures = ([of[g] for g in groups] for of in (judged.sizes, judged.failures))
            rows.append((run.strategy, run.seed, record.round, counts, errors, sizes, failures))
    arm, seed, round_, *tables = zip(*rows, strict=True) if rows else ((),) * 7
    counts, errors, sizes, failures = (np.array(t, float).reshape(len(rows), len(groups)) for t in tables)
    return Seen(
        groups, measure, np.array(arm, str), np.array(seed, int), np.array(round_, int), counts, errors, sizes, failures
    )


def distinct(seen: Seen) -> Seen:
    """Keep the shared start of a seed once: it is one fit, however many arms go on from it."""
    start = {}
    for i in np.flatnonzero(seen.round == 0):
        start.setdefault(int(seen.seed[i]), i)
    return seen.where(np.sort(np.r_[np.flatnonzero(seen.round > 0), list(start.values())]).astype(int))
