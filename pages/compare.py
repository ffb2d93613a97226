"""Compare: one experiment, or several: how good, for whom, and who paid."""

import streamlit as st

from fairal.errors import FairalError
from fairal.report.arms import arm_label
from fairal.report.comparison import summarise_experiment
from fairal.report.figures import X_AXES, View, figures
from fairal.report.quantity import OVER_GROUPS, Quantity
from fairal.report.results import comparable_round, read_experiment
from fairal.report.summary import headline
from fairal.ui.charts import show_all
from fairal.ui.compare import downloads, results_table, several_experiments
from fairal.ui.frame import begin, empty, latest_unless_asked, saying, warn_if_missing
from fairal.ui.live import is_active, progress_bar, while_active
from fairal.ui.summary import metric_cards

store = begin("Compare")
there = store.experiments()
if not there:
    empty("Per-group Dice, the gap between groups, who was picked and who paid for it will stand here.")
warn_if_missing("experiments", there, "it is left out")
latest_unless_asked("experiments", there[:1])
chosen = st.multiselect("Experiments", there, key="experiments", bind="query-params",
                        help="The charts show the first; several are compared below.")  # fmt: skip
if not chosen:
    st.info("Choose an experiment.")
    st.stop()
try:
    config = store.config(chosen[0])
except FairalError as error:
    st.error(str(error))
    st.stop()
pick, base, what, axis = st.columns([3, 2, 2, 2])
arms = list(config.strategies)
shown = pick.multiselect("Arms", arms, [], key="show", format_func=arm_label, bind="query-params",
                         placeholder="All of this experiment") or arms  # fmt: skip
baseline = base.selectbox("Baseline", arms, arms.index(config.baseline) if config.baseline in arms else 0,
                          key="baseline", format_func=arm_label, bind="query-params")  # fmt: skip
over = what.selectbox("Over the groups", list(OVER_GROUPS), key="over", format_func=OVER_GROUPS.get,
                      bind="query-params")  # fmt: skip
x = axis.selectbox("Horizontal axis", list(X_AXES), key="axis", format_func=X_AXES.get, bind="query-params")
view = View(tuple(shown), baseline, over=over, x=x)


@while_active(active := is_active(store, chosen))
def comparison() -> None:
    """Everything that grows while runs go on."""
    with saying():
        state, result = progress_bar(store, chosen[0]), read_experiment(store, chosen[0])
        failed = [run for run in result.runs if run.state == "failed"]
        if failed:
            st.error(f"{len(failed)} run(s) failed, e.g. {failed[0].key.run}: {failed[0].reason}")
        at = comparable_round(result)
        if not any(run.rounds for run in result.runs):
            st.info("The first round is on its way." if active else "No round was finished.")
        else:
            summary = summarise_experiment(result, baseline)
            if at is not None:
                metric_cards(result, summary, baseline)
                st.markdown(f"**{headline(result, summary, baseline)}**")
            show_all(figures(result, summary, view), options=(view,))
            results_table(result, summary)
            downloads(store, result, baseline)
        if len(chosen) > 1:
            several_experiments(store, chosen, baseline, Quantity("dice", over))
        if active and state in ("done", "failed", "cancelled") and not is_active(store, chosen):
            st.rerun()  # once, to stop polling


comparison()
