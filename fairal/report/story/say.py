"""What the scenes say. Of two arms no sentence says more than its verdict; the rest is counted."""

from collections import Counter

from fairal.config.arm import Arm
from fairal.fairness.measures import MEASURES
from fairal.learner.trainings import TRAININGS
from fairal.report.arms import arm_label
from fairal.report.evidence import verdicts
from fairal.report.levels import Against
from fairal.report.story.cast import Cast
from fairal.report.story.scene import People, Pool, Twins
from fairal.report.story.seen import picked_share
from fairal.report.story.words import Sentence, arm, counts, group, listed, number, sentence
from fairal.report.verdict import ENOUGH_SEEDS, LEARNED_DICE, Code

_ALIKE = 0.99
"""Share of a volume from which on two structures are called equally large."""

_IN_DICE: dict[Code, str] = {
    "closes": "the gap in Dice closes: {base} to {own}.",
    "levelling_down": "the gap in Dice closes by levelling down: {base} to {own}.",
    "turned_round": "the gap in Dice turns round: now the {best} group is worse served.",
    "widens": "the gap in Dice widens: {base} to {own}.",
    "no_difference": "the gap in Dice stays within noise: {base} to {own}.",
    "points": "the gap in Dice goes from {base} to {own}, which {n} seeds do not decide.",
    "one_seed": "the gap in Dice goes from {base} to {own}: one seed decides nothing.",
}
_IN_SURFACE: dict[Code, str] = {
    "closes": "in surface Dice the gap closes.",
    "levelling_down": "in surface Dice too the gap closes by levelling down.",
    "turned_round": "in surface Dice the gap turns round: {best} is now worse served.",
    "widens": "in surface Dice the gap widens.",
    "no_difference": "in surface Dice the gap stays within noise.",
    "points": "in surface Dice {n} seeds do not decide.",
    "one_seed": "one seed decides nothing.",
}
_BILL: dict[Code, str] = {"no_difference": "The bill, within noise", "points": "The bill, undecided"}
_AGAINST_LEAD: dict[Code, str] = {
    "closes": "closes the gap further: {own} against {base}.",
    "levelling_down": "narrows the gap further, by levelling down: {own} against {base}.",
    "turned_round": "turns the gap round: now the {best} group is worse served.",
    "widens": "leaves a wider gap: {own} against {base}.",
    "no_difference": "does as well: a gap of {own} against {base}.",
    "points": "leaves a gap of {own} against {base}: {n} seeds do not tell them apart.",
    "one_seed": "leaves a gap of {own} against {base}: one seed decides nothing.",
    "not_learned": "has models that have not learned: nothing is compared.",
}


def named(arm_: str, first: bool = False) -> Sentence:
    """Name an arm inside of a sentence, or at its start."""
    label = arm_label(arm_)
    return (arm(arm_, label if first else label[0].lower() + label[1:]),)


def twins(shown: Twins) -> Sentence:
    """Say how much of the structure is left in the second twin."""
    first, other = shown.twins
    of = group(other.group)
    if not first.volume_cm3 or not other.volume_cm3:
        return sentence("The same brain, twice: in the {of} twin the left caudate is smaller.", of=of)
    left = other.volume_cm3 / first.volume_cm3
    if left > _ALIKE:
        return sentence("The same brain, twice: the left caudate is as large in the {of} twin.", of=of)
    template = "The same brain, twice: the {of} twin keeps {left} of its left caudate."
    return sentence(template, of=of, left=number(f"{left:.0%}"))


def pool(shown: Pool) -> Sentence:
    """Say who could be labelled, and how many the budget pays for."""
    template = "{counts} scans could be labelled. The budget pays for {budget}."
    return sentence(template, counts=counts(Counter(shown.dots)), budget=number(shown.budget))


def not_learned(cast: Cast) -> Sentence:
    """Say that models find too little to be compared."""
    worst = min(cast.rows["dice"][who].level.worst_group for who in (cast.baseline, cast.lead))
    template = "These models have not learned: the worst group's Dice is {worst}, below {limit}. Nothing is compared."
    return sentence(template, worst=number(f"{worst:.3f}"), limit=number(LEARNED_DICE))


def picks(cast: Cast) -> Sentence:
    """Say whom the baseline picks, and where each group ends."""
    ends = cast.rows["dice"][cast.baseline].level.by_group
    worst = min(ends, key=ends.get)
    return sentence(
        "{arm} {picks}. Dice ends at {ends}.",
        arm=named(cast.baseline, first=True),
        picks=_share(cast, cast.baseline, worst),
        ends=listed([sentence("{d} for {of}", d=number(f"{d:.3f}"), of=group(of)) for of, d in ends.items()]),
    )


def lead_picks(cast: Cast) -> Sentence:
    """Say whom the lead picks, and what becomes of the gap."""
    against = cast.rows["dice"][cast.lead].against
    return sentence(
        "{arm} {picks}; {gap}",
        arm=named(cast.lead, first=True),
        picks=_share(cast, cast.lead, against.paid.worst),
        gap=_gap(_IN_DICE[cast.outcome(cast.lead, "dice").code], against),
    )


def _share(cast: Cast, arm_: str, of: str) -> Sentence:
    share = picked_share(cast, arm_, of)
    if share is None:
        return sentence("picks nobody")
    return sentence("gives the {of} group {share} of its picks", share=number(f"{share:.0%}"), of=group(of))


