"""The story on a page: which experiment it tells, its stage, and the file to take along."""

import secrets

import streamlit as st

from fairal.errors import FairalError
from fairal.presets import preset
from fairal.report.story import Story, offline_html, story_of
from fairal.report.story.offline import renderer
from fairal.runs.launch import launch
from fairal.runs.library import Library
from fairal.runs.reader import Reader
from fairal.runs.store import Store
from fairal.ui.frame import LINGER_SECONDS, page_path, saying


@st.cache_resource(max_entries=1)
def _component():
    return st.components.v2.component("fairal_story", **renderer())


def told(library: Library) -> list[str]:
    """List the finished experiments that compare something: the shipped study first, then the newest."""
    shipped = library.shipped()
    there = [*shipped, *(name for name in library.experiments() if name not in shipped)]
    return [experiment for experiment in there if _has_story(library, experiment)]


def _has_story(library: Library, experiment: str) -> bool:
    """Whether its baseline and another arm have ended; no record is read for this."""
    try:
        bundle = library.bundle(experiment)
        config = bundle.config() if bundle else library.store.config(experiment)
        finished = library.standing(experiment).state == "done"
    except FairalError:
        return False
    return finished and config.baseline in config.strategies and len(config.strategies) > 1


def choose(library: Library, experiments: list[str]) -> str:
    """Let a person choose whose story is told; the address names it."""
    asked = st.query_params.get("experiment")
    if asked and asked not in experiments and asked in library.experiments():
        experiments = [asked, *experiments]  # not finished yet: what there is of it may still be told
    st.session_state.setdefault("story_of", asked if asked in experiments else experiments[0])
    chosen = st.selectbox(
        "Experiment",
        experiments,
        format_func=lambda name: f"{name} (shipped)" if library.origin(name) == "shipped" else name,
        key="story_of",
        label_visibility="collapsed",
        width=340,
    )
    st.query_params["experiment"] = chosen
    return chosen


def show_story(story: Story) -> None:
    """Put a story on the page."""
    _component()(data={"story": story.as_json()}, key="story")


def save_button(story: Story) -> None:
    """Offer a story as a file."""
    st.download_button(
        "Save as one file",
        lambda: offline_html(story),
        f"{story.experiment}.html",
        "text/html",
        icon=":material/download:",
        on_click="ignore",
        help="The same scenes as one HTML file that opens anywhere, without a network.",
    )


@st.cache_data(max_entries=4, show_spinner="Reading the experiment …")
def read_story(_reader: Reader, experiment: str) -> Story:
    """Tell the story of an experiment, once."""
    # An experiment that has a story has ended: its records do not change any more.
    return story_of(_reader, experiment)


def offer_demo(store: Store) -> None:
    """Say what will stand here, and start the demo on request."""
    st.info(
        "The story of an experiment will stand here, scene by scene, for a room of people: whom each way of picking "
        "labels, who is poorly served, and who paid.",
        icon=":material/info:",
    )
    st.session_state.setdefault("story_token", secrets.token_hex(8))
    if st.button("Run the demo", type="primary", icon=":material/play_arrow:"):
        with saying():
            launch(store, preset("demo"), token=st.session_state["story_token"], linger_seconds=LINGER_SECONDS)
            st.switch_page(page_path("overview"))
    st.stop()
