"""What Compare's first screen rests on: people, rounds, and figures and tables by what they tell."""

import pandas as pd
import streamlit as st

from fairal.report.arms import arm_label
from fairal.report.figure import Figure, Subject
from fairal.report.frames import measures_readable, readable
from fairal.report.quantity import MEASURE_LABELS
from fairal.runs.reader import Reader
from fairal.ui.charts import show_all
from fairal.ui.literal import literal
from fairal.ui.people import show_people
from fairal.ui.player import show_player
from fairal.ui.seen import figures_of
from fairal.ui.summary import say_verdicts

TAB = "evidence"
"""The address names the open tab by it."""
NUMBERS = "All numbers"
TABS = {
    "The gap": ("by_budget", "reduction", "trade_off"),
    "Each group, and who paid": ("groups_", "who_paid"),
    "Who was picked": ("picks", "weights"),
    NUMBERS: (),
}
"""By name, how the sections of its figures begin."""


def show_evidence(reader: Reader, subject: Subject, focus: str | None) -> None:
    """Draw everything below the first screen.

    Args:
        reader: Of the subject.
        subject: What is looked at.
        focus: The arm whose card was pressed.
    """
    show_people(reader, subject)
    show_player(subject, focus)
    tabs = st.tabs(list(TABS), key=TAB, on_change="rerun", bind="query-params")
    # The others are not drawn: all charts at once are as long as nine screens, and take twice the time.
    name, tab = next((name, tab) for name, tab in zip(TABS, tabs, strict=True) if tab.open)
    with tab:
        show_all(figures_in(name, subject), (subject.view,), focus and arm_label(focus))
        if name == NUMBERS:
            _results_tables(subject)
    say_verdicts(subject, subject.summaries[subject.view.measures[0]])


def figures_in(tab: str, subject: Subject) -> list[Figure]:
    """Give the figures of a tab; all are in one, but for those of the first screen."""
    return [figure for figure in figures_of(subject) if figure.section.startswith(TABS[tab])]


def _results_tables(subject: Subject) -> None:
    """The tables of everything, one for each measure that is looked at, and the measures of cases on demand."""
    for measure, summary in subject.summaries.items():
        if summary:
            name = MEASURE_LABELS[measure]
            st.caption(literal(name))
            table = readable(summary, subject.result.groups).set_index("Arm").T
            # A column per arm: there are fewer arms than statistics, and a page is higher than wide.
            table = table.map(lambda value: None if pd.isna(value) else str(value))
            st.dataframe(table, placeholder="–", height="content", alt=f"All statistics in {name}, one column per arm")
    with st.expander("All measures by group (surface distances, volumes)", on_change="rerun", key="cases") as more:
        if more.open:
            st.dataframe(
                measures_readable(subject.result),
                hide_index=True,
                placeholder="–",
                alt="Mean, interval and failures by group",
            )
            st.caption(
                "At the last round that all arms have reached: means of the seeds' means, 95 % over seeds, SD of the "
                "cases. Nothing found: cases without any prediction, in all seeds together."
            )
