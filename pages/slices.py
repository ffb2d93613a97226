"""Slices: what the models saw, subject by subject and round by round."""

import streamlit as st

from fairal.errors import FairalError
from fairal.report.results import read_experiment
from fairal.strategies.catalog import label
from fairal.ui.frame import begin, empty, latest_unless_asked, saying, warn_if_missing
from fairal.ui.slices import gallery_tab, maps_tab, still_tab, subjects_of, volume_tab
from fairal.ui.viewer import slice_viewer

store = begin("Slices")
there = store.experiments()
if not there:
    empty("T1 slices with the true and the predicted outline, entropy over them, round by round, will stand here.")
warn_if_missing("of", there, "the latest is shown")
top = st.columns([3, 2, 2, 2, 1])
latest_unless_asked("of", there[0])
experiment = top[0].selectbox("Experiment", there, index=None, key="of", bind="query-params") or there[0]
try:
    result = read_experiment(store, experiment)
except FairalError as error:
    st.error(str(error))
    st.stop()
runs = {run.key.run: run for run in result.runs if run.rounds}
seeds = sorted({run.seed for run in runs.values()})
if not runs:
    st.info("No round is finished yet; slices appear with the first one.")
    st.stop()
seed = top[4].selectbox("Seed", seeds, key="of_seed", bind="query-params")
names = [s for s in (*result.config.strategies, *result.config.references) if f"{s}-{seed}" in runs]
second = names.index("weighted_entropy") if "weighted_entropy" in names else min(1, len(names) - 1)
first = top[1].selectbox("Strategy", names, min(names.index("entropy"), len(names) - 1) if "entropy" in names else 0,
                         key="left", format_func=label, bind="query-params")  # fmt: skip
other = top[2].selectbox("Beside it", [*names, "nothing"], second, key="right", format_func=label, bind="query-params")
pair = [runs[f"{s}-{seed}"] for s in dict.fromkeys((first, other)) if s != "nothing"]
subjects = subjects_of(store, pair)
if not subjects:
    st.info("No volumes were kept for this seed, or they were cleaned away. Volumes are kept for the first seed unless "
            "asked for all at launch.")  # fmt: skip
    st.stop()
subject = top[3].selectbox("Subject", list(subjects), key="who", format_func=subjects.get, bind="query-params")

tabs = st.tabs(
    ["Viewer", "3D", "Picked", "Group maps", "Still picture"], key="view_tab", on_change="rerun", bind="query-params"
)
for tab, show in zip(
    tabs,
    (
        lambda: slice_viewer(store, result.config, pair, subject) or st.info("Neither strategy kept this subject."),
        lambda: volume_tab(store, result, pair, subject),
        lambda: gallery_tab(store, pair),
        lambda: maps_tab(store, result, pair),
        lambda: still_tab(store, result, pair, subject),
    ),
    strict=True,
):
    if tab.open:
        with tab, saying():
            show()
st.caption(f"{result.config.name}, seed {seed}: one synthetic cohort. The overlay's entropy is in bits, 0 to 1.")
