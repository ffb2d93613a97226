"""Whose volumes a round keeps for display: the same few in every round, the picked, and at the end the worst served."""

from collections.abc import Collection, Sequence

from fairal.cohort.arrays import Cohort
from fairal.cohort.source import Source
from fairal.facts.record import Cases, Record
from fairal.facts.subject import Subject
from fairal.facts.volumes import RoundVolumes
from fairal.facts.worst import worst_of_each_group
from fairal.loop.measure import Measured, probabilities
from fairal.loop.model import Model

FIXED_OF_A_GROUP = 3
"""Test subjects of each group that every round and arm keeps, so that they can be compared."""
WORST_OF_A_GROUP = 3
"""Test subjects of each group that the last round keeps besides, with their twins."""


def fixed(source: Source) -> set[str]:
    """The first test subjects of each group: those of a pair are the same anatomies."""
    rows = source.rows("test")
    return {row.id for g in source.groups for row in [r for r in rows if r.group == g][:FIXED_OF_A_GROUP]}


def worst_served(cases: Cases, subjects: Sequence[Subject]) -> list[str]:
    """Find the test subjects of lowest Dice in each group, and the twins of them all.

    Args:
        cases: The measured test set.
        subjects: The same subjects, in any order; twins are those of one anatomy.

    Returns:
        Ids, each once: the worst first, then the twins.
    """
    worst = worst_of_each_group(cases, WORST_OF_A_GROUP)
    pair = {s.id: s.anatomy for s in subjects}
    pairs = {pair[i] for i in worst if pair[i]}
    return list(dict.fromkeys((*worst, *(i for i in cases.id if pair[i] in pairs))))


def for_display(model: Model, pool: Cohort, test: Cohort, measured: Measured, record: Record) -> RoundVolumes:
    """Collect what a round keeps; the last one, which picks nobody, keeps the worst served as well."""
    shown = probabilities(model, pool, _positions(pool, record.picked_ids))
    if record.picked is None:
        more = [i for i in worst_served(measured.cases, test.subjects) if i not in measured.probability]
        shown |= probabilities(model, test, _positions(test, more))
    return RoundVolumes({**measured.probability, **shown}, measured.maps)


def _positions(cohort: Cohort, ids: Collection[str]) -> list[int]:
    at = {subject.id: i for i, subject in enumerate(cohort.subjects)}
    return [at[i] for i in ids]
