"""Tables for a terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table

from fairal.cli.app import out
from fairal.runs.library import Library

if TYPE_CHECKING:
    from fairal.report.levels import ArmSummary, Level
    from fairal.report.results import ExperimentResult
    from fairal.report.verdict import Verdict

COLUMNS = ("ES-Dice", "reduction", "95 %", "worst\ngained", "best\nlost", "over-\nshoot", "picked")


def print_tables(library: Library, experiment: str) -> None:
    """Print what an experiment came to: a table, how to read it, and the headline."""
    from fairal.report.arms import arm_label
    from fairal.report.comparison import summarise_experiment
    from fairal.report.evidence import verdicts
    from fairal.report.results import read_experiment
    from fairal.report.start import below_start_sentence
    from fairal.report.summary import baseline_missing, fair_line_sentence, is_start

    result = read_experiment(library, experiment)
    summary = summarise_experiment(result)
    if not summary:
        _print_uncompared(result)
        return
    out.print(
        f"{experiment}: test Dice at {summary[0].labelled} labelled scans, {_seeds(summary)} seed(s), "
        f"{result.config.cohort.test_text}"
    )
    said = verdicts(result)
    out.at_least(130).print(_table(result, summary, said))
    if not is_start(result, summary):
        for arm, verdict in said.items():
            if verdict.code != "baseline":
                out.print(f"{arm_label(arm)}: {verdict.text}")
    for line in (
        baseline_missing(result),
        below_start_sentence(result),
        fair_line_sentence(result, result.config.baseline),
    ):
        if line:
            out.print(line)
    out.print(" ".join(_notes(result, summary)))
    out.print(f"The data lie in {library.place(experiment)}")


def _print_uncompared(result: "ExperimentResult") -> None:
    """Print where those arms stand that have a round, while another has none: levels alone, nothing is compared."""
    from fairal.report.arms import arm_label
    from fairal.report.comparison import summarise_experiment
    from fairal.report.results import common_round, without_round

    at = common_round(result)
    if at is None:
        lost = any(run.state == "damaged" for run in result.runs)
        out.print(f"{result.id}: {'no finished round can be read.' if lost else 'no round is finished yet.'}")
        return
    lacking = ", ".join(arm_label(arm).lower() for arm in without_round(result))
    out.print(
        f"{result.id}: nothing is compared yet: of {lacking} there is no finished round that can be read. Where the "
        f"other arms stand in round {at}, each over the seeds that it has:"
    )
    summary = summarise_experiment(result, at_round=at)
    out.at_least(100).print(_levels(result, summary))


def _seeds(summary: "Sequence[ArmSummary]") -> int:
    return max(len(row.level.seeds) for row in summary)


def _table(result: "ExperimentResult", summary: "Sequence[ArmSummary]", said: "dict[str, Verdict]") -> Table:
    from fairal.report.comparison import summarise_experiment

    surface = {row.strategy: row.level for row in summarise_experiment(result, measure="surface_dice")}
    groups, gap = "/\n".join(result.groups), _gap_name(result)
    table = _blank(f"Dice\n{groups}", gap, f"surface Dice\n{groups}", gap, *COLUMNS)
    for row in summary:
        served = [_served(row.level), _served(surface[row.strategy])]
        learned = said.get(row.strategy) is None or said[row.strategy].code != "not_learned"
        table.add_row(_name(row), *served[0], *served[1], *_changes(row, result.groups, learned))
    return table


def _levels(result: "ExperimentResult", summary: "Sequence[ArmSummary]") -> Table:
    table = _blank("labelled", "Dice\n" + "/\n".join(result.groups), _gap_name(result), "seeds")
    for row in summary:
        table.add_row(_name(row), str(row.labelled), *_served(row.level), str(len(row.level.seeds)))
    return table


def _gap_name(result: "ExperimentResult") -> str:
    return "signed\ngap" if len(result.groups) == 2 else "gap"


def _blank(*columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("arm")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _name(row: "ArmSummary") -> str:
    from fairal.report.arms import arm_label

    return arm_label(row.strategy) + (" *" if row.role == "reference" else "")


def _served(level: "Level") -> tuple[str, str]:
    """Means by group and how far they are apart, signed where there are two groups."""
    gap = f"{level.gap:.3f}" if level.signed_gap is None else f"{level.signed_gap:+.3f}"
    return "/".join(f"{mean:.3f}" for mean in level.by_group.values()), gap


def _changes(row: "ArmSummary", groups: Sequence[str], learned: bool) -> list[str]:
    """What changed against the baseline; of an arm that has not learned nothing is compared."""
    against, share = row.against if learned else None, row.over.picked_share
    reduction, paid = (against.reduction, against.paid) if against else (None, None)
    return [
        f"{row.level.equity_scaled:.3f}",
        f"{reduction.value:.0%}" if reduction else "-",
        f"{reduction.interval[0]:.0%}..{reduction.interval[1]:.0%}" if reduction and reduction.interval else "-",
        f"{paid.worst_gain:+.3f}" if paid else "-",
        f"{paid.best_loss:+.3f}" if paid else "-",
        f"{paid.overshoot:.3f}" if paid else "-",
        "/".join(f"{share[g]:.0%}" for g in groups) if share else "-",
    ]


def _notes(result: "ExperimentResult", summary: "Sequence[ArmSummary]") -> list[str]:
    from fairal.report.arms import arm_label
    from fairal.report.figure import OWN_SCANS

    notes = [
        f"Reduction of the gap, what the worst group gained and the best lost, and by how much that went past 0, are "
        f"in Dice against {arm_label(result.config.baseline).lower()}; picked: shares of the groups "
        f"({'/'.join(result.groups)})."
    ]
    if any(row.role == "reference" for row in summary):
        notes.append("* A single fit for orientation, at a labelled set of its own.")
    kinds = {row.against.reduction.over for row in summary if row.against and row.against.reduction}
    if "test subjects" in kinds:
        notes.append("One seed: the interval covers the choice of test subjects, not training or cohort.")
    elif _seeds(summary) > 1:
        notes.append(f"The interval is of the signed gap's reduction, over {_seeds(summary)} seeds (Fieller).")
    return [*notes, "Synthetic brains; no claim about patients." if result.synthetic else OWN_SCANS]
