"""Compare: one experiment, or several: how good, for whom, and who paid."""

import streamlit as st

from fairal.errors import FairalError
from fairal.facts.state import ENDED
from fairal.report.figure import Subject
from fairal.report.figures import figures
from fairal.report.quantity import Quantity
from fairal.report.results import read_experiment
from fairal.report.summary import summarise_experiment
from fairal.runs.library import readers
from fairal.ui.charts import show_all
from fairal.ui.compare import choose_view, downloads, results_table, several_experiments
from fairal.ui.frame import begin, empty, latest_unless_asked, say_origin, saying, warn_if_missing
from fairal.ui.literal import literal
from fairal.ui.live import live, progress
from fairal.ui.more import how_many_more
from fairal.ui.reading import ReadOnce
from fairal.ui.summary import say_headline, say_verdicts, show_cards

store = begin("Compare")
library = readers(store)
there = library.experiments()
if not there:
    empty("Per-group Dice, the gap between groups, who was picked and who paid for it will stand here.")
warn_if_missing("experiments", there, "it is left out")
latest_unless_asked("experiments", there[:1])
controls = st.container(horizontal=True, vertical_alignment="bottom")
chosen = controls.multiselect("Experiments", there, key="experiments", bind="query-params", width=240,
                              help="The charts show the first; several are compared below.")  # fmt: skip
if not chosen:
    st.info("Choose an experiment.")
    st.stop()
try:
    config = library.snapshot(chosen[0]).config
except FairalError as error:
    st.error(literal(error, 1000))
    st.stop()
with controls:
    view = choose_view(config)
say_origin(library, chosen[0])


def comparison() -> None:
    """Everything that grows while runs go on."""
    with saying():
        reader = ReadOnce(library)
        state, result = progress(store, reader.snapshot(chosen[0]).runs), read_experiment(reader, chosen[0])
        failed = [run for run in result.runs if run.state == "failed"]
        if failed:
            st.error(f"{len(failed)} run(s) failed, e.g. {literal(failed[0].key.run)}: {literal(failed[0].reason)}")
        if not any(run.rounds for run in result.runs):
            st.info("The first round is on its way." if state not in ENDED else "No round was finished.")
        else:
            subject, summary = Subject(result, view), summarise_experiment(result, view.baseline)
            show_cards(subject, summary)
            say_headline(subject, summary)
            show_all(figures(subject), options=(view,))
            say_verdicts(subject, summary)
            how_many_more(result, state)
            results_table(subject)
            downloads(reader, result, view.baseline)
        if len(chosen) > 1:
            several_experiments(reader, chosen, view.baseline, Quantity(view.measures[0], view.over))


live(store, chosen, comparison)
