"""Compare: one experiment, or several: how good, for whom, and who paid."""

import streamlit as st

from fairal.errors import FairalError
from fairal.report.quantity import Quantity
from fairal.report.results import comparable_round, read_experiment
from fairal.runs.library import readers
from fairal.ui.compare import choose_view, downloads, several_experiments
from fairal.ui.decide import decide, picked_arm
from fairal.ui.evidence import show_evidence
from fairal.ui.frame import begin, empty, latest_unless_asked, say_origin, saying, warn_if_missing
from fairal.ui.literal import literal
from fairal.ui.live import live, say_progress
from fairal.ui.more import how_many_more
from fairal.ui.reading import ReadOnce
from fairal.ui.summary import say_failed

store = begin("Compare")
library = readers(store)
there = library.experiments()
if not there:
    empty("Per-group Dice, the gap between groups, who was picked and who paid for it will stand here.")
warn_if_missing("experiments", there, "it is left out")
latest_unless_asked("experiments", there[:1])
controls = st.container(horizontal=True, vertical_alignment="bottom")
chosen = controls.multiselect("Experiments", there, key="experiments", bind="query-params", width=300,
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
        result = read_experiment(reader, chosen[0])
        say_failed(result)
        if comparable_round(result) is not None:
            subject = decide(store, result, view)
            show_evidence(reader, subject, picked_arm(subject))
            how_many_more(result)
            downloads(reader, result, view.baseline)
        elif not result.growing:
            st.info("No round was finished by all arms.")
        else:
            st.caption("The arms are compared as soon as each of them has finished a round.")
        if len(chosen) > 1:
            several_experiments(reader, chosen, view.baseline, Quantity(view.measures[0], view.over))


live(store, chosen[:1], lambda: say_progress(store, library, chosen[0]))
live(store, chosen, comparison, seconds=2.0)
