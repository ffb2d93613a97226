"""From results to tidy tables: one row per run and round, per group, per pick, per case, per strategy."""

from collections.abc import Sequence
from dataclasses import asdict

import pandas as pd

from fairal.fairness.groups import summarise
from fairal.report.arms import arm_label
from fairal.report.comparison import Against, ArmSummary
from fairal.report.quantity import OVER_GROUPS, Quantity
from fairal.report.results import ExperimentResult

CASE_MEASURES = ("dice", "surface_dice", "assd_mm", "hd95_mm", "volume_error")


def _about(result: ExperimentResult, run) -> dict:
    return {"experiment": result.id, "strategy": run.strategy, "label": arm_label(run.strategy), "seed": run.seed,
            "role": run.role}  # fmt: skip


def rounds_frame(result: ExperimentResult) -> pd.DataFrame:
    """One row per run and round: budget, Dice, gap, ES-Dice and the other disparities, seconds."""
    rows = []
    disparities = [Quantity("dice", name) for name in OVER_GROUPS if name not in ("es", "mean")]
    for run in result.runs:
        for r, record in zip(run.rounds, run.records, strict=True):
            row = _about(result, run) | {
                "round": r.round, "labelled": r.labelled, "labelled_mm3": r.labelled_mm3, "dice": r.dice,
                "es_dice": r.es_dice, "signed_gap": r.signed_gap, "cached": r.cached,
                "seconds": sum(r.seconds.values()),
            }  # fmt: skip
            rows.append(row | {q.over: q.of(record, result.groups) for q in disparities})
    return pd.DataFrame(rows)


def groups_frame(result: ExperimentResult) -> pd.DataFrame:
    """One row per run, round and group: Dice, labelled, picked, share of the picks, weight and labelled Dice."""
    rows = []
    for run in result.runs:
        for r in run.rounds:
            picked = sum((r.picked_by_group or {}).values())
            for group in result.groups:
                own = (r.picked_by_group or {}).get(group)
                rows.append(
                    _about(result, run)
                    | {
                        "round": r.round, "labelled": r.labelled, "labelled_mm3": r.labelled_mm3, "group": group,
                        "dice": r.dice_by_group[group], "labelled_of_group": r.labelled_by_group[group],
                        "picked": own, "share": own / picked if picked else None, "weight": r.weights[group],
                        "labelled_dice": r.labelled_dice_by_group[group],
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


def picks_frame(result: ExperimentResult) -> pd.DataFrame:
    """One row per picked subject with what ranked it."""
    rows = []
    for run in result.runs:
        for record in run.records:
            for place, pick in enumerate(record.picked or ()):
                rows.append(_about(result, run) | {"round": record.round, "place": place, **asdict(pick)})
    return pd.DataFrame(rows)


def cases_frame(result: ExperimentResult, round_: int | None = None) -> pd.DataFrame:
    """One row per test case of a round (the last of each run by default)."""
    frames = []
    for run in result.runs:
        if run.records:
            record = run.records[-1 if round_ is None else min(round_, len(run.records) - 1)]
            frame = pd.DataFrame(asdict(record.test))
            frames.append(frame.assign(**_about(result, run), round=record.round))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def measures_frame(result: ExperimentResult) -> pd.DataFrame:
    """One row per strategy, group and per-case measure at each run's last round: mean, SD, n, failures, interval."""
    cases = cases_frame(result)
    rows = []
    if cases.empty:
        return cases
    for (strategy, group), own in cases.groupby(["strategy", "group"], sort=False):
        for measure in CASE_MEASURES:
            values = [None if pd.isna(v) else float(v) for v in own[measure]]
            row = {"strategy": strategy, "label": arm_label(strategy), "group": group, "measure": measure}
            rows.append(row | asdict(summarise(values)))
    return pd.DataFrame(rows)


def summary_frame(summary: Sequence[ArmSummary]) -> pd.DataFrame:
    """One row per arm: the table of everything, group means in columns of their own."""
    return pd.DataFrame([_flat(row) for row in summary])


def _flat(row: ArmSummary) -> dict:
    level, against = row.level, row.against
    flat = {
        "strategy": row.strategy, "label": arm_label(row.strategy), "role": row.role, "seeds": len(level.seeds),
        "paired": len(against.seeds) if against else 0, "labelled": row.labelled, "dice": level.dice,
        **{f"dice_{group}": value for group, value in level.dice_by_group.items()},
        "worst_group_dice": level.worst_group_dice, "gap": level.gap, "signed_gap": level.signed_gap,
        "gap_by_noise": level.gap_by_noise, "es_dice": level.es_dice,
    }  # fmt: skip
    flat |= _flat_against(against)
    flat |= {f"picked_share_{group}": value for group, value in row.over.picked_share.items()}
    return flat | {f"area_{name}": value for name, value in row.over.area.items()}


def _flat_against(against: Against | None) -> dict:
    reduction, difference, paid = (
        (against.reduction, against.difference, against.paid) if against else (None, None, None)
    )
    interval = reduction.interval if reduction else None
    gap_interval = difference.interval if difference else None
    return {
        "disparity_reduction": reduction.value if reduction else None,
        "interval_low": interval[0] if interval else None,
        "interval_high": interval[1] if interval else None,
        "interval_over": reduction.over if reduction else None,
        "gap_difference": difference.mean if difference else None,
        "gap_interval_low": gap_interval[0] if gap_interval else None,
        "gap_interval_high": gap_interval[1] if gap_interval else None,
        "p": difference.p if difference else None,
        "p_holm": against.p_holm if against else None,
        "worst_group": paid.worst if paid else None,
        "best_group": paid.best if paid else None,
        "worst_group_gain": paid.worst_gain if paid else None,
        "best_group_loss": paid.best_loss if paid else None,
    }


def readable(summary: Sequence[ArmSummary], groups: Sequence[str]) -> pd.DataFrame:
    """The table of everything as a person reads it: words as headers, three decimals, percent; None where unknown."""
    names = {
        "label": "Arm", "seeds": "Seeds", "labelled": "Labelled scans", "dice": "Dice",
        **{f"dice_{group}": f"Dice, {group}" for group in groups}, "gap": "Gap in Dice", "gap_by_noise": "Noise alone",
        "signed_gap": "Signed gap", "es_dice": "Equity-scaled Dice", "disparity_reduction": "Disparity reduction",
        "interval_low": "95 % from", "interval_high": "95 % to", "worst_group_gain": "Worst group gained",
        "best_group_loss": "Best group lost", "p_holm": "p (Holm)",
    }  # fmt: skip
    table = summary_frame(summary)
    table = table[[name for name in names if name in table and table[name].notna().any()]]
    for name in table.select_dtypes("float"):
        percent = name in ("disparity_reduction", "interval_low", "interval_high")
        form = "{:.0%}" if percent else "{:+.3f}" if name.endswith(("gain", "loss", "signed_gap")) else "{:.3f}"
        table = table.assign(**{name: [None if pd.isna(v) else form.format(v) for v in table[name]]})
    return table.rename(columns=names)
