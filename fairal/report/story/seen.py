"""From records to what the pictures hold: dots, curves, test subjects, slopes and strips."""

from collections.abc import Mapping, Sequence

import numpy as np

from fairal.facts.record import Record
from fairal.fairness.disparity import ordered_gap
from fairal.fairness.groups import by_group
from fairal.fairness.measures import MEASURES
from fairal.report.evidence import DECIDING
from fairal.report.results import RunResult
from fairal.report.story.cast import Cast
from fairal.report.story.scene import Curve, People, Pool, Rounds, Slope, Slopes, Strip, StripPanel, Strips

POORLY_SERVED_DICE = 0.7
"""Below it a segmentation is of little use: the threshold at which a reader of Dice starts to draw it anew."""
_LOWEST_AXIS = 0.9
"""An axis of Dice starts at 0.9 at the latest, so that a small difference is not drawn as a cliff."""


class Dots:
    """The pool of one seed as dots: every subject that some told arm labels has a place of its own among its group.

    Args:
        cast: Whose arms and seed.
    """

    def __init__(self, cast: Cast) -> None:
        self._runs = {arm: cast.runs(arm)[cast.seed] for arm in cast.told if cast.seed in cast.runs(arm)}
        known = _groups_of_labelled(self._runs.values())
        counts = _at_least(cast.result.config.cohort.pool_counts(), list(known.values()))
        self.groups = tuple(name for name, count in counts.items() for _ in range(count))
        self._place = _places(known, counts)

    def comes_in(self, arm: str, at: int) -> tuple[tuple[int, ...], ...]:
        """Places of the subjects that come in with each round up to one, the start first."""
        sets = [record.labelled for record in self._runs[arm].records[: at + 1]]
        before = [(), *sets[:-1]]
        return tuple(
            tuple(self._place[subject] for subject in now if subject not in set(then))
            for now, then in zip(sets, before, strict=True)
        )


def _groups_of_labelled(runs: Sequence[RunResult]) -> dict[str, str]:
    """Group of every subject that was labelled in some run."""
    known: dict[str, str] = {}
    for run in runs:
        for record in run.records:
            known |= dict(zip(record.labelled_cases.id, record.labelled_cases.group, strict=True))
            known |= {pick.id: pick.group for pick in record.picked or ()}
    return known


def _at_least(counts: Mapping[str, int], labelled: Sequence[str]) -> dict[str, int]:
    """Grow a pool's counts to what was labelled of it: scans whose mask came later are not counted at launch."""
    return {name: max(count, labelled.count(name)) for name, count in counts.items()}


def _places(known: Mapping[str, str], counts: Mapping[str, int]) -> dict[str, int]:
    """Give every known subject one of its group's places, mixed the same way each time."""
    place, first = {}, 0
    for name, count in counts.items():
        own = sorted(subject for subject, group in known.items() if group == name)
        mixed = np.random.default_rng(0).permutation(count)[: len(own)] + first
        place |= dict(zip(own, mixed.tolist(), strict=True))
        first += count
    return place


def pool(cast: Cast, dots: Dots) -> Pool:
    """Show the pool before anything is picked."""
    [start] = dots.comes_in(cast.lead, 0)
    budget = len(cast.runs(cast.lead)[cast.seed].records[cast.at].labelled)
    return Pool(dots.groups, start, budget)


def rounds(cast: Cast, dots: Dots, arm: str, low: float) -> Rounds:
    """Show what an arm picks, and what comes of it."""
    ghost = None if arm == cast.baseline else curve(cast, cast.baseline)
    return Rounds(dots.groups, dots.comes_in(arm, cast.at), curve(cast, arm), ghost, low)


def curve(cast: Cast, arm: str) -> Curve:
    """Average an arm's Dice by group over the seeds that it shares with the baseline, round by round."""
    runs = list(cast.runs(arm).values())
    labelled = tuple(judged.labelled for judged in runs[0].rounds[: cast.at + 1])
    each = [[judged.dice_by_group for judged in run.rounds[: cast.at + 1]] for run in runs]
    means = {
        name: tuple(float(np.mean([own[r][name] for own in each])) for r in range(len(labelled)))
        for name in cast.result.groups
    }
    return Curve(arm, labelled, means)


def lowest(cast: Cast, arms: Sequence[str]) -> float:
    """Where an axis of Dice starts that holds all curves of some arms: a tenth."""
    curves = [value for arm in arms for own in curve(cast, arm).by_group.values() for value in own]
    return _tenth_below(min(curves))


def people(cast: Cast, arm: str) -> People:
    """Line up all test subjects of an arm, and where the same ones stood under the baseline."""
    seeds = sorted(cast.runs(arm))
    each = {who: _dice(cast, cast.runs(who), seeds) for who in dict.fromkeys([cast.baseline, cast.lead, arm])}
    low = _tenth_below(min(min(own) for by in each.values() for own in by.values() if own))
    before = None if arm == cast.baseline else each[cast.baseline]
    return People(arm, POORLY_SERVED_DICE, each[arm], before, min(low, POORLY_SERVED_DICE - 0.1))


def _dice(cast: Cast, runs: Mapping[int, RunResult], seeds: Sequence[int]) -> dict[str, tuple[float, ...]]:
    """Dice of every test subject by group, seed after seed."""
    tests = [runs[seed].records[cast.at].test for seed in seeds if seed in runs]
    each = [by_group(test.dice, test.group, cast.result.groups) for test in tests]
    return {name: tuple(d or 0.0 for own in each for d in own[name]) for name in cast.result.groups}


def slopes(cast: Cast, arm: str) -> Slopes:
    """Show what changes by group from the baseline to an arm, in each deciding measure."""
    panels = []
    for measure in DECIDING:
        against = cast.rows[measure][arm].against
        panels.append(Slope(measure, against.base.by_group, against.own.by_group))
    return Slopes((cast.baseline, arm), tuple(panels))


def strips(cast: Cast, arms: Sequence[str]) -> Strips:
    """Show the gaps of some arms beside the baseline's, seed by seed, in each deciding measure."""
    panels = []
    for measure in DECIDING:
        paid = cast.rows[measure][arms[0]].against.paid
        order, each = [cast.result.groups.index(group) for group in (paid.best, paid.worst)], []
        for arm in (cast.baseline, *arms):
            seeds, reached = sorted(cast.runs(arm)), cast.reached(arm, measure)
            gaps = ordered_gap(reached.means(seeds), *order, MEASURES[measure])
            each.append(Strip(arm, tuple(gaps.tolist()), reached.mean("gap", seeds)))
        panels.append(StripPanel(measure, paid.best, paid.worst, cast.noise(measure), tuple(each)))
    return Strips(tuple(panels))


def picked_share(cast: Cast, arm: str, of: str) -> float | None:
    """Share of a group in all picks of an arm, over its seeds; None where nothing was picked."""
    records: list[Record] = [r for run in cast.runs(arm).values() for r in run.records[: cast.at]]
    picked = [pick.group for record in records for pick in record.picked or ()]
    return picked.count(of) / len(picked) if picked else None


def _tenth_below(value: float) -> float:
    return min(_LOWEST_AXIS, float(np.floor(value * 10) / 10))
