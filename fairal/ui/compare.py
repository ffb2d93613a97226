"""The parts of Compare: what is asked, its downloads, and several experiments side by side."""

import json
from collections.abc import Sequence

import streamlit as st

from fairal.config import ExperimentConfig
from fairal.errors import FairalError
from fairal.report.arms import arm_label
from fairal.report.charts import strength_lines
from fairal.report.figure import BESIDE, X_AXES, View, axis_of
from fairal.report.frames import cases_frame, picks_frame, rounds_frame
from fairal.report.glossary import define, defined
from fairal.report.html import cannot_tell, report
from fairal.report.quantity import MEASURE_LABELS, OVER_GROUPS, Quantity
from fairal.report.results import ExperimentResult, comparable_round, read_experiment
from fairal.report.several import by_strength, differences, side_by_side
from fairal.report.sheet import csv_text
from fairal.runs.reader import Reader
from fairal.ui.charts import chart
from fairal.ui.literal import literal
from fairal.ui.mosaic import strategy_mosaic

_MEASURES = defined(("Dice", "surface Dice", "ASSD", "HD95", "volume error"))
_OVER_GROUPS = defined(("gap", "signed gap", "worst group", "equity-scaled Dice"))


def choose_view(config: ExperimentConfig) -> View:
    """Ask what of an experiment is looked at, in a row that wraps; what is chosen stands in the address."""
    arms, groups = list(config.strategies), config.cohort.group_names
    measures = st.multiselect("Measures", list(MEASURE_LABELS), list(BESIDE), key="measures", bind="query-params",
                              format_func=MEASURE_LABELS.get, width=240, help=_MEASURES)  # fmt: skip
    disparities = [name for name in OVER_GROUPS if len(groups) == 2 or name != "signed_gap"]
    over = st.selectbox("Over the groups", disparities, key="over", format_func=OVER_GROUPS.get, bind="query-params",
                        width=150, help=_OVER_GROUPS)  # fmt: skip
    usual = arms.index(config.baseline) if config.baseline in arms else 0
    baseline = st.selectbox("Baseline", arms, usual, key="baseline", format_func=arm_label, bind="query-params",
                            width=170, help=define("baseline"))  # fmt: skip
    if config.baseline not in arms:
        st.caption(f"Its own baseline, {arm_label(config.baseline).lower()}, is none of its arms.")
    with st.popover("More", icon=":material/tune:"):
        shown = st.multiselect("Arms", arms, [], key="show", format_func=arm_label, bind="query-params",
                               placeholder="All of this experiment")  # fmt: skip
        x = st.selectbox("Horizontal axis", list(X_AXES), key="axis", format_func=X_AXES.get, bind="query-params")
    return View(tuple(shown or arms), baseline, tuple(measures) or BESIDE, over, x)


def downloads(reader: Reader, result: ExperimentResult, baseline: str) -> None:
    """What no comparison of these can tell; the whole of it as one file, and its tables."""
    st.caption(literal(cannot_tell(result), 1000))
    options, row = {"on_click": "ignore"}, st.container(horizontal=True)
    row.download_button(
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
    for text, frame in tables.items():
        write = lambda frame=frame: csv_text(frame(result))  # noqa: E731
        name = f"{result.id}-{text.lower()}.csv"
        row.download_button(f"{text} (CSV)", write, name, "text/csv", **options)
    content = json.dumps({"schema": 1, "experiments": [result.config.model_dump(mode="json")]}, indent=2)
    row.download_button("Configuration", content, f"{result.id}.json", "application/json", **options)


def several_experiments(reader: Reader, experiments: Sequence[str], baseline: str, quantity: Quantity) -> None:
    """What experiments came to against bias strength, and the fields in which they differ."""
    results = []
    for experiment in experiments:
        try:
            results.append(read_experiment(reader, experiment))
        except FairalError as error:
            st.warning(literal(error))
    st.subheader("Several experiments")
    frame = by_strength(results, quantity)
    if len(frame):
        arms = list(dict.fromkeys(frame.strategy.dropna()))
        chart(
            lambda: strength_lines(frame, arms, axis_of(quantity, results[0].groups)),
            frame,
            "by_strength",
            f"{quantity.title} at the end against bias strength",
            f"{len(results)} experiments. Compare only at equal budgets and groups; the table says what differs.",
            options=(quantity,),
        )
    st.dataframe(differences(results), hide_index=True, placeholder="–", alt="Fields in which the experiments differ")
    table = side_by_side(results, baseline)
    if len(table):
        st.dataframe(table, hide_index=True, placeholder="–", alt="One row per experiment and arm")
