"""The parts of Compare: charts of one experiment, its table, its downloads, and several experiments side by side."""

import json

import pandas as pd
import streamlit as st

from fairal.errors import FairalError
from fairal.report.charts import (
    MEASURES,
    dice_by_budget,
    gap_by_strength,
    measure_by_budget,
    pick_shares,
    reduction_bars,
    trade_off,
    weights_by_round,
    who_paid_bars,
)
from fairal.report.frames import cases_frame, groups_frame, measures_frame, picks_frame, rounds_frame, summary_frame
from fairal.report.html import CANNOT_TELL, report
from fairal.report.results import ExperimentResult, comparable_round, read_experiment
from fairal.report.summary import StrategySummary, by_noise_alone, paid_sentence, summarise_experiment
from fairal.runs.store import Store
from fairal.strategies.catalog import label
from fairal.ui.charts import chart
from fairal.ui.mosaic import strategy_mosaic


def main_charts(
    result: ExperimentResult,
    summary: list[StrategySummary],
    strategies: list[str],
    baseline: str,
    measure: str,
    x: str,
) -> None:
    """Draw every chart of one experiment."""
    labels = [label(s) for s in strategies]
    groups, rounds = groups_frame(result), rounds_frame(result)
    groups, rounds = (f[f.label.isin(labels)] for f in (groups, rounds))
    if rounds.empty:
        st.info("None of the chosen strategies has a round yet.")
        return
    table, at = summary_frame(summary), comparable_round(result)
    n = _n(result, rounds)
    st.subheader("Test Dice per group")
    chart(
        lambda: dice_by_budget(groups, result.groups, x),
        groups,
        "dice_per_group",
        _dice_says(summary),
        f"{n}. Bands: 95 % over seeds.",
        options=(x,),
    )
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(MEASURES[measure].split(" (")[0])
        noise = by_noise_alone(result, baseline, measure)
        if measure == "signed_gap" and rounds.signed_gap.isna().all():
            st.info("The signed gap needs exactly two groups.")
        else:
            said = f"{MEASURES[measure]} by budget, {len(labels)} strategies"
            dashed = "; dashed: what noise alone would show" if noise is not None else ""
            chart(
                lambda: measure_by_budget(rounds, measure, strategies, x, noise),
                rounds,
                f"{measure}_by_budget",
                said,
                n + dashed + ".",
                options=(x, noise),
            )
    with right:
        st.subheader("Mean Dice against gap")
        last = at if at is not None else int(rounds["round"].max())
        chart(
            lambda: trade_off(rounds, strategies, last),
            rounds[rounds["round"] == last],
            "trade_off",
            "Fair and accurate is at the upper left",
            f"{n}, round {last}. Upper left is fair and accurate.",
        )
    compared = table[table.label.isin(labels) & table.disparity_reduction.notna()] if len(table) else table
    if len(compared):
        _reductions(compared, summary, strategies, baseline, n)
    if groups.share.notna().any():
        _picks(groups, result, n)


def _reductions(
    compared: pd.DataFrame, summary: list[StrategySummary], strategies: list[str], baseline: str, n: str
) -> None:
    """Disparity reduction with its interval, and beside it who paid."""
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Disparity reduction")
        kinds = set(compared.interval_kind.dropna())
        over = (
            "95 % interval over the matched test subjects of one seed, nothing else"
            if "test subjects" in kinds
            else ("95 % interval over seeds (Fieller); none where it is unbounded")
        )
        chart(
            lambda: reduction_bars(compared, strategies),
            compared,
            "disparity_reduction",
            f"Disparity reduction against {label(baseline)}",
            f"Against {label(baseline).lower()}. {over}. {n}.",
        )
    with right:
        st.subheader("Who paid")
        said = " ".join(
            f"{label(r.strategy)}: {paid_sentence(r)}"
            for r in summary
            if r.strategy in strategies and r.worst_group_gain is not None
        )
        chart(lambda: who_paid_bars(compared, strategies), compared, "who_paid", said, said)


def _picks(groups: pd.DataFrame, result: ExperimentResult, n: str) -> None:
    """Who was picked, and the weights that caused it."""
    st.subheader("Who was picked, and the weights that caused it")
    chart(
        lambda: pick_shares(groups, result.groups),
        groups,
        "pick_shares",
        "Share of each group in every pick",
        f"Mean over seeds. {n}.",
    )
    chart(
        lambda: weights_by_round(groups, result.groups),
        groups,
        "weights",
        "Weights of the groups by round",
        "w_g rises with the model's error on the labelled subjects of a group (D_g in the tooltip); every strategy "
        "records it, the weighted ones use it.",
    )


def _n(result: ExperimentResult, rounds: pd.DataFrame) -> str:
    seeds = rounds.seed.nunique()
    return f"n = {seeds} seed{'s' if seeds > 1 else ''}, {result.config.cohort.test_pairs} matched test pairs each"


