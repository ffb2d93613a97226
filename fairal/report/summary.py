"""What is said of a comparison: its headline, who paid, and the JSON that other programs rely on."""

from collections.abc import Sequence
from dataclasses import asdict

from fairal.fairness.disparity import WhoPaid
from fairal.fairness.measures import MEASURES
from fairal.report.arms import arm_label, headline_arm
from fairal.report.comparison import at_equal_error, error_at_the_end_mm, summarise_experiment
from fairal.report.evidence import DECIDING, verdicts
from fairal.report.levels import ArmSummary
from fairal.report.quantity import Quantity
from fairal.report.results import ExperimentResult
from fairal.report.verdict import Verdict

__all__ = ["experiment_json", "headline", "is_start", "paid_sentence", "summarise_experiment"]


def experiment_json(result: ExperimentResult) -> dict:
    """Give an experiment in the shape that other programs rely on (``fairal show --json``)."""
    return {
        "experiment": result.id,
        "config": result.config.model_dump(mode="json"),
        "runs": [
            {
                "run": run.key.run,
                "strategy": run.strategy,
                "seed": run.seed,
                "state": run.state,
                "role": run.role,
                "rounds": [asdict(round_) for round_ in run.rounds],
            }
            for run in result.runs
        ],
        "summary": _summaries_json(result),
        "fair_line": {
            "baseline": result.config.baseline,
            "error_mm": error_at_the_end_mm(result, result.config.baseline),
            "gap": {name: at_equal_error(result, result.config.baseline, Quantity(name, "gap")) for name in MEASURES},
        },
    }


def _summaries_json(result: ExperimentResult) -> list[dict]:
    """A row per arm: Dice as ever, and each measure of the table."""
    said = verdicts(result)
    no_baseline = baseline_missing(result) or "No seed is shared with the baseline yet: nothing is compared."
    each = {name: {r.strategy: r for r in summarise_experiment(result, measure=name)} for name in MEASURES}
    rows = []
    for arm, row in each["dice"].items():
        numbers = _in_measure(row)
        numbers.pop("overshoot")
        by_group = numbers.pop("by_group")
        rows.append(
            {
                "strategy": arm,
                "seeds": len(row.level.seeds),
                "dice": row.level.overall,
                "dice_by_group": by_group,
                "es_dice": row.level.equity_scaled,
                **numbers,
                "measures": {name: _in_measure(of.get(arm)) for name, of in each.items()},
                "verdict": _verdict_json(row, said, no_baseline),
            }
        )
    return rows


def _in_measure(row: ArmSummary | None) -> dict:
    """One arm in one measure; nothing but None where no seed has a value for every group."""
    level, against = (row.level, row.against) if row else (None, None)
    reduction, paid = (against.reduction, against.paid) if against else (None, None)
    return {
        "by_group": level.by_group if level else None,
        "gap": level.gap if level else None,
        "signed_gap": level.signed_gap if level else None,
        "disparity_reduction": reduction.value if reduction else None,
        "interval": reduction.interval if reduction else None,
        "worst_group_gain": paid.worst_gain if paid else None,
        "best_group_loss": paid.best_loss if paid else None,
        "overshoot": paid.overshoot if paid else None,
    }


def _verdict_json(row: ArmSummary, said: dict[str, Verdict], no_baseline: str) -> dict[str, str]:
    if row.role == "reference":
        return {
            "code": "reference",
            "text": "A single fit for orientation, with a labelled set of its own.",
        }
    verdict = said.get(row.strategy)
    if verdict is None:
        return {"code": "no_baseline", "text": no_baseline}
    return {"code": verdict.code, "text": verdict.text}


def headline(result: ExperimentResult, summary: Sequence[ArmSummary], baseline: str) -> str:
    """Say in a sentence or two what may be said of the headline's arm, and who paid.

    Returns:
        Nothing where there is nothing to say: without the headline's arm or the baseline, or at the common start.
    """
    by_id = {row.strategy: row for row in summary}
    row = by_id.get(headline_arm(list(by_id)) or "")
    if row is None or row.against is None or is_start(result, summary):
        return ""
    verdict = verdicts(result, baseline).get(row.strategy)
    if verdict is None:
        return ""
    final = row.labelled >= result.config.query.budget
    so_far = "" if final else f"So far, at {row.labelled} of {result.config.query.budget} labelled scans: "
    text = f"{so_far}{arm_label(row.strategy)} against {arm_label(baseline).lower()}: {verdict.text}"
    paid = paid_sentence(row.against.paid)
    return text if verdict.code == "not_learned" else f"{text} {paid[0].upper()}{paid[1:]}"


def baseline_missing(result: ExperimentResult) -> str:
    """Say that the configured baseline is none of the arms, if so: nothing is compared with it."""
    config = result.config
    if config.baseline in config.strategies:
        return ""
    arms = ", ".join(config.strategies)
    return f"The baseline, {config.baseline}, is none of the arms ({arms}): nothing is compared with it."


def is_start(result: ExperimentResult, summary: Sequence[ArmSummary]) -> bool:
    """Tell whether this is the common start, where all strategies share one model and nothing can differ."""
    started = sum(result.config.query.start.values())
    return bool(summary) and result.config.query.rounds > 0 and summary[0].labelled <= started


def fair_line_sentence(result: ExperimentResult, baseline: str) -> str:
    """Say what gaps equal boundary error alone would show; nothing before a seed of the baseline is done.

    Those of two groups have their sign, as the line that a chart of signed gaps draws.
    """
    signed = len(result.groups) == 2
    error_mm, over = error_at_the_end_mm(result, baseline), "signed_gap" if signed else "gap"
    gaps = {MEASURES[name]: at_equal_error(result, baseline, Quantity(name, over)) for name in DECIDING}
    if error_mm is None or None in gaps.values():
        return ""
    said = " and ".join(f"{of.say_signed(gap) if signed else of.say(gap)} in {of.label}" for of, gap in gaps.items())
    return (
        f"The fair line: with the boundary {error_mm:.2f} mm off for everyone, as {arm_label(baseline).lower()} is on "
        f"average, this test set would still show a {'signed ' if signed else ''}gap of {said}."
    )


def paid_sentence(paid: WhoPaid, measure: str = "dice") -> str:
    """Say who paid for a change of gap, and how much of it went past 0."""
    of = MEASURES[measure]
    gained, lost = of.say(abs(paid.worst_gain)), of.say(abs(paid.best_loss))
    named = f" {of.label}" if not of.unit else f" ({of.label})"
    said = (
        f"the {paid.worst} group {'gained' if paid.worst_gain >= 0 else 'lost'} {gained}{named}, "
        f"the {paid.best} group {'lost' if paid.best_loss > 0 else 'gained'} {lost}"
    )
    if paid.overshoot > 0:
        return f"{said}; {of.say(paid.overshoot)} of it overshoots: the {paid.worst} group is now the better served."
    return f"{said}."
