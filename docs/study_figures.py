"""Draw what docs/study.md shows: gaps by budget of the study's experiments, and the gap by number of training steps.

``python docs/study_figures.py HOME [HOME ...]`` takes what of the study and of its calibration lies in these homes, or
is shipped, and writes SVG files beside this script.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import altair as alt
import pandas as pd

from fairal import study
from fairal.report.axes import Axis, by_arm, labels
from fairal.report.comparison import summarise_experiment
from fairal.report.export import picture, to_bytes
from fairal.report.figure import Subject, View
from fairal.report.figures import figures
from fairal.report.results import ExperimentResult, comparable_round, read_experiment
from fairal.runs.library import readers
from fairal.runs.store import Store

HERE = Path(__file__).parent
WANTED = "gap_by_budget"  # with its sign between two groups, without between more


def results(homes: list[str], configs) -> Iterator[ExperimentResult]:
    """Read the experiments of these configurations that have a round to compare."""
    seen = set()
    for home in homes:
        library = readers(Store(home))
        for experiment in library.experiments():
            config = library.snapshot(experiment).config
            if config in configs and config.name not in seen:
                seen.add(config.name)
                result = read_experiment(library, experiment)
                if comparable_round(result):
                    yield result


def by_steps(calibration: list[ExperimentResult]) -> pd.DataFrame:
    """One row per arm, number of steps and measure: the signed gap."""
    rows = []
    for result in calibration:
        for measure in ("dice", "surface_dice"):
            for row in summarise_experiment(result, measure=measure):
                [arm] = labels([row.strategy])
                rows.append({"label": arm, "steps": result.config.learner.steps, "measure": measure,
                             "gap": row.level.signed_gap, "n": len(row.level.seeds)})  # fmt: skip
    return pd.DataFrame(rows)


def steps_chart(rows: pd.DataFrame, arms: tuple[str, ...], measure: str, title: str) -> alt.Chart:
    """The signed gap of every arm by number of training steps."""
    y = Axis("Signed gap (reference − biased)")
    x = alt.X("steps:Q", scale=alt.Scale(type="log", base=2), title="Training steps",
              axis=alt.Axis(values=sorted(rows.steps.unique().tolist()), format="d"))  # fmt: skip
    return (
        alt.Chart(rows[rows.measure == measure], title=f"{title}, 30 labelled, {int(rows.n.min())} calibration seeds")
        .mark_line(point=True)
        .encode(x=x, y=y.on_y("gap"), color=by_arm(arms))
        .properties(width=380, height=240)
    )


def main(homes: list[str]) -> None:
    """Write the files."""
    for result in results(homes, study.study()):
        slug = result.config.name.replace(", ", "-").replace(" ", "-")
        for figure in figures(Subject(result, View.of(result))):
            if figure.key.endswith(WANTED):
                (HERE / f"{slug}-{figure.key.replace('_', '-')}.svg").write_bytes(picture(figure, "svg"))
    calibration = list(results(homes, study.steps()))
    if calibration:
        rows, arms = by_steps(calibration), calibration[0].config.strategies
        chart = alt.hconcat(
            steps_chart(rows, arms, "dice", "Dice"), steps_chart(rows, arms, "surface_dice", "Surface Dice")
        )
        (HERE / "study-steps.svg").write_bytes(to_bytes(chart, "svg"))


if __name__ == "__main__":
    main(sys.argv[1:])