def _dice_says(summary: list[StrategySummary]) -> str:
    rows = [r for r in summary if r.role == "strategy"]
    parts = [f"{label(r.strategy)}: " + ", ".join(f"{g} {d:.2f}" for g, d in r.dice_by_group.items()) for r in rows]
    return (
        "Test Dice per group by budget. At the end: " + "; ".join(parts) if parts else "Test Dice per group by budget"
    )


def results_table(result: ExperimentResult, summary: list[StrategySummary]) -> None:
    """The table of everything, and per-case measures by group on demand."""
    st.subheader("All numbers")
    table = summary_frame(summary)
    if len(table):
        first = [
            "label",
            "role",
            "seeds",
            "labelled",
            "dice",
            *[f"dice_{g}" for g in result.groups],
            "gap",
            "gap_by_noise",
        ]
        order = [*first, *[c for c in table.columns if c not in first and c not in ("strategy", "interval_kind")]]
        st.dataframe(
            table[order],
            hide_index=True,
            alt="One row per strategy with all statistics",
            column_config={c: st.column_config.NumberColumn(format="%.3f") for c in table.select_dtypes("float")},
        )
    with st.expander(
        "Per-case measures by group (surface distances, surface Dice, volumes)", on_change="rerun", key="cases"
    ) as more:
        if more.open:
            st.dataframe(measures_frame(result), hide_index=True, alt="Mean, SD, n, failures and interval by group")
            st.caption("At each run's last round, all seeds together. Failures: cases in which nothing was found.")
    st.caption(CANNOT_TELL)


def downloads(store: Store, result: ExperimentResult, baseline: str) -> None:
    """The whole comparison as one file, and its tables."""
    options = {"on_click": "ignore", "width": "stretch"}
    columns = st.columns(5)
    name = result.id

    def write_report() -> str:
        return report(result, baseline, strategy_mosaic(store, result))

    ready = comparable_round(result) is not None
    columns[0].download_button(
        "Report (HTML)",
        write_report,
        f"{name}.html",
        "text/html",
        icon=":material/description:",
        disabled=not ready,
        type="primary",
        **options,
    )
    for column, (text, frame) in zip(
        columns[1:4], (("Rounds", rounds_frame), ("Cases", cases_frame), ("Picks", picks_frame)), strict=True
    ):
        column.download_button(
            f"{text} (CSV)",
            lambda frame=frame: frame(result).to_csv(index=False),
            f"{name}-{text.lower()}.csv",
            "text/csv",
            **options,
        )
    content = {"schema": 1, "experiments": [result.config.model_dump(mode="json")]}
    columns[4].download_button(
        "Configuration", json.dumps(content, indent=2), f"{name}.json", "application/json", **options
    )


def several_experiments(store: Store, experiments: list[str], baseline: str) -> None:
    """Final gap against bias strength, and the fields in which the experiments differ."""
    rows, configs, summaries = [], {}, []
    for experiment in experiments:
        try:
            result = read_experiment(store, experiment)
        except FairalError as error:
            st.warning(str(error))
            continue
        configs[experiment] = _flat(result.config.model_dump(mode="json"))
        at = comparable_round(result)
        strength = max(group.strength for group in result.config.cohort.groups)
        for run in result.runs:
            if at is not None and run.role == "strategy" and len(run.rounds) > at:
                rows.append(
                    {
                        "experiment": experiment,
                        "strategy": run.strategy,
                        "label": label(run.strategy),
                        "seed": run.seed,
                        "strength": strength,
                        "gap": run.rounds[at].gap,
                    }
                )
        summaries += [
            {"experiment": experiment, **row}
            for row in summary_frame(summarise_experiment(result, baseline)).to_dict("records")
        ]
    st.subheader("Several experiments")
    frame = pd.DataFrame(rows)
    if len(frame):
        strategies = list(dict.fromkeys(frame.strategy))
        chart(
            lambda: gap_by_strength(frame, strategies),
            frame,
            "gap_by_strength",
            "Final gap against bias strength",
            f"{len(configs)} experiments. Compare only at equal budgets and groups; the table says what differs.",
        )
    differing = [
        f
        for f in dict.fromkeys(k for c in configs.values() for k in c)
        if len({str(c.get(f)) for c in configs.values()}) > 1
    ]
    st.dataframe(
        pd.DataFrame({e: {f: str(c.get(f, "–")) for f in differing} for e, c in configs.items()}),
        alt="Fields in which the experiments differ",
    )
    if summaries:
        shown = ["experiment", "label", "seeds", "labelled", "dice", "gap", "es_dice", "disparity_reduction"]
        st.dataframe(pd.DataFrame(summaries)[shown], hide_index=True, alt="One row per experiment and strategy")


def _flat(content: dict, prefix: str = "") -> dict:
    flat = {}
    for name, value in content.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            flat |= {k: v for i, item in enumerate(value) for k, v in _flat(item, f"{prefix}{name}.{i}.").items()}
        else:
            flat[prefix + name] = value
    return flat
