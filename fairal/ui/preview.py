"""Live previews of subjects, by the cohort's own code, on one thread. Each subject's own anatomy is drawn once."""

import numpy as np
import streamlit as st

from fairal.config import LIMITS
from fairal.presets import STRENGTHS
from fairal.report.colours import GROUP_COLOURS
from fairal.report.slices import PLANES, Overlay, centre, picture, to_grey
from fairal.ui.draft import Draft
from fairal.ui.frame import page_path

SUBJECTS = 12
POOL = Draft().pool
"""Subjects of the pool that a setting is carried to: Launch's own."""
_SEED = 0


@st.cache_resource(max_entries=2, show_spinner="Drawing the first subjects …")
def anatomies(count: int = SUBJECTS) -> list:
    """Draw the anatomies of the preview: seconds the first time, nothing afterwards."""
    import torch

    from fairal.cohort.synthetic.anatomy import cohort_grid, draw_anatomy
    from fairal.presets import preset

    torch.set_num_threads(1)  # the workers have the cores
    grid = cohort_grid(preset("demo")[0].cohort)
    return [draw_anatomy(_SEED, f"test{i:04d}", grid) for i in range(count)]


@st.cache_data(max_entries=240, show_spinner=False)
def biased(subject: int, strength: float, fade: float) -> tuple[np.ndarray, np.ndarray]:
    """One subject with the bias: T1 as grey values and mask, (X, Y, Z)."""
    t1, mask, _ = anatomies()[subject].biased(strength, fade)
    return to_grey(t1.numpy()), mask.numpy()


def volumes(strength: float, fade: float) -> list[tuple[float, float]]:
    """Volumes in mm³ of every preview subject, without and with the bias."""
    masks = [biased(i, strength, fade)[1] for i in range(SUBJECTS)]
    return [(a.volume_mm3(a.inside), a.volume_mm3(mask)) for a, mask in zip(anatomies(), masks, strict=True)]


def twin_pictures(subject: int, strength: float, fade: float, plane: str, scale: int = 6) -> dict:
    """The same subject with the bias off, on, and the difference, through the middle of the structure."""
    (off, whole), (on, mask) = biased(subject, 0.0, 0.0), biased(subject, strength, fade)
    at = centre(whole, plane)
    change = np.abs(on.astype(np.int16) - off) / 128
    return {
        "Bias off": picture(off, plane, at, [(whole, GROUP_COLOURS[0])], scale=scale),
        "Bias on": picture(on, plane, at, [(mask, GROUP_COLOURS[1])], scale=scale),
        "Difference": picture(off, plane, at, overlay=Overlay(change, 0.8), scale=scale),
    }


def gallery(strength: float, fade: float, count: int = 6) -> list:
    """Several subjects with the bias on, coronal."""
    shown = []
    for i in range(count):
        t1, mask = biased(i, strength, fade)
        at = centre(anatomies()[i].inside.numpy(), "coronal")
        shown.append(picture(t1, "coronal", at, [(mask, GROUP_COLOURS[1])], scale=4))
    return shown


def bias_controls() -> tuple[float, float, float, int]:
    """Draw the controls of the bias: strength, fade, share of the biased group, and which subject (from 0)."""

    def use_preset() -> None:
        if st.session_state.get("named"):
            st.session_state["strength"] = STRENGTHS[st.session_state["named"]]

    bound = {"bind": "query-params"}
    above = st.container()
    strength = st.slider("Bias strength", *LIMITS["strength"], 1.0, 0.02, key="strength", **bound,
                         help="How far the left caudate shrinks; 1 leaves about half of it.")  # fmt: skip
    # Lit is the name of what the slider says, wherever that came from.
    st.session_state["named"] = next((name for name, value in STRENGTHS.items() if value == strength), None)
    above.pills("Named strengths", list(STRENGTHS), key="named", on_change=use_preset)
    fade = st.slider("Contrast fade", 0.0, 1.0, 0.0, 0.05, key="fade", **bound,
                     help="How far the structure's intensity fades towards white matter.")  # fmt: skip
    share = st.slider("Share of the biased group in the pool", 0.05, 0.95, 0.3, 0.05, key="share", **bound)
    subject = st.number_input("Subject", 1, SUBJECTS, 1, key="subject", **bound) - 1
    if st.button("Use in Launch", type="primary", icon=":material/rocket_launch:", width="stretch"):
        chosen = {"bias": f"{strength:g}", "fading": f"{fade:g}", "biased_share": f"{share:g}",
                  "pool": f"{POOL}"}  # fmt: skip
        st.switch_page(page_path("launch"), query_params=chosen)
    return strength, fade, share, subject


__all__ = ["PLANES", "POOL", "SUBJECTS", "anatomies", "bias_controls", "gallery", "twin_pictures", "volumes"]
