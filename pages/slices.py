"""Slices: what the models saw, subject by subject and round by round."""

import streamlit as st

from fairal.errors import FairalError
from fairal.report.arms import arm_label
from fairal.report.results import read_experiment
from fairal.runs.library import readers
from fairal.ui.frame import begin, empty, latest_unless_asked, say_origin, saying, warn_if_missing
from fairal.ui.glossary import glossary
from fairal.ui.literal import literal
from fairal.ui.reading import ReadOnce
from fairal.ui.slices import gallery_tab, maps_tab, open_where_asked, still_tab
from fairal.ui.viewer import slice_viewer
from fairal.ui.whose import ARMS, ROUNDS, TWINS, choices_of, sides_of, subjects_of

NOTHING = "nothing"

library = readers(begin("Slices"))
there = library.experiments()
if not there:
    empty("T1 slices with the true and the predicted outline, entropy over them, round by round, will stand here.")
warn_if_missing("of", there, "the latest is shown")
latest_unless_asked("of", there[0])
top = st.container(horizontal=True, vertical_alignment="bottom")
of, left, right, who, between = (top.container(width=width) for width in (250, 160, 180, 150, 130))
more = top.container(width="content").popover("More", icon=":material/tune:")
experiment = of.selectbox("Experiment", there, index=None, key="of", bind="query-params") or there[0]
say_origin(library, experiment)
reader = ReadOnce(library)
try:
    result = read_experiment(reader, experiment)
except FairalError as error:
    st.error(literal(error, 1000))
    st.stop()
seeds = sorted({run.seed for run in result.runs if run.rounds})
if not seeds:
    st.info("No round is finished yet; slices appear with the first one.")
    st.stop()
seed = more.selectbox("Seed", seeds, key="of_seed", bind="query-params")
runs = {run.strategy: run for run in result.runs if run.rounds and run.seed == seed}
names, baseline = list(runs), result.config.baseline
others = [name for name in result.config.strategies if name in runs and name != baseline]
first = left.selectbox("Strategy", names, names.index(baseline) if baseline in names else 0, key="left",
                       format_func=arm_label, bind="query-params")  # fmt: skip
other = right.selectbox("Beside it", [*names, NOTHING], names.index(others[-1]) if others else len(names),
                        key="right", format_func=arm_label, bind="query-params")  # fmt: skip
pair = [runs[name] for name in dict.fromkeys((first, other)) if name != NOTHING]
choices = choices_of(reader, pair)
if not choices:
    st.info("No volumes were kept for this seed, or they were cleaned away. Volumes are kept for the first seed unless "
            "asked for all at launch.")  # fmt: skip
    st.stop()
open_where_asked(choices)
whose = more.selectbox("Subjects", list(choices), key="whose", bind="query-params")
subject = who.selectbox("Subject", list(choices[whose]), key="who", format_func=choices[whose].get, bind="query-params")
matched = [TWINS] if result.config.cohort.kind == "synthetic" else []
against = between.selectbox("Wipe between", [ARMS, *matched, ROUNDS], key="between", bind="query-params")
link = {"of": experiment, "of_seed": str(seed), "left": arm_label(first), "right": arm_label(other), "whose": whose,
        "who": choices[whose][subject], "between": against}  # fmt: skip
sides = sides_of(against, pair, subject, subjects_of(reader, pair))
tabs = st.tabs(
    ["Viewer", "Picked", "Group maps", "Still picture"], key="view_tab", on_change="rerun", bind="query-params"
)
for tab, show in zip(
    tabs,
    (
        lambda: slice_viewer(reader, result.config, sides, link) or st.info("Neither strategy kept this subject."),
        lambda: gallery_tab(reader, pair, result.groups),
        lambda: maps_tab(reader, result, pair),
        lambda: still_tab(reader, result, pair, subject),
    ),
    strict=True,
):
    if tab.open:
        with tab, saying():
            show()
cohort = "synthetic cohort" if result.config.cohort.kind == "synthetic" else "split of the collection"
st.caption(f"{literal(result.config.name)}, seed {seed}: one {cohort}. The overlay's entropy is in bits, 0 to 1.")
glossary("arm", "round", "seed", "twin", "entropy", "Dice", "surface Dice", "volume error", "missed", "over-drawn")
