"""What is said of a comparison: its headline, who paid, and the JSON that other programs rely on."""

from collections.abc import Sequence
from dataclasses import asdict

from fairal.fairness.disparity import WhoPaid
from fairal.report.arms import arm_label, headline_arm
from fairal.report.comparison import ArmSummary, summarise_experiment
from fairal.report.results import ExperimentResult

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
        "summary": [_summary_json(row) for row in summarise_experiment(result)],
    }


def _summary_json(row: ArmSummary) -> dict:
    level, against = row.level, row.against
    reduction, paid = (against.reduction, against.paid) if against else (None, None)
    return {
        "strategy": row.strategy,
        "seeds": len(level.seeds),
        "dice": level.dice,
        "dice_by_group": level.dice_by_group,
        "gap": level.gap,
        "signed_gap": level.signed_gap,
        "es_dice": level.es_dice,
        "disparity_reduction": reduction.value if reduction else None,
        "interval": reduction.interval if reduction else None,
        "worst_group_gain": paid.worst_gain if paid else None,
        "best_group_loss": paid.best_loss if paid else None,
    }


def headline(result: ExperimentResult, summary: Sequence[ArmSummary], baseline: str) -> str:
    """Say in a sentence or two what the comparison came to, against the paper's claim, and who paid.

    Returns:
        Nothing where there is nothing to say: without the headline's arm or the baseline, or at the common start.
    """
    by_id = {row.strategy: row for row in summary}
    row = by_id.get(headline_arm(list(by_id)) or "")
    if row is None or row.against is None or row.against.reduction is None or is_start(result, summary):
        return ""
    n = len(row.against.seeds)
    name, versus, seeds = arm_label(row.strategy), arm_label(baseline).lower(), "one seed" if n == 1 else f"{n} seeds"
    final = row.labelled >= result.config.query.budget
    so_far = "" if final else f"So far, at {row.labelled} of {result.config.query.budget} labelled scans: "
    if row.against.reduction.value > 0:
        text = f"{name} cut the gap by {row.against.reduction.value:.0%} against {versus} ({seeds}): "
    else:
        said = f"Against the paper's claim, {name[0].lower()}{name[1:]}" if final else name
        text = f"{said} did not cut the gap: {row.against.base.gap:.3f} became {row.against.own.gap:.3f} ({seeds}): "
    return so_far + text + paid_sentence(row.against.paid)


def is_start(result: ExperimentResult, summary: Sequence[ArmSummary]) -> bool:
    """Tell whether this is the common start, where all strategies share one model and nothing can differ."""
    started = sum(result.config.query.start.values())
    return bool(summary) and result.config.query.rounds > 0 and summary[0].labelled <= started


def paid_sentence(paid: WhoPaid) -> str:
    """Say who paid for a change of gap."""
    first = f"the {paid.worst} group {'gained' if paid.worst_gain >= 0 else 'lost'} {abs(paid.worst_gain):.3f} Dice"
    second = f"the {paid.best} group {'lost' if paid.best_loss > 0 else 'gained'} {abs(paid.best_loss):.3f}."
    return f"{first}, {second}"
