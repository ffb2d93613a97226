"""How many more, and of whom? On Compare, once an experiment is done and somebody asks."""

import streamlit as st

from fairal.fairness.measures import MEASURES
from fairal.report.how_many import Forecast, default_wanted, how_many, make_forecast
from fairal.report.how_many.chart import curves_chart, curves_frame
from fairal.report.results import ExperimentResult
from fairal.ui.charts import chart

ASKED = ("surface_dice", "dice", "assd_mm")


def how_many_more(result: ExperimentResult) -> None:
    """Ask for a measure and a gap, and answer within what the experiment saw."""
    with st.expander("How many more labels, and of whom?", on_change="rerun", key="more") as more:
        if not more.open:
            return
        if result.growing:
            st.info("The curves are fitted once all runs have ended.")
            return
        left, right = st.columns(2)
        measure = MEASURES[left.selectbox("Measure", ASKED, format_func=lambda m: MEASURES[m].label, key="more_of")]
        usual = default_wanted(measure)
        wanted = right.number_input(
            f"Gap wanted {measure.unit}".strip(), 0.0, None, usual, usual / 4, key=f"more_gap_{measure.id}"
        )
        forecast = _forecast(result.id, measure.id, sum(len(run.rounds) for run in result.runs), result)
        answer = how_many(forecast, wanted)
        st.text(answer if isinstance(answer, str) else answer.text)
        frame = curves_frame(forecast)
        if not frame.empty:
            said = f"Fitted {measure.label} error by labelled scans, per group"
            note = "Curves over all arms of one training, nothing beyond what was seen. Bands: seeds drawn again."
            chart(lambda: curves_chart(forecast), frame, f"more_{measure.id}", said, note)


@st.cache_data(max_entries=16, show_spinner="Fitting the curves …")
def _forecast(experiment: str, measure: str, rounds: int, _result: ExperimentResult) -> Forecast:
    return make_forecast(_result, measure)
