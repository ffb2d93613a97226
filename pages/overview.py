"""Overview: the question, two brains, and what the latest experiment came to."""

import streamlit as st

from fairal.runs.library import readers
from fairal.ui.frame import begin, page_path
from fairal.ui.glossary import OF_A_COMPARISON, glossary
from fairal.ui.live import is_active
from fairal.ui.opening import is_watched, offer_demo, offer_study, say_question, show_latest

store = begin("Which scans to label next, and for whom will it work?")
library = readers(store)
experiments = library.experiments()
latest = experiments[0] if experiments else None
if not is_watched(latest):
    say_question(store)
if latest is None:
    st.info("Results appear here as rounds finish: Dice per group by labelled scans, the gap, and who paid for it.")
    st.stop()
show_latest(store, library, latest)
if is_watched(latest) and not is_active(store, [latest]):
    offer_demo(store)
with st.container(horizontal=True, vertical_alignment="center"):
    if not is_watched(latest) and st.button("Open in Compare", icon=":material/compare_arrows:"):
        st.switch_page(page_path("compare"), query_params={"experiments": latest})
    offer_study(library, latest)
    glossary(*OF_A_COMPARISON)
