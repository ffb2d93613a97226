"""From results to tidy tables: one row per run and round, per group, per pick, per case, per strategy."""

from collections.abc import Sequence
from dataclasses import asdict

import pandas as pd

from fairal.fairness.disparity import DISPARITIES
from fairal.fairness.groups import by_group, summarise_over_seeds
from fairal.fairness.measures import MEASURES
from fairal.report.arms import arm_label
from fairal.report.levels import Against, ArmSummary
from fairal.report.quantity import MEASURE_LABELS, Quantity
from fairal.report.results import ExperimentResult, comparable_round


def _about(result: ExperimentResult, run) -> dict:
    return {"experiment": result.id, "strategy": run.strategy, "label": arm_label(run.strategy), "seed": run.seed,
            "role": run.role}  # fmt: skip


def rounds_frame(result: ExperimentResult) -> pd.DataFrame:
    """One row per run and round: budget, Dice, gap, ES-Dice and the other disparities, seconds.

    The disparities in other measures than Dice go by the measure's id and theirs: ``surface_dice_signed_gap``.
    """
    rows = []
    every = [Quantity(measure, name) for measure in MEASURES for name in DISPARITIES]
    names = {q: q.over if q.measure == "dice" else f"{q.measure}_{q.over}" for q in every}
    for run in result.runs:
        for r, record in zip(run.rounds, run.records, strict=True):
            row = _about(result, run) | {
                "round": r.round, "labelled": r.labelled, "labelled_mm3": r.labelled_mm3, "dice": r.dice,
                "es_dice": r.es_dice, "signed_gap": r.signed_gap, "cached": r.cached,
                "seconds": sum(r.seconds.values()),
            }  # fmt: skip
            rows.append(row | {name: q.of(record, result.groups) for q, name in names.items()})
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
    """One row per arm, group and measure at the last comparable round, summarised over seeds.

    A seed is one observation: the cases of several seeds are not independent. See `summarise_over_seeds`.
    """
    at, rows = comparable_round(result), []
    for arm in (*result.config.strategies, *result.config.references):
        last = 0 if arm in result.config.references else at
        runs = result.of(arm).values()
        tests = [run.records[last].test for run in runs if last is not None and len(run.records) > last]
        for measure in MEASURES if tests else ():
            seeds = [by_group(test.of(measure), test.group, result.groups) for test in tests]
            for group in result.groups:
                own = summarise_over_seeds([cases[group] for cases in seeds])
                low, high = own.interval or (None, None)
                about = {"label": arm_label(arm), "group": group, "measure": measure, "seeds": len(seeds)}
                rows.append(about | {"mean": own.mean, "low": low, "high": high, "sd": own.sd, "cases": own.n,
                                     "failures": own.failures})  # fmt: skip
    return pd.DataFrame(rows)


def summary_frame(summary: Sequence[ArmSummary]) -> pd.DataFrame:
    """One row per arm in one measure: the table of everything, group means in columns of their own."""
    return pd.DataFrame([_flat(row) for row in summary])


def _flat(row: ArmSummary) -> dict:
    level, against = row.level, row.against
    flat = {
        "strategy": row.strategy, "label": arm_label(row.strategy), "role": row.role, "measure": level.measure,
        "seeds": len(level.seeds), "paired": len(against.seeds) if against else 0, "labelled": row.labelled,
        "mean": level.overall, **{f"mean_{group}": value for group, value in level.by_group.items()},
        "worst_group_mean": level.worst_group, "gap": level.gap, "signed_gap": level.signed_gap,
        "gap_by_noise": level.gap_by_noise, "equity_scaled": level.equity_scaled,
        "failures": sum(level.failures.values()),
    }  # fmt: skip
    flat |= _flat_against(against)
    flat |= {f"picked_share_{group}": value for group, value in row.over.picked_share.items()}
    return flat | {f"area_{name}": value for name, value in row.over.area.items()}


