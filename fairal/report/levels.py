"""The typed parts of a comparison: where an arm stands, what changed against a baseline, what led there."""

from dataclasses import dataclass

from fairal.fairness.disparity import WhoPaid
from fairal.fairness.statistics import PairedDifference


@dataclass(frozen=True)
class Level:
    """Where an arm stands in one measure at one budget: means over seeds.

    Attributes:
        measure: Its id in the table of measures.
        seeds: Those that the means are over.
        overall: Over all test cases.
        by_group, worst_group: Of each group; of each seed's worst one.
        signed_gap: None unless there are two groups.
        equity_scaled: None unless the measure is a share such as Dice.
        gap_by_noise: The gap that noise alone would show at a true gap of 0; None if unknown.
        failures: Test cases without a value, by group, over all these seeds.
    """

    measure: str
    seeds: tuple[int, ...]
    overall: float
    by_group: dict[str, float]
    worst_group: float
    gap: float
    signed_gap: float | None
    equity_scaled: float | None
    gap_by_noise: float | None
    failures: dict[str, int]


@dataclass(frozen=True)
class Reduction:
    """Disparity reduction 1 − gap / gap of the baseline.

    Attributes:
        value: A ratio of means over the shared seeds, of gaps that are never negative.
        signed: The same of the gaps of `fairal.fairness.disparity.gaps_by_seed`: 1 is no gap left, above 1 the order of
            two groups has turned. What the interval is of. None where the baseline's is 0.
        interval: 95 %; None where it is unbounded or there is no spread to judge by.
        over: What the interval is over: ``seeds`` (Fieller), or ``test subjects`` of a single seed (bootstrap), which
            says nothing about training or cohort and belongs into tables alone.
    """

    value: float
    signed: float | None
    interval: tuple[float, float] | None
    over: str

    @property
    def of_seeds(self) -> tuple[float, float] | None:
        """The interval where it is over seeds: what a card or a sentence may say."""
        return self.interval if self.over == "seeds" else None


@dataclass(frozen=True)
class Against:
    """An arm against the baseline over the seeds that both have finished, and no others.

    Attributes:
        baseline: The arm that it is compared with.
        own, base: Levels over these seeds.
        reduction: None where the baseline has no gap to reduce.
        difference: Of these gaps, minus the baseline's, paired by seed; that of two groups follows them past 0.
        p_holm: Its p, adjusted for the number of arms compared.
        paid: Who paid for the change.
    """

    baseline: str
    own: Level
    base: Level
    reduction: Reduction | None
    difference: PairedDifference
    p_holm: float | None
    paid: WhoPaid

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds that both have."""
        return self.own.seeds


@dataclass(frozen=True)
class OverBudget:
    """What led to a level.

    Attributes:
        picked_share: Of each group in all picks so far; empty where nothing was picked.
        area: Under the budget curve (budget scaled to [0, 1]) of mean, worst group, equity-scaled mean and gap, as far
            as they exist; empty below two budgets.
    """

    picked_share: dict[str, float]
    area: dict[str, float]


@dataclass(frozen=True)
class ArmSummary:
    """One arm or reference at one budget, in one measure.

    Attributes:
        strategy: The arm as configurations write it.
        role: ``strategy`` or ``reference``.
        labelled: Scans labelled at this budget.
        against: None for the baseline itself, and where no seed is shared with it.
    """

    strategy: str
    role: str
    labelled: int
    level: Level
    against: Against | None
    over: OverBudget
