"""The parts of Compare: its table, its downloads, and several experiments side by side."""

import json
from collections.abc import Sequence

import streamlit as st

from fairal.errors import FairalError
from fairal.report.charts import strength_lines
from fairal.report.comparison import ArmSummary
from fairal.report.figures import quantity_axis
from fairal.report.frames import cases_frame, measures_frame, picks_frame, readable, rounds_frame
from fairal.report.html import CANNOT_TELL, report
from fairal.report.quantity import Quantity
from fairal.report.results import ExperimentResult, comparable_round, read_experiment
from fairal.report.several import by_strength, differences, side_by_side
from fairal.runs.reader import Reader
from fairal.ui.charts import chart
from fairal.ui.mosaic import strategy_mosaic


def results_table(result: ExperimentResult, summary: Sequence[ArmSummary]) -> None:
    """The table of everything, and per-case measures by group on demand."""
    st.subheader("All numbers")
    if summary:
        alt = "One row per arm with all statistics"
        st.dataframe(readable(summary, result.groups), hide_index=True, alt=alt)
    with st.expander(
        "Per-case measures by group (surface distances, surface Dice, volumes)", on_change="rerun", key="cases"
    ) as more:
        if more.open:
            st.dataframe(measures_frame(result), hide_index=True, alt="Mean, SD, n, failures and interval by group")
            st.caption("At each run's last round, all seeds together. Failures: cases in which nothing was found.")
    st.caption(CANNOT_TELL)


def downloads(reader: Reader, result: ExperimentResult, baseline: str) -> None:
    """The whole comparison as one file, and its tables."""
    options = {"on_click": "ignore", "width": "stretch"}
    columns = st.columns(5)
    columns[0].download_button(
        "Report (HTML)",
        lambda: report(result, baseline, strategy_mosaic(reader, result)),
        f"{result.id}.html",
        "text/html",
        icon=":material/description:",
        disabled=comparable_round(result) is None,
        type="primary",
        **options,
    )
    tables = {"Rounds": rounds_frame, "Cases": cases_frame, "Picks": picks_frame}
    for column, (text, frame) in zip(columns[1:4], tables.items(), strict=True):
        write = lambda frame=frame: frame(result).to_csv(index=False)  # noqa: E731
        name = f"{result.id}-{text.lower()}.csv"
        column.download_button(f"{text} (CSV)", write, name, "text/csv", **options)
    content = json.dumps({"schema": 1, "experiments": [result.config.model_dump(mode="json")]}, indent=2)
    columns[4].download_button("Configuration", content, f"{result.id}.json", "application/json", **options)


def several_experiments(reader: Reader, experiments: Sequence[str], baseline: str, quantity: Quantity) -> None:
    """What experiments came to against bias strength, and the fields in which they differ."""
    results = []
    for experiment in experiments:
        try:
            results.append(read_experiment(reader, experiment))
        except FairalError as error:
            st.warning(str(error))
    st.subheader("Several experiments")
    frame = by_strength(results, quantity)
    if len(frame):
        arms = list(dict.fromkeys(frame.strategy.dropna()))
        chart(
            lambda: strength_lines(frame, arms, quantity_axis(quantity)),
            frame,
            "by_strength",
            f"{quantity.title} at the end against bias strength",
            f"{len(results)} experiments. Compare only at equal budgets and groups; the table says what differs.",
            options=(quantity,),
        )
    st.dataframe(differences(results), hide_index=True, alt="Fields in which the experiments differ")
    table = side_by_side(results, baseline)
    if len(table):
        st.dataframe(table, hide_index=True, alt="One row per experiment and arm")
