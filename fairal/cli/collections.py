"""A person's own scans at the command line: import, list, forget."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from fairal.allowed import check_changes
from fairal.cli.app import AsJson, Home, err, out
from fairal.cohort.folder.collection import Collections
from fairal.cohort.folder.content import Other
from fairal.cohort.folder.unpack import unpacked
from fairal.cohort.folder.wishes import Report, TooFewGroups, Wishes, report_on
from fairal.errors import FairalError, InputError
from fairal.facts.advice import came_of
from fairal.files import write_json
from fairal.plain import plain
from fairal.runs import control
from fairal.runs.advice import Desk
from fairal.runs.crews.engine import crew_of
from fairal.runs.store import Store

_SHOWN = 30
"""Lines of warnings and of what was left out; `--json` has them all."""


def add_commands(app: typer.Typer) -> None:
    """Put `import`, `collections` and `forget` on the command line."""
    app.command("import")(import_command)
    app.command("collections")(collections_command)
    app.command("forget")(forget_command)


def import_command(
    folder: Annotated[Path, typer.Argument(help="BIDS, or the Decathlon's or nnU-Net's layout, or a .zip.")],
    name: Annotated[str, typer.Option(help="Of the collection.")],
    group: Annotated[str, typer.Option(metavar="COLUMN", help="The table's column that holds the group.")],
    participants: Annotated[Path | None, typer.Option(help="The table; by default the folder's.")] = None,
    structure: Annotated[str, typer.Option(help="Label values to join into the structure, such as 1,2.")] = "",
    spacing: Annotated[float | None, typer.Option(help="Voxel edge in mm; by default the median.")] = None,
    size: Annotated[str, typer.Option(help="Voxels X,Y,Z; by default around the structures.")] = "",
    crop: Annotated[bool | None, typer.Option("--crop/--no-crop", help="Crop around the structures.")] = None,
    update: Annotated[bool, typer.Option("--update", help="Look again at an imported collection.")] = False,
    home: Home = None,
    as_json: AsJson = False,
    progress: Annotated[Path | None, typer.Option(help="Write how far it is into this file, as JSON.")] = None,
) -> None:
    """Import a folder of scans as a collection; says what was left out and why."""
    check_changes()
    wishes = Wishes(
        folder, group, participants, _numbers(structure, "--structure"), spacing, _numbers(size, "--size") or None, crop
    )
    store = Store(home)
    collections, started = Collections(store.home), monotonic()
    try:
        with unpacked(folder, store.home) as scans:
            from fairal.cohort.folder.importing import import_folder, update_collection

            work, asked = update_collection if update else import_folder, replace(wishes, folder=scans)
            report = _with_progress(lambda hear: work(collections, name, asked, hear), progress)
    except TooFewGroups as error:
        _show(error.report, as_json, monotonic() - started)
        raise
    _show(report, as_json, monotonic() - started)
    if update:
        _say_what_came(collections.folder(name), report)
    if update and (woken := control.wake(store, name)):
        crew_of().ensure(store)
        err.print(f"{woken} runs waited for masks and look again whether theirs are there.")


def _say_what_came(folder: Path, report: Report) -> None:
    """Compare the masks that are there with those that `fairal next` asked for last."""
    answers, _ = Desk(folder).history()
    if answers and (report.changes.new_masks or report.changes.new):
        came = came_of(answers[-1], [scan.participant_id for scan in report.usable if scan.has_mask])
        err.print(f"`fairal next` of {answers[-1].time}: {plain(came, 600)}.")


def _numbers(text: str, option: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(",")) if text else ()
    except ValueError:
        raise InputError(f"{option} must be whole numbers with commas between, got '{plain(text, 40)}'.") from None


def _with_progress(work, progress: Path | None = None) -> Report:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        tasks: dict[str, int] = {}

        def hear(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)
            if progress:
                write_json(progress, {"what": what, "done": done, "total": total})

        return work(hear)


def _show(report: Report, as_json: bool, seconds: float) -> None:
    if as_json:
        typer.echo(json.dumps(report.as_json(), indent=1))
        return
    out.print(
        f"{report.collection}: {len(report.usable)} usable scans ({report.layout}), {report.labelled} of them "
        f"labelled, {len(report.left_out)} left out; {seconds:.1f} s"
    )
    if report.shape and report.spacing_mm:
        out.print(f"{' × '.join(map(str, report.shape))} voxels of {report.spacing_mm:g} mm, RAS, z-scored")
    _show_groups(report)
    for what, ids in vars(report.changes).items() if report.changes else ():
        names = ", ".join(plain(name, 60) for name in ids[:_SHOWN]) + (", …" if len(ids) > _SHOWN else "")
        out.print(f"{what.replace('_', ' ')}: {len(ids)}{' (' + names + ')' if ids else ''}")
    if report.other_labels:
        out.print(f"Taken as background: label {', '.join(map(str, report.other_labels))}.")
    _show_rows("warning", report.warnings)
    _show_rows("left out", report.left_out)


def _show_rows(what: str, rows: Sequence[Other]) -> None:
    for row in rows[:_SHOWN]:
        out.print(f"{what}: {plain(row.participant_id, 60)} ({plain(row.file)}): {row.reason}")
    if (more := len(rows) - _SHOWN) > 0:
        out.print(f"and {more} more; --json lists them all.")


def _show_groups(report: Report) -> None:
    labelled = Counter(scan.group for scan in report.usable if scan.has_mask)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("group")
    for column in ("usable", "labelled", "unlabelled"):
        table.add_column(column, justify="right")
    for group, count in report.groups.items():
        table.add_row(Text(plain(group)), str(count), str(labelled[group]), str(count - labelled[group]))
    if report.groups:
        out.print(table)


def collections_command(home: Home = None, as_json: AsJson = False) -> None:
    """List the collections."""
    collections, rows = Collections(Store(home).home), []
    for name in collections.names():
        try:
            content = collections.open(name).content
            about = {"group": content.group_column, "folder": content.folder, "imported": content.imported}
            rows.append(report_on(content).as_json() | about | {"digest": content.digest})
        except FairalError as error:
            rows.append({"collection": name, "damaged": str(error)})
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
        return
    if not rows:
        out.print("No collections yet; `fairal import` makes one.")
        return
    table = Table("collection", "usable", "labelled", "left out", "groups", "voxels", "mm", box=SIMPLE_HEAD)
    for row in rows:
        table.add_row(*(Text(cell) for cell in _cells(row)))
    out.print(table)


def _cells(row: dict) -> tuple[str, ...]:
    if "damaged" in row:
        return row["collection"], "-", "-", "-", plain(row["damaged"], 300), "-", "-"
    groups = ", ".join(f"{plain(group, 40)} {count}" for group, count in row["groups"].items())
    shape = " × ".join(map(str, row["shape"]))
    counts = (str(row["usable"]), str(row["labelled"]), str(len(row["left_out"])))
    return row["collection"], *counts, f"{plain(row['group'], 40)}: {groups}", shape, f"{row['spacing_mm']:g}"


def forget_command(
    name: Annotated[str, typer.Argument(help="Of the collection, exactly.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: Home = None,
) -> None:
    """Remove a collection; the original files are elsewhere and stay."""
    check_changes()
    collections = Collections(Store(home).home)
    collections.check_there(name)
    if yes or typer.confirm(f"Remove the collection {name}? The original files stay."):
        collections.forget(name)
        out.print(f"{name}: removed.")
