"""From cases to groups: mean, spread, count, failures and a bootstrap interval."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fairal.facts.record import Cases
from fairal.fairness.measures import Measure


@dataclass(frozen=True)
class GroupSummary:
    """One measure over one group's cases.

    Attributes:
        mean, sd: Over the cases that have a value; None where none has. The SD of one case is None.
        n: Cases that have a value.
        failures: Cases that have none (the model found nothing, so a distance does not exist).
        interval: Bootstrap 95 % interval of the mean over cases; None below two cases.
    """

    mean: float | None
    sd: float | None
    n: int
    failures: int
    interval: tuple[float, float] | None


def summarise(values: Sequence[float | None], draws: int = 2000) -> GroupSummary:
    """Summarise one measure over the cases of one group."""
    known = np.array([v for v in values if v is not None], dtype=float)
    n, failures = len(known), len(values) - len(known)
    if n == 0:
        return GroupSummary(None, None, 0, failures, None)
    if n == 1:
        return GroupSummary(float(known[0]), None, 1, failures, None)
    means = known[np.random.default_rng(0).integers(0, n, (draws, n))].mean(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return GroupSummary(float(known.mean()), float(known.std(ddof=1)), n, failures, (float(low), float(high)))


def by_group(values: Sequence[float | None], groups: Sequence[str], names: Sequence[str]) -> dict[str, list]:
    """Sort the values by their cases' groups; every name gets a list, perhaps an empty one."""
    sorted_values: dict[str, list] = {name: [] for name in names}
    for value, group in zip(values, groups, strict=True):
        sorted_values[group].append(value)
    return sorted_values


def group_means(values: Sequence[float | None], groups: Sequence[str], names: Sequence[str]) -> dict[str, float | None]:
    """Average each group's values, leaving out those that do not exist; None for a group without any."""
    means = {}
    for name, own in by_group(values, groups, names).items():
        known = [v for v in own if v is not None]
        means[name] = float(np.mean(known)) if known else None
    return means


def served_by_group(cases: Cases, groups: Sequence[str], measure: Measure) -> list[np.ndarray]:
    """Give each group's cases as the numbers that groups are compared by: one array (n_g,) each, nan for a failure.

    The order is the record's: of a matched test set the arrays are equally long and may be stacked to (n, G).
    """
    own = by_group(cases.of(measure.id), cases.group, groups)
    return [measure.served(np.array(values, dtype=float)) for values in own.values()]
