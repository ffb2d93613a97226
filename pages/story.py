"""Story: a finished experiment told to a room of people, scene by scene."""

import streamlit as st

from fairal.runs.library import readers
from fairal.ui.frame import begin, saying, warn_if_missing
from fairal.ui.story import choose, offer_demo, read_story, save_button, show_story, told

st.set_page_config(initial_sidebar_state="collapsed")
heading = st.container(horizontal=True, vertical_alignment="bottom")
with heading:
    store = begin("Story")
library = readers(store)
experiments = told(library)
warn_if_missing("experiment", library.experiments(), "another is told")
if not experiments:
    offer_demo(store)
with saying():
    with heading:
        story = read_story(library, choose(library, experiments))
        save_button(story)
    show_story(story)
