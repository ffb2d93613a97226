"""What the study came to, as Markdown: a table of arms in both measures, and the questions that docs/study.md asks."""

from dataclasses import dataclass

from fairal.report.arms import arm_label
from fairal.report.comparison import summarise_experiment
from fairal.report.evidence import verdicts
from fairal.report.levels import ArmSummary, Level
from fairal.report.markdown import markdown_table
from fairal.report.results import ExperimentResult, comparable_round
from fairal.report.start import Fallen, below_start
from fairal.report.summary import fair_line_sentence

REDUCED, AT_LEAST, PRICE = 0.75, 0.50, 0.01
"""What question 4 asks of an arm: the surface-Dice gap lower by this share, its interval above that, and this much of
the better group's Dice at most."""


@dataclass(frozen=True)
class Answer:
    """How an arm stands to question 4.

    Attributes:
        arm: As configurations write it.
        reduction, interval: Of the gap in surface Dice against the baseline; None where there is nothing to reduce, and
            where it is unbounded.
        widened: By how much the gap in Dice is wider than the baseline's; below 0 where it is narrower.
        price: Dice that the baseline's better group lost.
    """

    arm: str
    reduction: float | None
    interval: tuple[float, float] | None
    widened: float
    price: float

    @property
    def meets(self) -> bool:
        """Whether the arm is fair by the question's three numbers without levelling down."""
        if self.reduction is None or self.interval is None:
            return False
        return self.reduction >= REDUCED and self.interval[0] > AT_LEAST and self.widened <= 0 and self.price <= PRICE


def answers(result: ExperimentResult) -> list[Answer]:
    """Put question 4 to every arm but the baseline, at the last round that all have reached."""
    dice, surface = ({r.strategy: r for r in _arms(result, m)} for m in ("dice", "surface_dice"))
    compared = [arm for arm, row in dice.items() if row.against and arm in surface and surface[arm].against]
    return [_answer(arm, dice[arm], surface[arm]) for arm in compared]


def _answer(arm: str, dice: ArmSummary, surface: ArmSummary) -> Answer:
    reduction, against = surface.against.reduction, dice.against
    return Answer(
        arm=arm,
        reduction=reduction.value if reduction else None,
        interval=reduction.of_seeds if reduction else None,
        widened=against.own.gap - against.base.gap,
        price=against.paid.best_loss,
    )


def _arms(result: ExperimentResult, measure: str) -> list[ArmSummary]:
    return [row for row in summarise_experiment(result, measure=measure) if row.role == "strategy"]


def arms_table(result: ExperimentResult) -> str:
    """One row an arm: measures by group with their gaps, who paid, and how much less the signed gap is.

    That is 100 % where none is left and more where it has turned; its interval is Fieller's.
    """
    groups = " / ".join(result.groups)
    gap = "signed gap" if len(result.groups) == 2 else "gap"
    heads = ("arm", "n", f"Dice {groups}", gap, f"surface Dice {groups}", gap, f"ASSD mm {groups}",
             "signed gap less in Dice", "in surface Dice", "worst gained, best lost (Dice)")  # fmt: skip
    dice, surface, assd = ({r.strategy: r for r in _arms(result, m)} for m in ("dice", "surface_dice", "assd_mm"))
    rows = [
        (
            f"`{arm}`",
            str(len(row.level.seeds)),
            *_served(row.level),
            *_served(surface[arm].level),
            _served(assd[arm].level, digits=2)[0] if arm in assd else "–",
            _reduced(row),
            _reduced(surface[arm]),
            _paid(row),
        )
        for arm, row in dice.items()
    ]
    return markdown_table(heads, rows)


def _served(level: Level, digits: int = 3) -> tuple[str, str]:
    gap = level.gap if level.signed_gap is None else level.signed_gap
    means = " / ".join(f"{mean:.{digits}f}" for mean in level.by_group.values())
    return means, f"{gap:.3f}" if level.signed_gap is None else f"{gap:+.3f}"


def _reduced(row: ArmSummary) -> str:
    reduction = row.against.reduction if row.against else None
    if reduction is None or reduction.signed is None:
        return "–"
    interval = reduction.of_seeds
    spread = f"{interval[0]:.0%} to {interval[1]:.0%}" if interval else "no interval"
    return f"{reduction.signed:.0%} ({'one seed' if len(row.against.seeds) == 1 else spread})"


def _paid(row: ArmSummary) -> str:
    return f"{row.against.paid.worst_gain:+.3f}, {row.against.paid.best_loss:+.3f}" if row.against else "–"


def short_table(result: ExperimentResult) -> str:
    """The table of the README: both measures by group with their signed gaps, and what the better group lost."""
    groups = " / ".join(result.groups)
    heads = ("arm", f"Dice {groups}", "signed gap", f"surface Dice {groups}", "signed gap",
             "better group lost, Dice")  # fmt: skip
    dice, surface = ({r.strategy: r for r in _arms(result, m)} for m in ("dice", "surface_dice"))
    rows = [
        (
            f"{arm_label(arm)} (`{arm}`)",
            *_served(row.level),
            *_served(surface[arm].level),
            f"{row.against.paid.best_loss:+.3f}" if row.against else "–",
        )
        for arm, row in dice.items()
    ]
    return markdown_table(heads, rows)


def answers_table(result: ExperimentResult) -> str:
    """Question 4's three numbers of every arm, and whether it meets them."""
    signed = "signed gap, 95 % above" if len(result.groups) == 2 else "95 % above"
    heads = ("arm", "gap less in surface Dice", signed, "gap wider in Dice", "better group's loss", "meets all")
    rows = [
        (
            f"`{one.arm}`",
            "–" if one.reduction is None else f"{one.reduction:.0%}",
            "–" if one.interval is None else f"{one.interval[0]:.0%}",
            f"{one.widened:+.3f}",
            f"{one.price:+.3f}",
            "**yes**" if one.meets else "no",
        )
        for one in answers(result)
    ]
    return markdown_table(heads, rows)


def section(result: ExperimentResult) -> str:
    """One experiment: on what it rests, its tables, what may be said of each arm, who ends below the start."""
    config = result.config
    if comparable_round(result) is None:
        return f"### {config.name}\n\nNot all runs have finished a round yet."
    start = " + ".join(str(count) for count in config.query.start.values())
    about = (
        f"{config.cohort.test_text}; start {start}, {config.query.budget} labelled at the end; "
        f"{config.learner.steps} steps; the last round that all runs have reached: {comparable_round(result)} of "
        f"{config.query.rounds}."
    )
    said = [f"- **{arm_label(arm)}** (`{arm}`): {verdict.text}" for arm, verdict in verdicts(result).items()]
    fallen = [_fallen(one) for one in below_start(result)] or ["nobody"]
    return "\n\n".join(
        part
        for part in (
            f"### {config.name}",
            about,
            arms_table(result),
            fair_line_sentence(result, config.baseline),
            answers_table(result),
            "\n".join(said),
            "Below its own start in surface Dice at the end: " + "; ".join(fallen) + ".",
        )
        if part
    )


def _fallen(one: Fallen) -> str:
    spread = f"{one.interval[0]:.3f} to {one.interval[1]:.3f}, " if one.interval else ""
    return f"`{one.arm}`, {one.group}: {one.change:.3f} ({spread}n = {one.n})"
