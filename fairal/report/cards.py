"""Which one? One card per arm: its verdict, how far apart the groups are, who paid, and what was labelled for it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fairal.report.figure import Subject
from fairal.report.levels import Against, ArmSummary, Level
from fairal.report.quantity import Quantity
from fairal.report.verdict import Verdict

SHORT = {
    "closes": "closes the gap",
    "levelling_down": "levels down",
    "points": "undecided",
    "no_difference": "no difference",
    "widens": "widens the gap",
    "turned_round": "turns it round",
    "not_learned": "has not learned",
    "one_seed": "one seed",
    "baseline": "baseline",
}
"""A verdict in two words, for a chip; the sentence is the verdict's own."""
_DECIDED = ("closes", "levelling_down", "widens", "turned_round")


@dataclass(frozen=True)
class Fact:
    """One number of a card, as text."""

    name: str
    value: str


@dataclass(frozen=True)
class Card:
    """What a person chooses an arm by."""

    arm: str
    verdict: Verdict
    seeds: int
    facts: tuple[Fact, ...]

    @property
    def alone(self) -> str:
        """What belongs beside the verdict's two words where another measure says something else; else empty."""
        return "in Dice only" if self.verdict.code in _DECIDED and not self.verdict.agree else ""


def arm_cards(subject: Subject) -> list[Card]:
    """Make a card of the baseline, then of every arm that is looked at and compared with it, as they are configured."""
    said, baseline = subject.said, subject.view.baseline
    by_arm = {measure: {row.strategy: row for row in subject.summaries[measure]} for measure in subject.view.measures}
    first = by_arm[subject.view.measures[0]]
    shown = [arm for arm in subject.view.arms if arm in said and arm in first and arm != baseline]
    if not shown or baseline not in first:
        return []
    rows = {arm: [of[arm] for of in by_arm.values() if arm in of] for arm in (baseline, *shown)}
    return [_card(subject, arm, said[arm], own) for arm, own in rows.items()]


def _card(subject: Subject, arm: str, verdict: Verdict, rows: Sequence[ArmSummary]) -> Card:
    """Make a card of an arm's summaries, one per measure of the view, the deciding one first."""
    levels = [row.against.own if row.against else row.level for row in rows]
    paid = [_paid(rows[0].against)] if rows[0].against else []
    facts = [*map(_gap, levels), _worst(levels[0]), *paid, _labelled(subject, arm, levels[0].seeds)]
    return Card(arm, verdict, len(levels[0].seeds), tuple(facts))


def _gap(level: Level) -> Fact:
    """The signed gap, which shows an overshoot; of more than two groups the gap."""
    measure = Quantity(level.measure, "gap").of_measure
    if level.signed_gap is None:
        return Fact(f"Gap, {measure.label}", measure.say(level.gap))
    return Fact(f"Signed gap, {measure.label}", measure.say_signed(level.signed_gap))


def _worst(level: Level) -> Fact:
    measure = Quantity(level.measure, "worst_group").of_measure
    return Fact(f"Worst, {measure.label}", measure.say(level.worst_group))


def _paid(against: Against) -> Fact:
    """What the baseline's best group paid."""
    measure, paid = Quantity(against.own.measure, "worst_group").of_measure, against.paid
    return Fact(f"{paid.best} {'lost' if paid.best_loss > 0 else 'gained'}", measure.say(abs(paid.best_loss)))


def _labelled(subject: Subject, arm: str, seeds: tuple[int, ...]) -> Fact:
    """Volume that had to be traced: the second price of an arm, a reader's hours."""
    runs, at = subject.result.of(arm), subject.at
    return Fact("Labelled", f"{np.mean([runs[s].rounds[at].labelled_mm3 for s in seeds]) / 1000:.1f} cm³")
