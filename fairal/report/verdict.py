"""What may be said of an arm against its baseline. One function decides, and every place says just that.

Precedence, first that holds: has not learned · baseline · one seed · turned round · levelling down · closes · widens ·
points that way · no difference. Levelling down stands on the same evidence as closing and comes before it: the gap did
close, its sentence says so, but mostly because the better served group lost. Turned round comes before both: past zero
there is a gap again, whoever paid for it.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from fairal.fairness.compared import Compared
from fairal.fairness.statistics import paired_difference, reduction, signed_reduction

Code = Literal[
    "closes",
    "points",
    "no_difference",
    "widens",
    "turned_round",
    "levelling_down",
    "not_learned",
    "baseline",
    "one_seed",
]

ENOUGH_SEEDS = 5
"""For a conclusion. The t quantile falls from 4.3 (3 seeds) to 2.8 (5): with fewer an interval tells nearly nothing,
and whether it is a t interval at all rests on a shape that nobody can see in three numbers."""
LEARNED_DICE = 0.5
"""Below it more of the structure is wrong than right, and a gap between models that find nothing means nothing."""
LEVELLING_SHARE = 0.5
"""Of the change of gap. More than half of it by loss: the groups became equal rather than well served."""


@dataclass(frozen=True)
class Evidence:
    """All that a verdict rests on.

    Attributes:
        worst_dice, baseline_worst_dice: Dice of the worst served group of arm and baseline, mean over seeds.
        compared: The deciding measure first, then those that must not be kept quiet about (surface Dice beside Dice);
            empty for the baseline itself.
        is_baseline: Whether the arm is the baseline.
    """

    worst_dice: float
    baseline_worst_dice: float
    compared: tuple[Compared, ...]
    is_baseline: bool = False


@dataclass(frozen=True)
class Verdict:
    """What may be said.

    Attributes:
        code: For icons, filters and programs. ``points`` may point to a smaller or a wider gap: show it as undecided.
        text: One sentence; it names the measure, n, and every other measure that says something else.
        agree: Whether all measures say the same, closing and levelling down counted alike; False where nothing is
            compared. Only where it is True a headline may stand on the verdict.
    """

    code: Code
    text: str
    agree: bool = False


def decide(evidence: Evidence) -> Verdict:
    """Decide what may be said of an arm against its baseline.

    Raises:
        ValueError: The arm is not the baseline, and nothing is compared.
    """
    for who, worst in (("Has", evidence.worst_dice), ("The baseline has", evidence.baseline_worst_dice)):
        if worst < LEARNED_DICE:
            said = f"{who} not learned: the worst group's Dice is {worst:.3f}, below {LEARNED_DICE}"
            return Verdict("not_learned", f"{said}, so nothing is compared.")
    if evidence.is_baseline:
        return Verdict("baseline", "This is the baseline that the other arms are compared with.")
    if not evidence.compared:
        raise ValueError("an arm that is not the baseline is compared in at least one measure")
    first, *others = evidence.compared
    if first.n == 1:
        base, own = map(first.measure.say, first.sizes)
        said = f"One seed decides nothing: the gap in {first.measure.label} is {own} against {base}"
        return Verdict("one_seed", f"{said} (n = 1); run {ENOUGH_SEEDS} seeds.")
    code = _outcome(first)
    beside = [_beside(first, other) for other in others]
    closed = {"levelling_down": "closes"}
    agree = len({closed.get(kind, kind) for kind in map(_kind, evidence.compared)}) == 1
    return Verdict(code, "; ".join([_SENTENCES[code](first), *beside]) + ".", agree)


def _outcome(c: Compared) -> Code:
    """What one measure says, from two seeds on."""
    base, own = c.sizes
    narrowed = base - own
    if c.past > c.floor and np.mean(c.baseline) > c.floor:
        return "turned_round"
    if c.n >= ENOUGH_SEEDS and narrowed > 0 and c.interval is not None and c.interval[0] > 0:
        return "levelling_down" if _levelled_down(c) else "closes"
    if c.n >= ENOUGH_SEEDS and narrowed < 0 and _excludes_0(np.abs(c.gaps), np.abs(c.baseline)):
        return "widens"
    return "points" if abs(narrowed) > c.floor else "no_difference"


def _levelled_down(c: Compared) -> bool:
    return c.best_loss > LEVELLING_SHARE * c.change > 0


def _excludes_0(a: np.ndarray, b: np.ndarray) -> bool:
    interval = paired_difference(a, b).interval
    return interval is not None and not interval[0] <= 0 <= interval[1]


def _kind(c: Compared) -> str:
    """The outcome with its direction, for telling whether two measures say the same."""
    code = _outcome(c)
    if code != "points":
        return code
    base, own = c.sizes
    return "points to a smaller gap" if own < base else "points to a wider gap"


_IN_SHORT = {
    "closes": "closes the gap",
    "levelling_down": "closes the gap by levelling down",
    "no_difference": "makes no difference beyond noise",
    "widens": "widens the gap",
    "turned_round": "turns the gap round",
}


def _beside(first: Compared, other: Compared) -> str:
    kind = _kind(other)
    if kind == _kind(first):
        return f"{other.measure.label} agrees ({_from_to(other)})"
    return f"but in {other.measure.label} it {_IN_SHORT.get(kind, kind)} ({_other_way(other) or _from_to(other)})"


def _from_to(c: Compared) -> str:
    base, own = map(c.measure.say, c.sizes)
    return f"{base} to {own}"


def _other_way(c: Compared) -> str:
    """A gap that turned round: two sizes alone would read as a smaller gap."""
    if _outcome(c) != "turned_round":
        return ""
    return f"{c.measure.say(c.sizes[0])} to {c.measure.say(c.past)} the other way"


def _evidence(c: Compared) -> str:
    # The share before it is of the gap's size, whichever group it hits; the interval is of the systematic gap.
    (low, high), systematic = c.interval, signed_reduction(c.gaps, c.baseline)
    of = "the signed gap" if c.groups == 2 else "the gap of means over the seeds"
    return f"{_from_to(c)}; {of} by {systematic:.0%}, 95% interval {low:.0%} to {high:.0%}, n = {c.n}"


def _closes(c: Compared) -> str:
    base, own = c.sizes
    return f"Closes the gap in {c.measure.label} by {reduction([own], [base]):.0%} ({_evidence(c)})"


def _levels_down(c: Compared) -> str:
    base, own = c.sizes
    loss, change = c.measure.say(c.best_loss), c.measure.say(c.change)
    return (
        f"Levels down: the gap in {c.measure.label} did close by {reduction([own], [base]):.0%} ({_evidence(c)}), "
        f"but {loss} of the change of {change} is what the {c.best} group lost"
    )


def _turned_round(c: Compared) -> str:
    return (
        f"Turns the gap in {c.measure.label} round: the {c.behind} group is now worse served by "
        f"{c.measure.say(c.past)}, more than the noise of {c.measure.say(c.floor)} ({_so_far(c)})"
    )


def _widens(c: Compared) -> str:
    return f"Widens the gap in {c.measure.label} ({_from_to(c)}, n = {c.n})"


def _points(c: Compared) -> str:
    paid = f", more than half of it the {c.best} group's loss" if _levelled_down(c) else ""
    undecided = _so_far(c) if c.n < ENOUGH_SEEDS else f"the seeds do not decide it, n = {c.n}"
    return f"{_kind(c).capitalize()} in {c.measure.label} ({_from_to(c)}{paid}): {undecided}"


def _no_difference(c: Compared) -> str:
    noise = "unknown" if c.noise_floor is None else c.measure.say(c.noise_floor)
    return f"Makes no difference in {c.measure.label} beyond noise ({_from_to(c)}, noise {noise}; {_so_far(c)})"


def _so_far(c: Compared) -> str:
    return f"n = {c.n}" if c.n >= ENOUGH_SEEDS else f"no conclusion yet, n = {c.n}; run {ENOUGH_SEEDS} seeds"


_SENTENCES = {
    "closes": _closes,
    "levelling_down": _levels_down,
    "turned_round": _turned_round,
    "widens": _widens,
    "points": _points,
    "no_difference": _no_difference,
}
