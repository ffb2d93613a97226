"""`fairal next`: whom to label next in a collection of one's own scans."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from fairal.allowed import check_changes
from fairal.cli.app import AsJson, Home, app, err, out
from fairal.cli.output import check_output
from fairal.cohort.folder.collection import Collections
from fairal.config import Arm
from fairal.config.advice import Question, ask_next
from fairal.errors import InputError, RunError
from fairal.facts.advice import Answer, came_of
from fairal.files import replacing
from fairal.plain import plain
from fairal.report.cautions import caution_about
from fairal.runs.advice import Desk
from fairal.runs.store import Store

_DEFAULT = Question(collection="")


@app.command("next")
def next_command(
    name: Annotated[str, typer.Argument(help="Of the collection.")],
    strategy: Annotated[str, typer.Option(help="Ranks the scans.")] = _DEFAULT.strategy,
    training: Annotated[str, typer.Option(help="How the network is trained.")] = _DEFAULT.training,
    k: Annotated[int, typer.Option("--k", help="How many scans to ask for.")] = _DEFAULT.k,
    seed: Annotated[int, typer.Option(help="Of training, folds and ties.")] = _DEFAULT.seed,
    steps: Annotated[int, typer.Option(help="Of each training.")] = _DEFAULT.steps,
    table: Annotated[Path | None, typer.Option("--out", metavar="FILE.tsv", help="Write the list as a table.")] = None,
    aside: Annotated[str, typer.Option(metavar="ID", help="Do not offer this scan again; trains nothing.")] = "",
    reason: Annotated[str, typer.Option(help="Why it is put aside.")] = "",
    back: Annotated[str, typer.Option(metavar="ID", help="Offer this scan again; trains nothing.")] = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Say whom to label next: trains on all that is labelled, scores what is not."""
    check_changes()
    store = Store(home)
    if aside or back:
        _move(store, name, aside, reason, back)
        return
    if reason:
        raise InputError("--reason says why a scan is put aside; name the scan with --aside.")
    question = ask_next(collection=name, strategy=strategy, training=training, k=k, seed=seed, steps=steps)
    if table:
        check_output(table, store)
    Collections(store.home).check_there(name)
    _say_what_came(store, name)
    answer = _answer(store, question)
    if table:
        from fairal.report.answers import wanted_table

        with replacing(table) as file:
            file.write(wanted_table(answer.advice.wanted).encode())
    if as_json:
        typer.echo(json.dumps(answer.advice.as_json(), indent=1))
    else:
        _show(answer, table)


def _move(store: Store, name: str, aside: str, reason: str, back: str) -> None:
    """Put a scan aside, or back."""
    if aside and back:
        raise InputError("--aside and --back are for one scan at a time; name one of them.")
    collection = Collections(store.home).open(name)
    desk = Desk(collection.folder)
    if aside:
        if collection.scan(aside).has_mask:
            raise InputError(
                f"{plain(aside, 60)} has a mask: it is trained on and never offered; to leave it out, take it out of "
                "the folder and look again with --update."
            )
        desk.put_aside(aside, reason)
        out.print(Text(f"{aside}: put aside, it is not offered again (put aside by now: {len(desk.aside())})."))
    else:
        desk.put_back(back)
        out.print(Text(f"{back}: offered again."))


def _say_what_came(store: Store, name: str) -> None:
    collection = Collections(store.home).open(name)
    answers, damaged = Desk(collection.folder).history()
    for sentence in damaged:
        err.print(Text(sentence))
    if answers and answers[-1].digest != collection.digest:
        labelled = [scan.participant_id for scan in collection.scans if scan.has_mask]
        err.print(Text(f"Since the last answer ({answers[-1].time}): {came_of(answers[-1], labelled)}."))


def _answer(store: Store, question: Question) -> Answer:
    from fairal.runs.advice_worker import answer, plan

    made = plan(store, question)
    err.print(Text(f"{question.collection}: {made.cost()}"))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
            task = bar.add_task("", total=None)

            def hear(part: str, done: int, total: int) -> None:
                bar.update(task, description=part, completed=done, total=total)

            return answer(made, hear)
    except KeyboardInterrupt:
        raise RunError("Stopped; no answer was kept, trainings that were finished are.") from None


def _show(answer: Answer, table: Path | None) -> None:
    advice = answer.advice
    out.print(Text(f"{advice.collection}: {advice.labelled} labelled, {advice.unlabelled} without a mask."))
    out.print(_groups(answer))
    if answer.folds:
        out.print(
            f"Cross-validated: {answer.folds} folds; each labelled scan is predicted by a network trained on the "
            f"{'other half' if answer.folds == 2 else 'others'}. On training scans: no estimate for new ones."
        )
    else:
        out.print(
            "The Dice is on the very scans that were trained on, and no estimate for new ones; with 5 labelled scans "
            "in every group a cross-validated one stands beside it."
        )
    if caution := caution_about(Arm(advice.strategy, answer.training)):
        out.print(Text(caution))
    if not advice.wanted:
        out.print("Every scan is labelled or put aside: nobody is left to ask for.")
        return
    rows = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in ("rank", "scan", "group", "why"):
        rows.add_column(column, justify="right" if column == "rank" else "left", overflow="fold")
    for wanted in advice.wanted:
        rows.add_row(str(wanted.rank), Text(plain(wanted.participant_id, 60)), Text(plain(wanted.group)), wanted.reason)
    out.at_least(100).print(rows)
    if table:
        out.print(Text(f"The list is in {table}."))


def _groups(answer: Answer) -> Table:
    advice, rows = answer.advice, Table(box=SIMPLE_HEAD, pad_edge=False)
    rows.add_column("group")
    for column in ("labelled", "Dice, cross-validated", "Dice on training scans", "weight"):
        rows.add_column(column, justify="right")
    for group, count in answer.labelled_by_group.items():
        held_out = "-" if advice.held_out_dice is None else f"{advice.held_out_dice[group]:.3f}"
        own = f"{advice.labelled_dice[group]:.3f}" if count else "-"
        rows.add_row(Text(plain(group)), str(count), held_out, own, f"{advice.weights[group]:.2f}")
    return rows
