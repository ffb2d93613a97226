"""Which arm? The one that closes the gap for a price that a person is willing to pay; decided by verdicts alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from fairal.config.arm import Arm
from fairal.fairness.measures import DICE
from fairal.learner.trainings import TRAININGS
from fairal.report.arms import arm_label
from fairal.report.comparison import summarise_experiment
from fairal.report.evidence import verdicts
from fairal.report.levels import ArmSummary
from fairal.report.results import ExperimentResult
from fairal.report.verdict import ENOUGH_SEEDS, Verdict

MOST, USUAL = 0.06, 0.02
"""The price, in Dice of the better served group: the most that can be asked for, and what is asked at first."""
_CLOSES = ("closes", "levelling_down")
_OPEN = ("points", "one_seed")


@dataclass(frozen=True)
class Offer:
    """An arm as something to choose.

    Attributes:
        arm: As configurations write it.
        verdict: What may be said of it against the baseline.
        gap, base_gap: Mean gap in Dice of the arm and of the baseline, over the seeds that both have.
        loss: What the baseline's best served group loses, in Dice; below 0 if it gains.
        payer: The name of that group.
        seeds: How many both have.
    """

    arm: str
    verdict: Verdict
    gap: float
    base_gap: float
    loss: float
    payer: str
    seeds: int

    @property
    def label(self) -> str:
        """Its name for a person."""
        return arm_label(self.arm)

    @property
    def settled(self) -> bool:
        """Whether it closes the gap, and no measure says otherwise."""
        return self.verdict.code in _CLOSES and self.verdict.agree

    @property
    def disputed(self) -> bool:
        """Whether it closes the gap in the deciding measure alone."""
        return self.verdict.code in _CLOSES and not self.verdict.agree

    @property
    def hopeful(self) -> bool:
        """Whether it may close the gap, but the seeds do not tell yet."""
        return self.verdict.code in _OPEN and self.gap < self.base_gap

    def within(self, price: float) -> bool:
        """Tell whether it costs no more than a price, as both are written: with three decimals."""
        return round(self.loss, 3) <= round(price, 3)


@dataclass(frozen=True)
class Choice:
    """What follows from a price.

    Attributes:
        qualifying: Arms that close the gap, undisputed, within the price.
        arm: The one of them to choose; None where there is none.
        text: The recommendation, or why there is none, in a sentence or two.
        undecided: Whether more seeds might make one.
    """

    qualifying: tuple[str, ...]
    arm: str | None
    text: str
    undecided: bool = False


def offers(result: ExperimentResult, baseline: str, dice: Sequence[ArmSummary] | None = None) -> list[Offer]:
    """List the arms of an experiment that can be chosen instead of its baseline.

    Args:
        result: From `read_experiment`.
        baseline: An arm.
        dice: Its summary in Dice against this baseline, where it is at hand.
    """
    said = verdicts(result, baseline)
    rows = summarise_experiment(result, baseline) if dice is None else dice
    return [
        Offer(
            row.strategy, said[row.strategy], row.against.own.gap, row.against.base.gap, row.against.paid.best_loss,
            row.against.paid.best, len(row.against.seeds),
        )
        for row in rows
        if row.role == "strategy" and row.against and row.strategy in said
    ]  # fmt: skip


def choose(there: Sequence[Offer], price: float) -> Choice:
    """Recommend an arm, or say why none can be.

    Among those that qualify one that closes the gap goes before one that levels down, then the smaller gap, then the
    smaller loss. Nothing is recommended where nothing has learned, where the seeds do not decide, or where Dice and
    surface Dice disagree.

    Args:
        there: From `offers`.
        price: What the better served group may lose, in Dice.
    """
    if not there:
        return Choice((), None, "")
    if all(offer.verdict.code == "not_learned" for offer in there):
        return Choice((), None, f"Nothing to choose yet. {there[0].verdict.text}")
    able = sorted((offer for offer in there if offer.settled and offer.within(price)), key=_rank)
    if able:
        best = able[0]
        return Choice(tuple(offer.arm for offer in able), best.arm, _recommended(best, price))
    return _nothing(there, price)


def _rank(offer: Offer) -> tuple[bool, float, float]:
    return offer.verdict.code == "levelling_down", offer.gap, offer.loss


def _recommended(best: Offer, price: float) -> str:
    paid = f"loses {DICE.say(best.loss)}" if best.loss > 0 else f"loses nothing (+{DICE.say(-best.loss)})"
    down = ", which is more than half of the change" if best.verdict.code == "levelling_down" else ""
    return (
        f"Choose {best.label}: it brings the gap in Dice from {DICE.say(best.base_gap)} to {DICE.say(best.gap)}, and "
        f"the {best.payer} group {paid}{down}; {DICE.say(price)} was allowed (n = {best.seeds}).{_needs(best)}"
    )


def _needs(offer: Offer) -> str:
    training = TRAININGS.get(Arm.parse(offer.arm).training)
    return " It must be told the group of every scan." if training and training.needs_group_at_prediction else ""


def _nothing(there: Sequence[Offer], price: float) -> Choice:
    """Say why nothing qualifies: what is nearest to it comes first."""
    within = [offer for offer in there if offer.within(price)]
    if hopeful := [offer for offer in within if offer.hopeful]:
        return Choice((), None, _no_conclusion(hopeful), undecided=True)
    if disputed := [offer for offer in within if offer.disputed]:
        closes = "closes" if len(disputed) == 1 else "close"
        said = (
            f"No arm can be recommended for {DICE.say(price)} Dice: {_named(disputed)} {closes} the gap in Dice, but "
            "surface Dice does not bear it out."
        )
        return Choice((), None, said)
    return _dearer(there, price) or Choice((), None, "No arm closes the gap against this baseline, whatever the price.")


def _dearer(there: Sequence[Offer], price: float) -> Choice | None:
    """Say which arm would qualify for more; None where none does at any price."""
    payer, allowed = there[0].payer, f"{DICE.say(price)} Dice or less of the {there[0].payer} group"
    by_loss = sorted(there, key=lambda offer: offer.loss)
    if offer := next((offer for offer in by_loss if offer.settled), None):
        said = f"The cheapest that does is {offer.label}: the {payer} group loses {DICE.say(offer.loss)}."
        return Choice((), None, f"No arm closes the gap for {allowed}. {said}")
    open_ = [offer for offer in by_loss if offer.hopeful or offer.disputed]
    if open_:
        offer = open_[0]
        doubt = "the seeds do" if offer.hopeful else "surface Dice does"
        said = f"The cheapest that may is {offer.label}, for {DICE.say(offer.loss)}; {doubt} not bear it out."
        return Choice((), None, f"No arm closes the gap for {allowed}. {said}", undecided=any(o.hopeful for o in open_))
    return None


def _no_conclusion(hopeful: Sequence[Offer]) -> str:
    seeds = max(offer.seeds for offer in hopeful)
    points = "points" if len(hopeful) == 1 else "point"
    more = f"run {ENOUGH_SEEDS} seeds" if seeds < ENOUGH_SEEDS else "the seeds do not decide it"
    return f"No conclusion yet: {_named(hopeful)} {points} to a smaller gap within the price (n = {seeds}); {more}."


def _named(some: Sequence[Offer]) -> str:
    names = [offer.label for offer in some]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def with_five_seeds(seeds: Sequence[int]) -> tuple[int, ...]:
    """Fill seeds up to as many as a conclusion needs, with the smallest that are missing.

    Returns:
        As given where there are enough.
    """
    missing = (seed for seed in range(len(seeds) + ENOUGH_SEEDS) if seed not in seeds)
    return (*seeds, *(next(missing) for _ in range(ENOUGH_SEEDS - len(seeds))))
