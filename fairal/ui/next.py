"""The parts of Label next: what is asked, who works on it, and the scans to label next."""

from collections import Counter
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image

from fairal.cohort.folder.collection import Collection, Collections
from fairal.cohort.folder.source import facts_of
from fairal.config import LIMITS, Arm
from fairal.config.advice import Question, ask_next
from fairal.facts.advice import Answer, Wanted, came_of
from fairal.learner.trainings import TRAININGS
from fairal.plain import plain
from fairal.report.answers import wanted_table
from fairal.report.cautions import caution_about
from fairal.report.colours import PREDICTION_COLOUR, group_colours
from fairal.report.slices import PLANES, Overlay, binary_entropy_bits, centre, picture, to_grey
from fairal.runs.advice import REASON_CHARACTERS_MAX, Desk, Work
from fairal.runs.advice_start import start
from fairal.runs.speed import estimate_fits
from fairal.runs.store import Store
from fairal.settings import read_only
from fairal.strategies.catalog import CATALOG, FOLDS, label
from fairal.ui.frame import saying
from fairal.ui.launching import may_change
from fairal.ui.literal import literal
from fairal.ui.live import duration, while_active

PARTS = {"cohort": "reading scans", "measure": "measuring", "pick": "scoring", "write": "writing"}
_COLUMNS, _CARD_PX = 5, 170
"""Cards abreast, and the width at which one is readable: on a projector three stand side by side."""
_THUMBNAIL_PIXELS = 220


# ---------------------------------------------------------------------- asking


def question_form(collection: Collection) -> Question:
    """Let a person say what to ask. Errors as `ask_next`."""
    default = Question(collection=collection.name)
    strategy, training, k = st.columns([3, 3, 1])
    asked = {
        "strategy": strategy.selectbox(
            "Picks by", list(CATALOG), list(CATALOG).index(default.strategy), key="next_strategy", bind="query-params",
            format_func=label,
        ),
        "training": training.selectbox(
            "Trains", list(TRAININGS), list(TRAININGS).index(default.training), key="next_training",
            bind="query-params", format_func=lambda id_: TRAININGS[id_].label,
        ),
        "k": k.number_input("Scans to ask for", *map(int, LIMITS["per_round"]), default.k, key="next_k"),
    }  # fmt: skip
    st.caption(
        f"{label(asked['strategy'])}: {literal(CATALOG[asked['strategy']].picks_by)}. "
        f"{TRAININGS[asked['training']].label}: {literal(TRAININGS[asked['training']].does)}."
    )
    with st.expander("Advanced"):
        steps, seed = st.columns(2)
        asked["steps"] = steps.number_input(
            "Steps of each training", *map(int, LIMITS["steps"]), default.steps, key="next_steps"
        )
        asked["seed"] = seed.number_input("Seed", *map(int, LIMITS["seed"]), default.seed, key="next_seed")
    return ask_next(collection=collection.name, **asked)


def cost_text(store: Store, collection: Collection, question: Question) -> str:
    """Say what an answer costs on this machine. A network that was trained already makes it less."""
    config = question.experiment()
    known = config.cohort.model_copy(update={"facts": facts_of(config.cohort, store.home)})
    trainings = 1 + FOLDS
    seconds, basis = estimate_fits(store, config.model_copy(update={"cohort": known}), trainings)
    return f"Up to {trainings} trainings of {question.steps} steps, about {duration(seconds)} ({basis})."


def ask_button(store: Store, desk: Desk, question: Question, labelled: int) -> None:
    """The button that lets a process of its own work on the answer."""
    work = desk.work()
    busy = work is not None and work.active
    if st.button(
        "Whom next?", type="primary", icon=":material/playlist_add:", disabled=busy or not labelled or not may_change()
    ):
        with saying():
            start(desk, question, store.home)
            st.rerun()


def work_in_progress(desk: Desk) -> None:
    """Draw how far the next answer is, again every second while somebody works on it; then the page once more."""
    work = desk.work()
    active = work is not None and work.active

    @while_active(active)
    def again() -> None:
        now = desk.work()
        if active and not (now and now.active):
            st.rerun()
        if now is not None:
            _draw_work(desk, now)

    again()


def _draw_work(desk: Desk, work: Work) -> None:
    if work.active:
        bar, button = st.columns([5, 1], vertical_alignment="center")
        part = PARTS.get(work.part, work.part.replace("fit", "training") or "starting")
        bar.progress(min(1.0, work.done / max(1, work.total)), text=f"{part} {work.done}/{work.total}")
        button.button("Stop", icon=":material/stop:", on_click=desk.ask_to_stop, key="next_stop", width="stretch",
                      disabled=read_only())  # fmt: skip
    elif work.state == "failed":
        st.error(literal(work.reason, 600), icon=":material/error:")
    elif work.state == "stopped":
        st.info(literal(work.reason))
    elif work.state == "interrupted":
        st.warning(f"The last answer was interrupted before it was there; ask again. Its log: {literal(desk.log_file)}")


