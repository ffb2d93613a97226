"""What stands below the list of Label next: scans put aside, and what came of earlier answers."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from fairal.cohort.folder.collection import Collection
from fairal.facts.advice import Answer
from fairal.report.answers import came_frame, dice_by_labelled, dice_frame
from fairal.runs.advice import Desk
from fairal.settings import read_only
from fairal.ui.charts import chart
from fairal.ui.frame import saying
from fairal.ui.literal import literal

_CAME = {
    "time": st.column_config.DatetimeColumn("Asked on", format="D MMM YYYY, HH:mm", timezone="UTC"),
    "labelled": "Labelled then", "asked": "Asked for", "came": "Came", "groups": "Of which group",
    "unasked": "Came unasked",
}  # fmt: skip
"""How a person reads the columns of `came_frame`."""


def aside_list(desk: Desk) -> None:
    """The scans that were put aside, why, and a way back."""
    aside = desk.aside()
    if not aside:
        return
    st.subheader("Put aside")
    for name, why in aside.items():
        text, button = st.columns([6, 1], vertical_alignment="center")
        text.markdown(f"**{literal(name, 60)}**: {literal(why.reason)}  \n:small[{literal(why.time)}]")
        button.button(
            "Offer again", key=f"back_{name}", on_click=_put_back, args=(desk, name), icon=":material/undo:",
            width="stretch", disabled=read_only(),
        )  # fmt: skip


def _put_back(desk: Desk, name: str) -> None:
    with saying():
        desk.put_back(name)


def history(collection: Collection, answers: Sequence[Answer]) -> None:
    """Dice per group by what has been labelled so far, and what came of what was asked for."""
    st.subheader("So far")
    frame = dice_frame(answers)
    if len(frame):
        states = frame.labelled.nunique()
        said = f"Cross-validated Dice of each group by labelled scans, {states} time{'s' if states != 1 else ''}."
        chart(
            lambda: dice_by_labelled(frame, collection.groups),
            frame,
            f"next_{collection.name}",
            said,
            f"{said} An estimate on the labelled scans, which were not drawn at random; one training a point.",
            options=tuple(collection.groups),
        )
    else:
        st.caption("The Dice of each group by labelled scans will stand here, from 5 labelled scans in every group on.")
    labelled = [scan.participant_id for scan in collection.scans if scan.has_mask]
    table = came_frame(answers, labelled)
    table["time"] = pd.to_datetime(table.time, utc=True)
    st.dataframe(table, hide_index=True, placeholder="–", column_config=_CAME, alt="What was asked for, and what came")
    st.caption(
        "Asked: scans that were asked for. Came: those of them that had a mask at the next answer, or have by now."
    )
