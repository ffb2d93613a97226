"""Tables for a terminal."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from fairal.cli.app import out
from fairal.runs.library import Library


def print_tables(library: Library, experiment: str) -> None:
    from fairal.report.results import read_experiment
    from fairal.report.summary import headline, summarise_experiment
    from fairal.strategies.catalog import label

    result = read_experiment(library, experiment)
    summary = summarise_experiment(result)
    if not summary:
        out.print(f"{experiment}: no round is finished yet.")
        return
    seeds = max(row.seeds for row in summary)
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("strategy")
    for column in (
        "/".join(result.groups),
        "gap",
        "ES-Dice",
        "reduction",
        "95 %",
        "worst gained",
        "best lost",
        "picked",
    ):
        table.add_column(column, justify="right")
    for row in summary:
        interval = f"{row.interval[0]:.0%}..{row.interval[1]:.0%}" if row.interval else "-"
        table.add_row(
            label(row.strategy) + (" *" if row.role == "reference" else ""),
            "/".join(f"{row.dice_by_group[g]:.3f}" for g in result.groups),
            f"{row.gap:.3f}",
            f"{row.es_dice:.3f}",
            _percent(row.disparity_reduction),
            interval,
            _signed(row.worst_group_gain),
            _signed(row.best_group_loss),
            "/".join(f"{row.picked_share[g]:.0%}" for g in result.groups) if row.picked_share else "-",
        )
    out.print(
        f"{experiment}: test Dice at {summary[0].labelled} labelled scans, {seeds} seed(s), "
        f"{result.config.cohort.test_pairs} matched test pairs"
    )
    Console(width=max(out.width, 110), highlight=False).print(table)
    kind = next((row.interval_kind for row in summary if row.interval_kind), None)
    notes = [
        f"Reduction of the gap, and what the worst group gained and the best lost, are against "
        f"{label(result.config.baseline).lower()}; picked: shares of the groups ({'/'.join(result.groups)})."
    ]
    if any(row.role == "reference" for row in summary):
        notes.append("* A single fit for orientation, at a labelled set of its own.")
    if kind == "test subjects":
        notes.append("One seed: the interval covers the choice of test subjects, not training or cohort.")
    elif seeds > 1:
        notes.append(f"The interval is over {seeds} seeds (Fieller).")
    notes.append("Synthetic brains; no claim about patients.")
    if text := headline(result, summary, result.config.baseline):
        out.print(text)
    out.print(" ".join(notes))
    out.print(f"The data lie in {library.place(experiment)}")


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3f}"
