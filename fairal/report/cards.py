"""Which one? One card per arm: its verdict, how far apart the groups are, who paid, and what was labelled for it."""

from dataclasses import dataclass

import numpy as np

from fairal.report.evidence import verdicts
from fairal.report.figure import Subject
from fairal.report.levels import Against
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


@dataclass(frozen=True)
class Fact:
    """One number of a card, and what it was under the baseline; both as text, the latter empty if it has none."""

    name: str
    value: str
    before: str = ""


@dataclass(frozen=True)
class Card:
    """What a person chooses an arm by."""

    arm: str
    verdict: Verdict
    seeds: int
    facts: tuple[Fact, ...]


def arm_cards(subject: Subject) -> list[Card]:
    """Make a card of every arm that is looked at and compared with the baseline, in the order of the experiment."""
    said, cards = verdicts(subject.result, subject.view.baseline), []
    by_arm = {
        measure: {row.strategy: row for row in subject.shown(measure) if row.against} for measure in subject.summaries
    }
    first = by_arm[subject.view.measures[0]]
    for arm, row in first.items():
        if arm in said and row.role == "strategy":
            compared = [rows[arm].against for rows in by_arm.values() if arm in rows]
            facts = [*map(_gap, compared), *_served(compared[0]), _labelled(subject, arm, row.against.seeds)]
            cards.append(Card(arm, said[arm], len(row.against.seeds), tuple(facts)))
    return cards


def _gap(against: Against) -> Fact:
    """The signed gap, which shows an overshoot; of more than two groups the gap."""
    own, base = against.own, against.base
    over = "gap" if own.signed_gap is None else "signed_gap"
    form = ("+" if own.signed_gap is not None else "") + Quantity(own.measure, over).of_measure.format
    name = f"Gap, {Quantity(own.measure, over).of_measure.label}"
    value, before = (format(getattr(level, over), form).replace("-", "−") for level in (own, base))
    return Fact(name, value, before)


def _served(against: Against) -> list[Fact]:
    """The worst group's mean, and what the baseline's best group paid."""
    measure, paid = Quantity(against.own.measure, "worst_group").of_measure, against.paid
    name = "lost" if paid.best_loss > 0 else "gained"
    return [
        Fact(
            f"Worst, {measure.label}",
            measure.say(against.own.worst_group),
            measure.say(against.base.worst_group),
        ),
        Fact(f"{paid.best} {name}", measure.say(abs(paid.best_loss))),
    ]


def _labelled(subject: Subject, arm: str, seeds: tuple[int, ...]) -> Fact:
    """Volume that had to be traced: the second price of an arm, a reader's hours."""
    runs, at = subject.result.of(arm), subject.at
    return Fact("Labelled", f"{np.mean([runs[s].rounds[at].labelled_mm3 for s in seeds]) / 1000:.1f} cm³")
