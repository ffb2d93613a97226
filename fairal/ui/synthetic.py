"""The synthetic cohort on the Cohort page: one subject with and without the bias, volumes, more subjects."""

import pandas as pd
import streamlit as st

from fairal.report.charts import volume_histogram
from fairal.ui.charts import chart
from fairal.ui.frame import saying
from fairal.ui.preview import PLANES, anatomies, bias_controls, gallery, twin_pictures, volumes


def show_synthetic() -> None:
    """Draw the controls of the bias, and at once what it does."""
    st.subheader("The bias built into it")
    controls, shown = st.columns([1, 3], gap="large")
    with controls:
        strength, fade, share, subject = bias_controls()
    anatomies()
    with shown, saying():
        _twins(subject, strength, fade)
    with saying():
        left, right = st.columns([3, 2], gap="large")
        with left:
            _volumes(strength, fade, share)
        with right:
            st.subheader("More subjects with the bias on")
            for column, image in zip(st.columns(3) * 2, gallery(strength, fade), strict=True):
                column.image(image, width="stretch", alt=f"Coronal slice with the bias at strength {strength:g}")


def _twins(subject: int, strength: float, fade: float) -> None:
    rows = [(plane, twin_pictures(subject, strength, fade, plane)) for plane in PLANES]
    for column, title in zip(st.columns(3), rows[0][1], strict=True):
        for plane, pictures in rows:
            text = f"{title}, {plane} plane, subject {subject + 1}, strength {strength:g}"
            column.image(pictures[title], width="stretch", alt=text, caption=title if plane == PLANES[0] else None)
    st.caption(
        "The same synthetic subject: same anatomy, same scan. Only the neighbourhood of the left caudate differs; "
        "outside it the twins are equal bit for bit. L is the patient's left."
    )


def _volumes(strength: float, fade: float, share: float) -> None:
    table = volumes(strength, fade)
    pairs = [("reference", off) for off, _ in table] + [("biased", on) for _, on in table]
    frame = pd.DataFrame(pairs, columns=["group", "volume_mm3"])
    means = frame.groupby("group").volume_mm3.mean()
    st.subheader("Volume of the left caudate")
    said = f"Mean {means['reference']:,.0f} mm³ without and {means['biased']:,.0f} mm³ with the bias."
    chart(
        lambda: volume_histogram(frame, ("reference", "biased")),
        frame,
        "cohort_volumes",
        said,
        f"{said} n = {len(table)} synthetic subjects, each as its own twin; {share:.0%} of the pool "
        "would be of the biased group.",
    )
