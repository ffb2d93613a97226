"""Label next: which scans of a collection to label next, and for whom it works so far."""

import streamlit as st

from fairal.cohort.folder.collection import Collections
from fairal.errors import FairalError
from fairal.runs.advice import Desk
from fairal.ui.collections import open_collection
from fairal.ui.frame import begin, saying
from fairal.ui.literal import literal
from fairal.ui.next import (
    ask_button,
    cost_text,
    groups_table,
    question_form,
    wanted_cards,
    what_came,
    work_in_progress,
)
from fairal.ui.next_history import aside_list, history

store = begin("Label next")
names = Collections(store.home).names()
if not names:
    st.info(
        "The scans of your own that are worth labelling next will stand here. Import a folder first: scans, a table "
        "with a group for each, and a few masks.",
        icon=":material/info:",
    )
    st.code("fairal import FOLDER --name NAME --group COLUMN", language=None)
    st.stop()
name = st.selectbox("Collection", names, key="next_of", bind="query-params")
try:
    collection = open_collection(Collections(store.home), name)
    desk = Desk(collection.folder)
    answers, damaged = desk.history()
    desk.aside()
except (FairalError, OSError) as error:
    st.error(literal(error, 1000), icon=":material/error:")
    st.stop()
for sentence in damaged:
    st.warning(literal(sentence, 1000))
answer = answers[-1] if answers else None

labelled = sum(scan.has_mask for scan in collection.scans)
groups_table(collection, answer)
if not labelled:
    st.info(
        "No scan has a mask yet, so there is nothing to learn from: label a few of each group, then import --update."
    )
with saying():
    question = question_form(collection)
    ask_button(store, desk, question, labelled)
    st.caption(cost_text(store, collection, question))
work_in_progress(desk)

if answer is None:
    st.info("The scans to label next will stand here: pictures, reasons, and the list to download.")
else:
    st.subheader(f"Label these next, asked {literal(answer.time[:16].replace('T', ' '))} UTC")
    what_came(answer, collection)
    with saying():
        wanted_cards(collection, desk, answer, store.home)
with saying():
    aside_list(desk)
if answers:
    history(collection, answers)
