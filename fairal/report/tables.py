"""The numbers behind each figure: means over seeds with their intervals, beside the single seeds."""

from collections.abc import Sequence

import pandas as pd
from scipy import stats

from fairal.report.arms import arm_label
from fairal.report.levels import ArmSummary
from fairal.report.quantity import MEAN, Quantity, judged_in
from fairal.report.results import ExperimentResult

SEEDS_FOR_A_BAND = 4
"""Below it an interval by the t distribution is so wide that it hides the lines: 4.3 standard errors at 3 seeds."""
Bounds = tuple[float | None, float | None]


def with_intervals(frame: pd.DataFrame, by: Sequence[str], value: str, level: float = 0.95) -> pd.DataFrame:
    """Average a value over seeds: mean, n, and the t interval (none below two seeds)."""
    grouped = frame.groupby(list(by), sort=False, observed=True)[value]
    table = grouped.agg(["mean", "std", "count"]).reset_index()
    n = table["count"].clip(lower=1)
    half = stats.t.ppf((1 + level) / 2, (n - 1).clip(lower=1)) * table["std"] / n**0.5
    half = half.where(n > 1)
    return table.assign(low=table["mean"] - half, high=table["mean"] + half).rename(columns={"count": "n"})


def means_and_seeds(frame: pd.DataFrame, by: Sequence[str], possible: Bounds) -> pd.DataFrame:
    """Set the means over seeds beside the seeds themselves.

    Args:
        frame: A row per seed, with ``seed``, ``x`` (averaged like the value), ``value`` and the columns of `by`.
        by: What makes a mean, such as label and round.
        possible: Ends to which a band is clipped.

    Returns:
        Rows of ``kind`` *mean* (with ``n``, and from `SEEDS_FOR_A_BAND` on ``low`` and ``high``) and *seed*.
    """
    means = with_intervals(frame, by, "value").rename(columns={"mean": "value"}).drop(columns="std")
    if "x" not in by:
        where = frame.groupby(list(by), sort=False, observed=True).x.mean().reset_index()
        means = means.merge(where, on=list(by))
    banded = means.n >= SEEDS_FOR_A_BAND
    for end in ("low", "high"):
        means[end] = means[end].clip(*possible).where(banded)
    parts = [means.assign(kind="mean"), frame.assign(kind="seed")]
    columns = [*by, *([] if "x" in by else ["x"]), "value", "low", "high", "n", "kind", "seed"]
    extra = [c for c in frame.columns if c not in columns]
    return pd.concat(parts, ignore_index=True).reindex(columns=[*columns, *extra])


def _reached(result: ExperimentResult, arms: Sequence[str], x: str):
    for run in result.runs:
        if run.strategy in arms:
            for judged, record in zip(run.rounds, run.records, strict=True):
                about = {"label": arm_label(run.strategy), "seed": run.seed, "round": judged.round}
                yield about | {"x": getattr(judged, x)}, record


def groups_by_budget(result: ExperimentResult, arms: Sequence[str], measure: str, x: str) -> pd.DataFrame:
    """Each group's mean of a measure by budget: rows of `means_and_seeds` with ``label``, ``group`` and ``round``."""
    rows = [
        about | {"group": group, "value": value}
        for about, record in _reached(result, arms, x)
        for group, value in judged_in(record, result.groups, measure).by_group.items()
        if value is not None
    ]
    return _table(rows, ["label", "group", "round"], Quantity(measure, MEAN).possible)


def quantity_by_budget(result: ExperimentResult, arms: Sequence[str], quantity: Quantity, x: str) -> pd.DataFrame:
    """A number over the groups by budget: rows of `means_and_seeds` with ``label`` and ``round``."""
    rows = [
        about | {"value": value}
        for about, record in _reached(result, arms, x)
        if (value := quantity.of(record, result.groups)) is not None
    ]
    return _table(rows, ["label", "round"], quantity.possible)


def _table(rows: list[dict], by: list[str], possible: Bounds) -> pd.DataFrame:
    return means_and_seeds(pd.DataFrame(rows), by, possible) if rows else pd.DataFrame()


def trade_off(result: ExperimentResult, arms: Sequence[str], quantities: tuple[Quantity, Quantity], at: int):
    """Two numbers of every arm after a round, the first as ``x``, the second as ``value``; means and single seeds."""
    rows = [
        {"label": arm_label(run.strategy), "seed": run.seed, "x": pair[0], "value": pair[1]}
        for run in result.runs
        if run.strategy in arms and len(run.records) > at
        for pair in [tuple(q.of(run.records[at], result.groups) for q in quantities)]
        if None not in pair
    ]
    return _table(rows, ["label"], (None, None))


def reductions(summary: Sequence[ArmSummary]) -> pd.DataFrame:
    """Reduction of the signed gap of each arm against the baseline; its interval over seeds, none from one seed."""
    return pd.DataFrame(
        [
            {
                "label": arm_label(row.strategy), "value": reduction.signed, "n": len(row.against.seeds),
                "low": reduction.of_seeds[0] if reduction.of_seeds else None,
                "high": reduction.of_seeds[1] if reduction.of_seeds else None,
            }
            for row in summary
            if row.against and (reduction := row.against.reduction) and reduction.signed is not None
        ]
    )  # fmt: skip


def paid(summary: Sequence[ArmSummary]) -> pd.DataFrame:
    """Each group's mean under the baseline and under each arm, over the seeds that both have.

    Returns:
        Rows of ``label``, ``group``, ``before``, ``after``, ``change``, ``way`` (*up* or *down*) and ``n``, the seeds.
    """
    rows = [
        {"label": arm_label(row.strategy), "group": group, "before": row.against.base.by_group[group],
         "after": after, "n": len(row.against.seeds)}
        for row in summary
        if row.against
        for group, after in row.against.own.by_group.items()
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    if frame.empty:
        return frame
    change = frame.after - frame.before
    return frame.assign(change=change, way=change.ge(0).map({True: "up", False: "down"}))


def picks(result: ExperimentResult, arms: Sequence[str]) -> pd.DataFrame:
    """Mean over seeds by arm, round and group: share of the picks, weight w_g and Dice on the labelled, D_g."""
    rows = [
        {
            "label": arm_label(run.strategy), "round": r.round, "group": group, "seed": run.seed,
            "share": r.picked_by_group[group] / sum(r.picked_by_group.values()), "weight": r.weights[group],
            "labelled_dice": r.labelled_dice_by_group[group],
        }
        for run in result.runs
        if run.strategy in arms
        for r in run.rounds
        if r.picked_by_group and sum(r.picked_by_group.values())
        for group in result.groups
    ]  # fmt: skip
    if not rows:
        return pd.DataFrame()
    grouped = pd.DataFrame(rows).groupby(["label", "round", "group"], sort=False)
    table = grouped[["share", "weight", "labelled_dice"]].mean()
    return table.assign(n=grouped.seed.nunique()).reset_index()
