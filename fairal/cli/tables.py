"""Tables for a terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from fairal.cli.app import out
from fairal.runs.store import Store

if TYPE_CHECKING:
    from fairal.report.comparison import ArmSummary
    from fairal.report.results import ExperimentResult

COLUMNS = ("gap", "ES-Dice", "reduction", "95 %", "worst gained", "best lost", "picked")


def print_tables(store: Store, experiment: str) -> None:
    """Print what an experiment came to: a table, how to read it, and the headline."""
    from fairal.report.comparison import summarise_experiment
    from fairal.report.results import read_experiment
    from fairal.report.summary import headline

    result = read_experiment(store, experiment)
    summary = summarise_experiment(result)
    if not summary:
        out.print(f"{experiment}: no round is finished yet.")
        return
    out.print(
        f"{experiment}: test Dice at {summary[0].labelled} labelled scans, {_seeds(summary)} seed(s), "
        f"{result.config.cohort.test_pairs} matched test pairs"
    )
    Console(width=max(out.width, 110), highlight=False).print(_table(result, summary))
    if text := headline(result, summary, result.config.baseline):
        out.print(text)
    out.print(" ".join(_notes(result, summary)))
    out.print(f"The data lie in {store.experiment_dir(experiment)}")


def _seeds(summary: "Sequence[ArmSummary]") -> int:
    return max(len(row.level.seeds) for row in summary)


def _table(result: "ExperimentResult", summary: "Sequence[ArmSummary]") -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("strategy")
    for column in ("/".join(result.groups), *COLUMNS):
        table.add_column(column, justify="right")
    for row in summary:
        table.add_row(*_cells(row, result.groups))
    return table


def _cells(row: "ArmSummary", groups: Sequence[str]) -> list[str]:
    from fairal.report.arms import arm_label

    level, against, share = row.level, row.against, row.over.picked_share
    reduction, paid = (against.reduction, against.paid) if against else (None, None)
    return [
        arm_label(row.strategy) + (" *" if row.role == "reference" else ""),
        "/".join(f"{level.dice_by_group[g]:.3f}" for g in groups),
        f"{level.gap:.3f}",
        f"{level.es_dice:.3f}",
        f"{reduction.value:.0%}" if reduction else "-",
        f"{reduction.interval[0]:.0%}..{reduction.interval[1]:.0%}" if reduction and reduction.interval else "-",
        f"{paid.worst_gain:+.3f}" if paid else "-",
        f"{paid.best_loss:+.3f}" if paid else "-",
        "/".join(f"{share[g]:.0%}" for g in groups) if share else "-",
    ]


def _notes(result: "ExperimentResult", summary: "Sequence[ArmSummary]") -> list[str]:
    from fairal.report.arms import arm_label

    notes = [
        f"Reduction of the gap, and what the worst group gained and the best lost, are against "
        f"{arm_label(result.config.baseline).lower()}; picked: shares of the groups ({'/'.join(result.groups)})."
    ]
    if any(row.role == "reference" for row in summary):
        notes.append("* A single fit for orientation, at a labelled set of its own.")
    kinds = {row.against.reduction.over for row in summary if row.against and row.against.reduction}
    if "test subjects" in kinds:
        notes.append("One seed: the interval covers the choice of test subjects, not training or cohort.")
    elif _seeds(summary) > 1:
        notes.append(f"The interval is over {_seeds(summary)} seeds (Fieller).")
    return [*notes, "Synthetic brains; no claim about patients."]
