"""What a run's last round would show if its model were equally wrong about everyone, see `fairness.fair_line`."""

from collections.abc import Sequence

import numpy as np

from fairal.cohort.arrays import Cohort
from fairal.facts.record import Cases, FairLine
from fairal.fairness.fair_line import fair_line
from fairal.seeds import stream

SUBJECTS_OF_A_GROUP = 20
"""How many of a group's test subjects the line is drawn from, the first ones: pairs share their error, so more of them
change it by less than it is rounded to, and a search over them all would cost as much as measuring the round."""


def at_equal_error(test: Cohort, cases: Cases, groups: Sequence[str], seed: int) -> FairLine | None:
    """Measure the test set's true masks under one boundary error for all, of the ASSD that a model was seen to have.

    Args:
        test: The test set with its masks.
        cases: What was measured on it.
        groups: Of the cohort, in its order.
        seed: Of the run; draws the error.

    Returns:
        Each group's mean by measure; None where a group has no case with an ASSD, or where the masks have no room for
        an error of that size.
    """
    observed_mm = _observed_mm(cases, groups)
    if observed_mm is None:
        return None
    at = _first_of_each(test, groups)
    subjects = [test.subjects[i] for i in at]
    try:
        judged = fair_line(
            test.mask[at],
            [subject.group for subject in subjects],
            test.spacing_mm,
            observed_mm,
            stream(seed, "fair line"),
            [subject.anatomy or subject.id for subject in subjects],
        )
    except ValueError:  # a perfect model, empty masks, or an error as large as the structure: there is no line
        return None
    return {measure: one.by_group for measure, one in judged.items()}


def _observed_mm(cases: Cases, groups: Sequence[str]) -> float | None:
    """The ASSD that was seen, averaged over each group and then over groups; None where a group has none."""
    assd_mm, of = np.array(cases.assd_mm, float), np.array(cases.group)
    known = [assd_mm[(of == group) & np.isfinite(assd_mm)] for group in groups]
    return float(np.mean([own.mean() for own in known])) if all(len(own) for own in known) else None


def _first_of_each(test: Cohort, groups: Sequence[str]) -> list[int]:
    """Positions of the first subjects of each group, in the order of the test set."""
    positions = {group: [i for i, s in enumerate(test.subjects) if s.group == group] for group in groups}
    return sorted(i for own in positions.values() for i in own[:SUBJECTS_OF_A_GROUP])
