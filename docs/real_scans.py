"""Turn finished what-ifs on collections into the tables and charts of docs/real-scans.md.

``python docs/real_scans.py HOME [ID ...]`` prints a Markdown section for each experiment (all finished ones by default)
and writes its charts beside this file. Nothing of the scans themselves is in them.
"""

import sys
from pathlib import Path

from fairal.facts.state import ENDED
from fairal.report.arms import arm_label
from fairal.report.evidence import verdicts
from fairal.report.export import picture
from fairal.report.figure import Subject, View
from fairal.report.figures import figures
from fairal.report.markdown import markdown_table
from fairal.report.results import ExperimentResult, read_experiment
from fairal.report.summary import summarise_experiment
from fairal.runs.standing import standing
from fairal.runs.store import Store

CHARTS = ("dice_per_group", "surface_dice_per_group", "surface_dice_signed_gap_by_budget")


def table(result: ExperimentResult) -> str:
    """One row an arm: both measures by group, signed gaps, what the best group lost, who was picked."""
    first, second = result.groups
    heads = ["arm", f"Dice {first} / {second}", "signed gap", f"surface Dice {first} / {second}", "signed gap",
             "better group's loss", f"picked {first} / {second}"]  # fmt: skip
    rows = []
    columns = [summarise_experiment(result, measure=measure) for measure in ("dice", "surface_dice")]
    for dice, surface in zip(*columns, strict=True):
        shares = " / ".join(f"{dice.over.picked_share[g]:.0%}" for g in result.groups)
        lost = "–" if dice.against is None else f"{dice.against.paid.best_loss:+.3f}"
        cells = [arm_label(dice.strategy)]
        for level in (dice.level, surface.level):
            cells += [" / ".join(f"{level.by_group[g]:.3f}" for g in result.groups), f"{level.signed_gap:+.3f}"]
        rows.append([*cells, lost, shares])
    return markdown_table(heads, rows)


def section(result: ExperimentResult) -> str:
    """Title, what it rests on, table, verdicts, charts."""
    config = result.config
    seeds = len(config.seeds)
    about = (
        f"{config.cohort.test_text}, another split for each of {seeds} seeds; {sum(config.query.start.values())} scans "
        f"labelled at the start, {config.query.budget} at the end, {config.learner.steps} steps."
    )
    said = [f"- **{arm_label(arm)}**: {verdict.text}" for arm, verdict in verdicts(result).items()]
    drawn = {figure.key: figure for figure in figures(Subject(result, View.of(result)))}
    slug = config.name.replace(" ", "-")
    pictures = []
    for key in CHARTS:
        name = f"{slug}-{key.replace('_', '-')}.svg"
        (Path(__file__).parent / name).write_bytes(picture(drawn[key], "svg"))
        pictures.append(f"![{drawn[key].takeaway}]({name})")
    return "\n\n".join([f"## {config.name}", about, table(result), "\n".join(said), *pictures])


def main(home: str, wanted: list[str]) -> None:
    """Print the sections."""
    store = Store(home)
    for experiment in wanted or sorted(store.experiments()):
        if standing(store, experiment).state in ENDED:
            print(section(read_experiment(store, experiment)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
