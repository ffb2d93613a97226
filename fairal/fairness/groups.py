"""From cases to groups: mean, spread, count, failures and a bootstrap interval."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from fairal.facts.record import Cases
from fairal.fairness.measures import Measure


@dataclass(frozen=True)
class GroupSummary:
    """One measure over one group's cases.

    Attributes:
        mean, sd: Over the cases that have a value; None where none has. The SD of one case is None.
        n: Cases that have a value.
        failures: Cases that have none (the model found nothing, so a distance does not exist).
        interval: 95 % interval of the mean: bootstrapped over the cases of one model, or over seeds by
            `summarise_over_seeds`; None below two of what it is over.
    """

    mean: float | None
    sd: float | None
    n: int
    failures: int
    interval: tuple[float, float] | None


def summarise(values: Sequence[float | None], draws: int = 2000) -> GroupSummary:
    """Summarise one measure over the cases of one group, measured with one model."""
    known = np.array([v for v in values if v is not None], dtype=float)
    n, failures = len(known), len(values) - len(known)
    if n == 0:
        return GroupSummary(None, None, 0, failures, None)
    if n == 1:
        return GroupSummary(float(known[0]), None, 1, failures, None)
    means = known[np.random.default_rng(0).integers(0, n, (draws, n))].mean(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return GroupSummary(float(known.mean()), float(known.std(ddof=1)), n, failures, (float(low), float(high)))


def summarise_over_seeds(by_seed: Sequence[Sequence[float | None]], level: float = 0.95) -> GroupSummary:
    """Summarise one measure over one group's cases under several seeds.

    Cases of one seed share a training, and often a cohort: pooled as if independent, they make the interval far too
    narrow. Here a seed is one observation: the mean is that of the seeds' means, the interval theirs by the t
    distribution, None below two seeds with a value. SD, n and failures are of all cases.

    Args:
        by_seed: One sequence of cases for each seed, all at the same round.
    """
    cases = [value for own in by_seed for value in own]
    known = np.array([value for value in cases if value is not None], dtype=float)
    of_seeds = [np.mean([v for v in own if v is not None]) for own in by_seed if any(v is not None for v in own)]
    failures, seeds = len(cases) - len(known), len(of_seeds)
    if seeds == 0:
        return GroupSummary(None, None, 0, failures, None)
    mean, sd = float(np.mean(of_seeds)), float(known.std(ddof=1)) if len(known) > 1 else None
    if seeds == 1:
        return GroupSummary(mean, sd, len(known), failures, None)
    half = float(stdtrit(seeds - 1, (1 + level) / 2) * np.std(of_seeds, ddof=1) / np.sqrt(seeds))
    return GroupSummary(mean, sd, len(known), failures, (mean - half, mean + half))


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
