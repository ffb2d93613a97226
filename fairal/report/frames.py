"""From results to tidy tables: one row per run and round, per group, per pick, per case, per strategy."""

from dataclasses import asdict

import pandas as pd

from fairal.fairness.disparity import DISPARITIES
from fairal.fairness.groups import summarise
from fairal.report.results import CASE_MEASURES, ExperimentResult, disparity_values
from fairal.report.summary import StrategySummary
from fairal.strategies.catalog import label


def _about(result: ExperimentResult, run) -> dict:
    return {"experiment": result.id, "strategy": run.strategy, "label": label(run.strategy), "seed": run.seed,
            "role": run.role}  # fmt: skip


def rounds_frame(result: ExperimentResult) -> pd.DataFrame:
    """One row per run and round: budget, Dice, gap, ES-Dice and the other disparities, seconds."""
    rows = []
    measures = [m for m in DISPARITIES if m != "signed_gap"]
    for run in result.runs:
        for r in run.rounds:
            row = _about(result, run) | {
                "round": r.round, "labelled": r.labelled, "labelled_mm3": r.labelled_mm3, "dice": r.dice,
                "es_dice": r.es_dice, "signed_gap": r.signed_gap, "cached": r.cached,
                "seconds": sum(r.seconds.values()),
            }  # fmt: skip
            rows.append(row | {m: disparity_values([r], m)[0] for m in measures})
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
            row = {"strategy": strategy, "label": label(strategy), "group": group, "measure": measure}
            rows.append(row | asdict(summarise(values)))
    return pd.DataFrame(rows)


def summary_frame(summary: list[StrategySummary]) -> pd.DataFrame:
    """One row per strategy: the table of everything, group means in columns of their own."""
    rows = []
    for row in summary:
        flat = asdict(row) | {"label": label(row.strategy)}
        by_group, share, area = flat.pop("dice_by_group"), flat.pop("picked_share"), flat.pop("area")
        for name in ("interval", "gap_interval"):
            pair = flat.pop(name)
            flat |= {f"{name}_low": pair[0] if pair else None, f"{name}_high": pair[1] if pair else None}
        flat |= {f"dice_{group}": value for group, value in by_group.items()}
        flat |= {f"picked_share_{group}": value for group, value in share.items()}
        flat |= {f"area_{name}": value for name, value in area.items()}
        rows.append(flat)
    return pd.DataFrame(rows)
