"""People, not means: test subjects that are poorly served, matched twins side by side, volumes in words."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairal.facts.record import Record
from fairal.fairness.groups import by_group
from fairal.fairness.measures import MEASURES, Measure
from fairal.report.arms import arm_colour, arm_label
from fairal.report.colours import group_colours
from fairal.report.figure import Subject

THRESHOLDS = {"dice": 0.7, "surface_dice": 0.7, "assd_mm": 1.0, "hd95_mm": 4.0, "volume_error": 0.25}
"""Beyond it a test subject counts as poorly served, unless a person sets another. In each measure's unit."""
Kept = Collection[tuple[str, int, str]]
"""Arm, seed and case of the volumes that can be looked at."""


@dataclass(frozen=True)
class Person:
    """One test subject: itself, or all of its twins, one in each group.

    Attributes:
        seed: Of the run.
        number: Counted from 1 within a group, in the order of the record.
        ids: Of its cases, by group; None in the groups that it is not in.
        values: How each was served, as `Measure.served`; None where the model found nothing, and where there is none.
        truth_mm3, seen_mm3: Volumes of truth and prediction, likewise.
    """

    seed: int
    number: int
    ids: tuple[str | None, ...]
    values: tuple[float | None, ...]
    truth_mm3: tuple[float | None, ...]
    seen_mm3: tuple[float | None, ...]


def is_poor(of: Measure, values: Sequence[float | None], threshold: float) -> np.ndarray:
    """Tell which served values lie beyond a threshold, (N,); what has no value was not found at all: poor."""
    known = np.array(values, dtype=float)
    return ~(known >= threshold) if of.sign > 0 else ~(known <= threshold)


def people(subject: Subject, arm: str, measure: str) -> list[Person]:
    """List the test subjects of an arm at the last round that all arms have reached, seed by seed.

    Returns:
        Of a matched test set one for each pair of twins; else one for each case.
    """
    at, found = subject.at, []
    for seed, run in sorted(subject.result.of(arm).items()):
        if at is not None and len(run.records) > at:
            found += _of_record(subject, run.records[at], seed, MEASURES[measure])
    return found


def _of_record(subject: Subject, record: Record, seed: int, of: Measure) -> Iterator[Person]:
    test, groups = record.test, subject.result.groups
    served = of.served(np.array(test.of(of.id), dtype=float))
    columns = (test.id, [None if np.isnan(v) else float(v) for v in served], test.volume_mm3, test.predicted_mm3)
    each = [by_group(column, test.group, groups) for column in columns]
    if subject.result.matched:
        for i in range(len(each[0][groups[0]])):
            yield Person(seed, i + 1, *(tuple(of_group[group][i] for group in groups) for of_group in each))
        return
    for place, group in enumerate(groups):
        for i in range(len(each[0][group])):
            alone = (tuple(own[group][i] if place == j else None for j in range(len(groups))) for own in each)
            yield Person(seed, i + 1, *alone)


def poorly_served(subject: Subject, measure: str, threshold: float) -> pd.DataFrame:
    """Count the test subjects beyond a threshold.

    Returns:
        A row per arm and group: ``label``, ``group``, ``poor``, ``cases``, both over all seeds, and ``seeds``.
    """
    rows = []
    for arm in subject.view.arms:
        there = people(subject, arm, measure)
        for place, group in enumerate(subject.result.groups):
            own = [person.values[place] for person in there if person.ids[place] is not None]
            poor = int(is_poor(MEASURES[measure], own, threshold).sum())
            about = {"label": arm_label(arm), "group": group, "poor": poor, "cases": len(own)}
            rows += [about | {"seeds": len({person.seed for person in there})}] if own else []
    return pd.DataFrame(rows)


def say_volumes(subject: Subject, arm: str) -> list[str]:
    """Say for each group how much an arm's models see, and how much there is, on average, in whole tens of mm³."""
    there, said = people(subject, arm, "volume_error"), []
    for place, group in enumerate(subject.result.groups):
        own = [person for person in there if person.ids[place] is not None]
        if own:
            seen, truth = (float(np.mean([getattr(p, of)[place] for p in own])) for of in ("seen_mm3", "truth_mm3"))
            said.append(f"{group}: {volume_words(seen, truth)}")
    return said


def volume_words(seen_mm3: float, truth_mm3: float) -> str:
    """Say a volume error without a percent sign."""
    return f"sees {round(seen_mm3, -1):,.0f} mm³ where {round(truth_mm3, -1):,.0f} are"


def people_json(subject: Subject, measure: str, threshold: float, kept: Kept = ()) -> dict:
    """Give everything that the people's picture in the browser draws.

    Args:
        subject: What is looked at.
        measure: Of the table of measures.
        threshold: Where the line stands.
        kept: Cases that can be opened.
    """
    of, groups = MEASURES[measure], subject.result.groups
    arms = [(arm, people(subject, arm, measure)) for arm in subject.view.arms]
    known = [v for _, there in arms for person in there for v in person.values if v is not None] or [0.0, 1.0]
    return {
        "measure": {"id": of.id, "label": of.label, "unit": of.unit, "sign": of.sign, "percent": "%" in of.format},
        "threshold": threshold,
        "domain": _domain(of, known, threshold),
        "groups": [{"name": name, "colour": colour} for name, colour in group_colours(groups).items()],
        "arms": [
            {
                "id": arm, "label": arm_label(arm), "colour": arm_colour(arm),
                "people": [vars(p) | {"kept": [(arm, p.seed, case) in kept for case in p.ids]} for p in there],
            }
            for arm, there in arms
            if there
        ],
    }  # fmt: skip


def _domain(of: Measure, known: Sequence[float], threshold: float) -> list[float]:
    """Ends that hold the threshold and everybody, in whole tenths for a share; of other measures nearly everybody."""
    if of.bounded:
        return [max(0.0, np.floor(10 * min(float(min(known)), threshold - 0.1) + 1e-9) / 10), 1.0]
    return [0.0, max(float(np.quantile(known, 0.99)), threshold) * 1.1]
