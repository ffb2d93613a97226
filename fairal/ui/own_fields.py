"""The launch form's fields for a person's own scans: which collection, how it is split, who is labelled first."""

from pathlib import Path

import streamlit as st

from fairal.cohort.folder.collection import Collections
from fairal.cohort.folder.source import facts_of
from fairal.config import ExperimentConfig, FolderCohort
from fairal.errors import InputError
from fairal.presets import own
from fairal.ui.draft import Draft
from fairal.ui.literal import literal
from fairal.ui.sources import UNLABELLED

_BLANK = Draft()
_BOUND = {"bind": "query-params"}
_START, _ANEW = "own_start_", "own_start_anew"
MATCHED_NOT = (
    "One set of scans, split anew for each seed: seeds differ by split and training only. Groups are not matched, so a "
    "gap may also come from what else differs between them."
)


def suggestion(home: Path, collection: str) -> list[ExperimentConfig]:
    """Give a what-if that runs on a collection with what is labelled by now.

    Raises:
        InputError: Too few scans are labelled, or there is no such collection.
        RunError: It is damaged.
    """
    return own(known_cohort(home, collection))


def known_cohort(home: Path, collection: str, test_share: float = 0.3, unlabelled: str = "leave_out") -> FolderCohort:
    """Look at a collection as the form describes it. Errors as `fairal.cohort.folder.source.facts_of`."""
    Collections(home).check_there(collection)  # also of a name that could be none
    cohort = FolderCohort(collection=collection, test_share=test_share, unlabelled=unlabelled)
    return cohort.model_copy(update={"facts": facts_of(cohort, home)})


def start_anew() -> None:
    """Let the counts at the start be those of the draft again, not those of the fields or the address."""
    st.session_state[_ANEW] = True


def choose_source(home: Path, on_change) -> str:
    """Draw the choice between the synthetic cohort ('') and the collections of a home."""
    names = Collections(home).names()
    if any(name not in names for name in st.query_params.get_all("scans") if name):
        st.warning("The collection in the address is not here (any more); this is the synthetic cohort.")
    return st.selectbox(
        "Scans",
        ["", *names],
        key="scans",
        format_func=lambda name: name or "Synthetic cohort",
        on_change=on_change,
        help="Synthetic subjects with a bias of known strength, or a collection that was imported on Cohort.",
        **_BOUND,
    )


def split_fields(home: Path, collection: str) -> FolderCohort:
    """Draw how a collection is split, and say what that gives.

    Raises:
        InputError: The collection has too few groups, or is not there any more.
        RunError: It is damaged.
    """
    share = st.slider("Share of the labelled scans to test on", 0.05, 0.9, _BLANK.test_share, 0.05, key="test_share",
                      help="Of each group, drawn anew for each seed.", **_BOUND)  # fmt: skip
    unlabelled = st.selectbox("Scans without a mask", list(UNLABELLED), key="unlabelled", format_func=UNLABELLED.get,
                              **_BOUND)  # fmt: skip
    cohort = known_cohort(home, collection, share, unlabelled)
    pool, test = cohort.pool_counts(), cohort.test_counts()
    each = "; ".join(f"{literal(group, 60)}: {pool[group]} to label from, {test[group]} to test on" for group in pool)
    waiting = cohort.pool_size - sum(pool.values())
    more = f" {waiting} without a mask are in the pool as well." if waiting else ""
    st.caption(f"{each}.{more}")
    st.caption(MATCHED_NOT)
    return cohort


def start_fields(cohort: FolderCohort) -> None:
    """Draw a count for each group; what they say becomes the draft's `own_start`."""
    pool = cohort.pool_counts()
    asked = {group: count for group, count in st.session_state.get("own_start", ()) if group in pool}
    anew = st.session_state.pop(_ANEW, False)
    st.caption("Labelled at the start:")
    for i, (group, most) in enumerate(pool.items()):
        key = f"{_START}{i}"
        if key in st.session_state and not anew:
            st.session_state[key] = min(st.session_state[key], most)  # the test set may have grown
        elif anew or key not in st.query_params:
            st.session_state[key] = min(asked.get(group, 0 if asked else 1), most)
        st.number_input(literal(group, 60), 0, most, key=key, **_BOUND)
    counts = ((group, int(st.session_state[f"{_START}{i}"])) for i, group in enumerate(pool))
    st.session_state["own_start"] = [(group, count) for group, count in counts if count]


def asked_for_alone() -> str:
    """The collection that the address names and nothing else does: then a whole what-if is suggested for it."""
    asked = st.query_params.get("scans", "")
    return asked if asked and list(st.query_params) == ["scans"] and "scans" not in st.session_state else ""


def suggest(home: Path, collection: str) -> list[ExperimentConfig]:
    """Suggest a what-if for a collection; where none runs yet, say why below and leave the form as it is."""
    try:
        return suggestion(home, collection)
    except InputError as error:
        st.session_state["form_note"] = str(error)
        return []
