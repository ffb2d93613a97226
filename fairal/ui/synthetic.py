"""The synthetic cohort on the Cohort page: what the bias does to volumes, to one subject, and to more subjects."""

import math

import pandas as pd
import streamlit as st

from fairal.presets import preset, two_groups
from fairal.report.volumes import say_twins, volume_strip
from fairal.ui.charts import chart
from fairal.ui.frame import saying
from fairal.ui.preview import PLANES, POOL, anatomies, bias_controls, gallery, twin_pictures, volumes

_ORDER = ("coronal", *(plane for plane in PLANES if plane != "coronal"))
"""The plane that shows the structure beside the ventricle comes first."""
_AXIS_STEP_MM3 = 500


def show_synthetic() -> None:
    """Draw the controls of the bias, and at once what it does."""
    st.subheader("The bias built into it")
    controls, shown = st.columns([2, 5], gap="medium")
    with controls:
        strength, fade, share, subject = bias_controls()
    anatomies()
    with shown, saying():
        _volumes(strength, fade, share)
        _twins(subject, strength, fade)
    with saying():
        st.subheader("More subjects with the bias on")
        for column, image in zip(st.columns(6), gallery(strength, fade), strict=True):
            column.image(image, width="stretch", alt=f"Coronal slice with the bias at strength {strength:g}")


def _volumes(strength: float, fade: float, share: float) -> None:
    table = volumes(strength, fade)
    rows = [
        (group, volume, subject)
        for subject, pair in enumerate(table, 1)
        for group, volume in zip(("reference", "biased"), pair, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["group", "volume_mm3", "subject"])
    means = frame.groupby("group").volume_mm3.mean()
    said = say_twins(means["reference"], means["biased"], "left caudate", "biased")
    st.markdown(f"##### {said}")
    # Nothing is larger than without the bias: the same axis at every strength, on which the shift is seen.
    most_mm3 = _AXIS_STEP_MM3 * math.ceil(max(whole for whole, _ in table) / _AXIS_STEP_MM3)
    groups = two_groups(strength, share, fade)
    pool = preset("demo")[0].cohort.model_copy(update={"groups": groups, "pool_size": POOL}).pool_counts()
    chart(
        lambda: volume_strip(frame, ("reference", "biased"), "left caudate", most_mm3),
        frame,
        "cohort_volumes",
        said,
        f"n = {len(table)} synthetic subjects, each joined to its own twin; thick: means. "
        f"Of Launch's pool of {POOL} scans {pool['biased']} would be of the biased group.",
        options=(most_mm3,),
    )


def _twins(subject: int, strength: float, fade: float) -> None:
    rows = [(plane, twin_pictures(subject, strength, fade, plane)) for plane in _ORDER]
    for column, title in zip(st.columns(3), rows[0][1], strict=True):
        for plane, pictures in rows:
            text = f"{title}, {plane} plane, subject {subject + 1}, strength {strength:g}"
            column.image(pictures[title], width="stretch", alt=text, caption=title if plane == _ORDER[0] else None)
    st.caption(
        "The same synthetic subject: same anatomy, same scan. Only the neighbourhood of the left caudate differs; "
        "outside it the twins are equal bit for bit. L is the patient's left."
    )