# ---------------------------------------------------------------------- the answer


def groups_table(collection: Collection, answer: Answer | None) -> None:
    """Who is labelled, and how well the last network does on each group."""
    labelled = Counter(scan.group for scan in collection.scans if scan.has_mask)
    rows = []
    for group, count in collection.content.groups.items():
        row = {"group": group, "labelled": labelled[group], "without a mask": count - labelled[group]}
        if answer is not None and group in answer.advice.weights:
            held_out = answer.advice.held_out_dice
            row["Dice, cross-validated"] = held_out[group] if held_out else None
            own = answer.advice.labelled_dice[group]
            row["Dice on training scans"] = own if answer.labelled_by_group.get(group) else None
            row["weight"] = answer.advice.weights[group]
        rows.append(row)
    numbers = {c: st.column_config.NumberColumn(format="%.3f") for c in rows[0] if "Dice" in c or c == "weight"}
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, column_config=numbers, alt="Labelled scans and Dice of each group"
    )
    if answer is not None:
        st.caption(
            f"Cross-validated in {answer.folds} folds: each labelled scan is predicted by a network that was not "
            "trained on it. The Dice on training scans is no estimate for new ones."
            if answer.folds
            else "The Dice is on the very scans that were trained on, and no estimate for new ones; with 5 labelled "
            "scans in every group a cross-validated one stands beside it."
        )
        if caution := caution_about(Arm(answer.advice.strategy, answer.training)):
            st.caption(f":material/warning: {literal(caution)}")


def what_came(answer: Answer, collection: Collection) -> None:
    """Say what became of what was asked for, once the collection has changed."""
    if answer.digest != collection.digest:
        labelled = [scan.participant_id for scan in collection.scans if scan.has_mask]
        st.info(f"The collection has changed since this answer: {literal(came_of(answer, labelled))}. Ask again.")


def wanted_cards(collection: Collection, desk: Desk, answer: Answer, home: Path) -> None:
    """The scans to label next, best first: picture, reason, and a way to put one aside."""
    aside = desk.aside()
    shown = [wanted for wanted in answer.advice.wanted if wanted.participant_id not in aside]
    if not answer.advice.wanted:
        st.success("Every scan is labelled or put aside: nobody is left to ask for.")
        return
    plane = st.segmented_control("Plane", PLANES, default="coronal", key="next_plane", required=True)
    with st.grid(_COLUMNS, min_column_width=_CARD_PX, gap="small"):
        for wanted in shown:
            with st.container(border=True):
                _card(collection, desk, answer, wanted, plane, home)
    st.caption(
        "T1 with the network's entropy over it (0 to 1 bit) and its prediction outlined. L is the patient's left."
    )
    st.download_button(
        "The list (TSV)", wanted_table(shown), f"{answer.advice.collection}-next.tsv", "text/tab-separated-values",
        icon=":material/download:", on_click="ignore",
    )  # fmt: skip


def _card(collection: Collection, desk: Desk, answer: Answer, wanted: Wanted, plane: str, home: Path) -> None:
    name = wanted.participant_id
    image = None
    with saying():
        image = _thumbnail(str(home), collection.name, collection.digest, answer.time, name, plane)
    if image is not None:
        st.image(image, width="stretch", alt=f"{name[:60]}, {plane} slice with the network's entropy")
    colour = group_colours(collection.groups).get(wanted.group, "inherit")
    st.markdown(f"**{wanted.rank}. {literal(name, 60)}**")
    st.html(f'<span style="color:{colour}">●</span> {escape(plain(wanted.group, 60))}: {escape(wanted.reason)}')
    with st.popover("Not this one", width="stretch", key=f"not_{name}"):
        reason = st.text_input("Why?", max_chars=REASON_CHARACTERS_MAX, key=f"why_{name}")
        if st.button("Put aside", key=f"aside_{name}", disabled=read_only()):
            with saying():
                desk.put_aside(name, reason)
                st.rerun()


@st.cache_data(max_entries=256, show_spinner=False)
def _thumbnail(home: str, name: str, digest: str, asked: str, participant: str, plane: str) -> Image.Image | None:
    """One slice through what the network found; None where the collection does not hold the scan any more."""
    collection = Collections(Path(home)).open(name)
    if participant not in {scan.participant_id for scan in collection.scans}:
        return None
    t1, _ = collection.load([participant], masks=False)
    probability = Desk(collection.folder).probability(participant)
    if probability is None or probability.shape != t1.shape[1:]:
        probability = np.zeros(t1.shape[1:], np.uint8)
    found = probability > 127
    scale = max(2, round(_THUMBNAIL_PIXELS / max(t1.shape[1:])))
    entropy = Overlay(binary_entropy_bits(probability), 0.5)
    return picture(to_grey(t1[0]), plane, centre(found, plane), [(found, PREDICTION_COLOUR)], entropy, scale)