def people(shown: People) -> Sentence:
    """Count the poorly served under the baseline."""
    each = [
        sentence("{n} of {all} {of}", n=number(n), all=number(len(shown.dice[of])), of=group(of))
        for of, n in _worst_first(shown.poorly())
    ]
    return sentence("Poorly served: {each} test subjects.", each=listed(each))


def people_after(shown: People) -> Sentence:
    """Count them again under another arm."""
    before = shown.poorly_before()
    each = [
        sentence(
            "{n} {of} instead of {before}" if n != before[of] else "still {n} {of}",
            n=number(n),
            of=group(of),
            before=number(before[of]),
        )
        for of, n in _worst_first(shown.poorly(), by=before)
    ]
    return sentence("Now poorly served: {each}.", each=listed(each))


def _worst_first(counted: dict[str, int], by: dict[str, int] | None = None) -> list[tuple[str, int]]:
    return sorted(counted.items(), key=lambda item: -(by or counted)[item[0]])


def bill(cast: Cast) -> Sentence:
    """Say who paid in Dice, and what surface Dice says."""
    against = cast.rows["dice"][cast.lead].against
    surface = cast.rows["surface_dice"][cast.lead].against
    return sentence(
        "{paid}; {surface}",
        paid=_paid(against, _BILL.get(cast.outcome(cast.lead, "dice").code, "The bill")),
        surface=_gap(_IN_SURFACE[cast.outcome(cast.lead, "surface_dice").code], surface),
    )


def _paid(against: Against, bill_: str) -> Sentence:
    paid, say = against.paid, MEASURES[against.own.measure].say
    return sentence(
        "{bill}: {best} {lost} {loss} Dice, {worst} {gained} {gain}",
        bill=sentence(bill_),
        best=group(paid.best),
        lost=sentence("lost" if paid.best_loss > 0 else "gained"),
        loss=number(say(abs(paid.best_loss))),
        worst=group(paid.worst),
        gained=sentence("gained" if paid.worst_gain >= 0 else "lost"),
        gain=number(say(abs(paid.worst_gain))),
    )


def control(cast: Cast, arm_: str) -> Sentence:
    """Say how the control does beside the lead."""
    verdict = verdicts(cast.result, cast.lead, cast.at, measures=("dice",))[arm_]
    base = cast.reached(cast.lead)
    own = cast.reached(arm_)
    seeds = sorted(set(base.runs) & set(own.runs))
    gaps = {name: number(f"{each.mean('gap', seeds):.3f}") for name, each in (("base", base), ("own", own))}
    ends = base.level(seeds).by_group
    return sentence(
        "Choosing at random from the worst served group " + _AGAINST_LEAD[verdict.code],
        n=number(len(seeds)),
        best=group(max(ends, key=ends.get)),
        **gaps,
    )


def fair(cast: Cast) -> Sentence:
    """Say which arm is fair without levelling down, and what it costs; or that none is."""
    if cast.fair is None:
        return _none_fair(cast)
    dice = cast.rows["dice"][cast.fair].against.paid
    return sentence(
        "Fair without levelling down: {arm} narrows the gap {measures}; {best} {lost} {loss} Dice.{needs}",
        arm=named(cast.fair),
        measures=_narrowed(cast, cast.fair),
        needs=sentence(_needs(cast.fair)),
        best=group(dice.best),
        lost=sentence("loses" if dice.best_loss > 0 else "gains"),
        loss=number(f"{abs(dice.best_loss):.3f}"),
    )


def _narrowed(cast: Cast, arm_: str) -> Sentence:
    """Say by how much of its size, in the measures in which it is decided."""
    closed = [name for name in ("surface_dice", "dice") if cast.outcome(arm_, name).code == "closes"]
    shares = {name: cast.rows[name][arm_].against.reduction.value for name in closed}
    each = [
        sentence("by {share} in {measure}", share=number(f"{share:.0%}"), measure=sentence(MEASURES[name].label))
        for name, share in shares.items()
    ]
    return listed(each)


def _none_fair(cast: Cast) -> Sentence:
    if max(len(cast.runs(arm_)) for arm_ in cast.others) < ENOUGH_SEEDS:
        return sentence("No arm can be called fair yet: that takes {n} seeds.", n=number(ENOUGH_SEEDS))
    if cast.even:
        template = "There is no gap to close: that of {arm} lies within noise in both measures."
        return sentence(template, arm=named(cast.baseline))
    return sentence(
        "No arm here is fair without levelling down: none closes the gap in surface Dice and keeps that in Dice."
    )


def _needs(arm_: str) -> str:
    """Say what an arm asks of everybody who uses its model."""
    training = TRAININGS.get(Arm.parse(arm_).training)
    told = training is not None and training.needs_group_at_prediction
    return " It must know every scan's group." if told else ""


def limits(cast: Cast) -> Sentence:
    """Say whom all this is about."""
    if cast.result.synthetic:
        return sentence("Synthetic brains, a bias built in on purpose: no claim about patients. What about your scans?")
    return sentence("About these scans, their masks and their groups, and about nobody else.")


def _gap(template: str, against: Against) -> Sentence:
    return sentence(
        template,
        base=number(f"{against.base.gap:.3f}"),
        own=number(f"{against.own.gap:.3f}"),
        best=group(against.paid.best),
        n=number(len(against.seeds)),
    )
