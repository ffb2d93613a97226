"""Overview: the question, two brains, and what the latest experiment came to."""

import secrets

import streamlit as st

from fairal.facts.state import ENDED
from fairal.presets import preset
from fairal.report.figure import Subject, View
from fairal.report.figures import served_by_budget
from fairal.report.results import read_experiment
from fairal.report.summary import headline, summarise_experiment
from fairal.runs.library import readers
from fairal.runs.speed import estimate_seconds
from fairal.ui.charts import show
from fairal.ui.frame import ROOT, begin, page_path, say_origin, saying
from fairal.ui.launching import launch_asking, may_change
from fairal.ui.literal import literal
from fairal.ui.live import duration, live, progress
from fairal.ui.reading import ReadOnce
from fairal.ui.summary import metric_cards

store = begin("Which scans to label next, and for whom will it work?")
left, right = st.columns([3, 4], gap="large")
with left:
    st.markdown(
        "Labelling 3D scans is expensive; active learning picks the scans most worth labelling. **For whom does the "
        "result work?** fairal shows it, and who pays for a smaller gap: real 3D U-Net runs, here, on this machine."
    )
    demo = preset("smoke" if st.query_params.get("demo") == "smoke" else "demo")
    seconds, basis = estimate_seconds(store, demo[0])
    st.session_state.setdefault("demo_token", secrets.token_hex(8))
    if st.button("Run the demo", type="primary", icon=":material/play_arrow:", help="Three strategies, real training.",
                 disabled=not may_change()):  # fmt: skip
        launch_asking(store, demo, "demo")
    note = {"measured": "from fits measured here", "scaled": "scaled from fits measured here"}.get(basis, "a guess")
    st.caption(
        f"{len(demo[0].strategies)} strategies, {demo[0].fits()} trainings, about {duration(seconds)} ({note}); "
        "it goes on if you close the browser."
    )
with right:
    picture = str(ROOT / "fairal" / "ui" / "assets" / "pair.png")
    st.image(picture, alt="The same synthetic brain twice; the outlined left caudate is smaller on the right.")
    st.caption(
        "The same synthetic brain, reference group left, biased group right: the left caudate (outlined) has shrunk. "
        "L and R are the patient's sides. No claim about patients."
    )

library = readers(store)
experiments = library.experiments()
if not experiments:
    st.info("Results appear here as rounds finish: Dice per group by labelled scans, the gap, and who paid for it.")
    st.stop()
latest = experiments[0]


def latest_results() -> None:
    """The latest experiment, growing while it runs."""
    with saying():
        reader = ReadOnce(library)
        state, result = progress(store, reader.snapshot(latest).runs), read_experiment(reader, latest)
        summary = summarise_experiment(result)
        st.subheader(f"Latest experiment: {literal(result.config.name)}")
        say_origin(library, latest)
        failed = [run for run in result.runs if run.state == "failed"]
        if failed:
            st.error(f"{len(failed)} run(s) failed, e.g. {literal(failed[0].key.run)}: {literal(failed[0].reason)}")
        if not any(run.rounds for run in result.runs):
            st.caption("The first round is on its way." if state not in ENDED else "No round was finished.")
        else:
            metric_cards(result, summary, result.config.baseline)
            text = headline(result, summary, result.config.baseline)
            st.markdown(f"**{literal(text, 600)}**" if text else "")
            show(served_by_budget(Subject(result, View.of(result)), "dice"))


live(store, [latest], latest_results)
if st.button("Open in Compare", icon=":material/compare_arrows:"):
    st.switch_page(page_path("compare"), query_params={"experiments": latest})
