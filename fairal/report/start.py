"""Who is served worse at the end than at the start, for all the scans that were labelled in between."""

from dataclasses import dataclass

from fairal.fairness.measures import MEASURES
from fairal.fairness.statistics import paired_difference
from fairal.report.arms import arm_label
from fairal.report.comparison import Reached
from fairal.report.results import ExperimentResult, comparable_round


@dataclass(frozen=True)
class Fallen:
    """A group that an arm serves worse than its own start did, mean over seeds.

    Attributes:
        arm, group: Whom it is about.
        change: Of the group's mean, above 0: in the measure's unit, how much worse.
        interval: 95 % of the change, paired by seed; None below two seeds or without spread.
        n: Seeds.
    """

    arm: str
    group: str
    change: float
    interval: tuple[float, float] | None
    n: int

    @property
    def decided(self) -> bool:
        """Whether the interval excludes 0."""
        return self.interval is not None and self.interval[0] > 0


def below_start(result: ExperimentResult, measure: str = "surface_dice") -> list[Fallen]:
    """Find the groups that end below their start, at the last round that all runs have reached.

    Args:
        result: From `read_experiment`.
        measure: Of the table of measures.
    """
    end, fallen, sign = comparable_round(result), [], MEASURES[measure].sign
    if not end:
        return []
    for arm in result.config.strategies:
        first, last = (Reached.by(result, arm, measure, at) for at in (0, end))
        seeds = sorted(set(first.runs) & set(last.runs))
        if not seeds:
            continue
        for group, own, before in zip(result.groups, last.means(seeds).T, first.means(seeds).T, strict=True):
            worse = paired_difference(sign * before, sign * own)
            if worse.mean > 0:
                fallen.append(Fallen(arm, group, worse.mean, worse.interval, worse.n))
    return fallen


def below_start_sentence(result: ExperimentResult, measure: str = "surface_dice") -> str:
    """Say which groups end below their start beyond the scatter of the seeds; nothing where none does."""
    of = MEASURES[measure]
    said = [
        f"the {one.group} group under {arm_label(one.arm).lower()} by {of.say(one.change)} "
        f"({of.say(one.interval[0])} to {of.say(one.interval[1])}, n = {one.n})"
        for one in below_start(result, measure)
        if one.decided
    ]
    start = sum(result.config.query.start.values())
    return f"Worse in {of.label} than at the start of {start} labelled scans: {', '.join(said)}." if said else ""