def _flat_against(against: Against | None) -> dict:
    if against is None:
        return dict.fromkeys(_AGAINST)
    reduction, difference, paid = against.reduction, against.difference, against.paid
    low, high = (reduction.interval if reduction else None) or (None, None)
    from_, to = difference.interval or (None, None)
    values = (
        reduction.value if reduction else None, reduction.signed if reduction else None, low, high,
        reduction.over if reduction else None, difference.mean,
        from_, to, difference.p, against.p_holm, paid.worst, paid.best, paid.worst_gain, paid.best_loss,
        paid.overshoot,
    )  # fmt: skip
    return dict(zip(_AGAINST, values, strict=True))


_AGAINST = (
    "disparity_reduction", "signed_reduction", "interval_low", "interval_high", "interval_over", "gap_difference",
    "gap_interval_low", "gap_interval_high", "p", "p_holm", "worst_group", "best_group", "worst_group_gain",
    "best_group_loss", "overshoot",
)  # fmt: skip


def readable(summary: Sequence[ArmSummary], groups: Sequence[str]) -> pd.DataFrame:
    """The table of everything in one measure as a person reads it: words as headers, numbers with their formats.

    Columns without any number are left out; the measure's unit stands in the headers.
    """
    if not summary:
        return pd.DataFrame()
    measure = MEASURES[summary[0].level.measure]
    unit = f", {measure.unit}" if measure.unit else ""
    name = MEASURE_LABELS[measure.id]
    names = {
        "label": "Arm", "seeds": "Seeds", "labelled": "Labelled scans", "mean": f"{name}{unit}",
        **{f"mean_{group}": f"{name}, {group}" for group in groups}, "gap": "Gap", "gap_by_noise": "Noise alone",
        "signed_gap": "Signed gap", "equity_scaled": f"Equity-scaled {measure.label}", "failures": "Nothing found",
        "disparity_reduction": "Disparity reduction", "signed_reduction": "Of the signed gap",
        "interval": "95 %",
        "worst_group_gain": "Worst group gained", "best_group_loss": "Best group lost", "overshoot": "Overshoot",
        "p_holm": "p (Holm)",
    }  # fmt: skip
    table = summary_frame(summary)
    ends = zip(table.interval_low, table.interval_high, strict=True)
    table["interval"] = [None if pd.isna(low) else f"{low:.0%} to {high:.0%}" for low, high in ends]
    if not table.failures.any():
        table = table.drop(columns="failures")
    table = table[[column for column in names if column in table and table[column].notna().any()]]
    for column in table.select_dtypes("float"):
        form = _FORMATS.get(column, "#").replace("#", measure.format)
        table = table.assign(**{column: [None if pd.isna(v) else format(v, form) for v in table[column]]})
    return table.rename(columns=names)


_FORMATS = {
    "disparity_reduction": ".0%", "signed_reduction": ".0%", "p_holm": ".3f",
    "signed_gap": "+#", "worst_group_gain": "+#", "best_group_loss": "+#",
}  # fmt: skip
"""Of columns, as Python writes formats; # stands for the measure's own, which all others have."""


def measures_readable(result: ExperimentResult) -> pd.DataFrame:
    """`measures_frame` as a person reads it."""
    table = measures_frame(result)
    if table.empty:
        return table
    forms = [MEASURES[name].format for name in table.measure]
    for column in ("mean", "low", "high", "sd"):
        table[column] = [None if pd.isna(v) else format(v, f) for v, f in zip(table[column], forms, strict=True)]
    named = [f"{MEASURES[name].label} {MEASURES[name].unit}".rstrip() for name in table.measure]
    return table.assign(measure=named).rename(
        columns={"label": "Arm", "group": "Group", "measure": "Measure", "mean": "Mean", "seeds": "Seeds",
                 "low": "95 % from", "high": "95 % to", "sd": "SD of cases", "cases": "Cases",
                 "failures": "Nothing found"}
    )  # fmt: skip
