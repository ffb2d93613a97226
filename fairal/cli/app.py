"""The command line: the same things without a browser."""

import csv
import io
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from fairal import __version__
from fairal.cli.collections import add_commands
from fairal.config import LIMITS, read_study, study_json
from fairal.errors import FairalError, InputError, RunError
from fairal.files import new_folder
from fairal.presets import PRESETS, preset
from fairal.runs import queue
from fairal.runs.cache import trim
from fairal.runs.launch import crew, ensure_workers, launch
from fairal.runs.store import Store

app = typer.Typer(
    name="fairal",
    help="Fair active learning in brain segmentation: which scans to label next, and for whom it works.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
out = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
err = Console(stderr=True, highlight=False, soft_wrap=True)

Home = Annotated[Path | None, typer.Option("--home", help="Where everything lies (or FAIRAL_HOME).")]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


def main() -> None:
    """Run the command line; a person's mistake is one sentence and exit code 2, a failed run exit code 1."""
    try:
        app()
    except InputError as error:
        err.print(f"fairal: {error}", markup=False)
        sys.exit(2)
    except (FairalError, OSError) as error:
        reason = str(error) if isinstance(error, FairalError) else f"{error.strerror or error}: {error.filename or ''}"
        err.print(f"fairal: {reason}", markup=False)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(0)


@app.command()
def demo(
    home: Home = None,
    seed: Annotated[int, typer.Option(help="Seed of cohort and training.")] = 0,
    smoke: Annotated[bool, typer.Option(help="Tiny volumes and few steps: seconds, and no claim.")] = False,
) -> None:
    """Run the demo in the foreground and print what came out."""
    _check_seed(seed)
    configs = [c.model_copy(update={"seeds": (seed,)}) for c in preset("smoke" if smoke else "demo")]
    store = Store(home)
    _foreground(store, launch(store, configs))


def _check_seed(seed: int) -> None:
    low, high = LIMITS["seed"]
    if not low <= seed <= high:
        raise InputError(f"--seed must lie in {low}..{high}, got {seed}.")


@app.command("preset")
def preset_command(name: Annotated[str, typer.Argument(help=", ".join(PRESETS))]) -> None:
    """Print a preset as a configuration file to edit."""
    typer.echo(study_json(preset(name), study=name))


@app.command()
def run(
    config: Annotated[Path, typer.Argument(help="A configuration file, see `fairal preset`.")],
    detach: Annotated[bool, typer.Option("--detach", help="Leave the runs in the background.")] = False,
    home: Home = None,
) -> None:
    """Run the experiments of a configuration file; prints their ids."""
    configs = read_study(config)
    store = Store(home)
    ids = launch(store, configs)
    for experiment in ids:
        typer.echo(experiment)
    if not detach:
        _foreground(store, ids)


def _foreground(store: Store, ids: list[str]) -> None:
    """Follow experiments until they end, print their tables; Ctrl-C cancels them."""
    interrupted = []
    before = signal.signal(signal.SIGINT, lambda *_: interrupted.append(True))
    try:
        _follow(store, ids, interrupted)
    finally:
        signal.signal(signal.SIGINT, before)
    if interrupted:
        for experiment in ids:
            for key in store.runs(experiment):
                queue.cancel(store, key)
        raise RunError(f"Cancelled; what is finished is kept: fairal resume {' '.join(ids)}")
    for experiment in ids:
        _print_tables(store, experiment)
    _raise_failures(store, ids)


def _follow(store: Store, ids: list[str], interrupted: list) -> None:
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("rounds"),
        TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(elapsed_when_finished=False),
    )  # fmt: skip
    alone_since, tries = None, 0
    with Progress(*columns, console=err, transient=True) as bar:
        tasks = {e: bar.add_task(e, total=None) for e in ids}
        while not interrupted:
            states = {e: queue.progress(store, e) for e in ids}
            for experiment, state in states.items():
                bar.update(tasks[experiment], total=state["rounds"], completed=state["rounds_done"])
            if all(state["state"] in queue.ENDED for state in states.values()):
                return
            # A worker that cannot start must not leave us waiting for ever.
            alive = queue.live_workers(store) > 0
            alone_since = None if alive else alone_since or time.monotonic()
            if alone_since and time.monotonic() - alone_since > 20:
                if tries == 2:
                    raise RunError(f"No worker could start; {store.worker_log(0)} says why.")
                ensure_workers(store)
                tries, alone_since = tries + 1, None
            time.sleep(0.2)


def _raise_failures(store: Store, ids: list[str]) -> None:
    for experiment in ids:
        for key in store.runs(experiment):
            state = store.state(key)
            if state.state != "done":
                raise RunError(f"Run {key.run} of {experiment} {state.state}: {state.reason}")


def _print_tables(store: Store, experiment: str) -> None:
    from fairal.report.results import read_experiment
    from fairal.report.summary import headline, summarise_experiment
    from fairal.strategies.catalog import label

    result = read_experiment(store, experiment)
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
    out.print(f"The data lie in {store.experiment_dir(experiment)}")


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3f}"


@app.command("list")
def list_command(home: Home = None, as_json: AsJson = False) -> None:
    """List the experiments, newest first."""
    store, rows = Store(home), []
    for experiment in store.experiments():
        try:
            about = store.about(experiment)
            progress = queue.progress(store, experiment)
            name, created = about["config"].get("name", ""), about["created"]
        except FairalError as error:
            progress, name, created = {"state": "failed", "runs": 0, "runs_done": 0}, f"damaged: {error}", ""
        rows.append({"experiment": experiment, "name": name, "state": progress["state"], "created": created,
                     "runs": progress["runs"], "runs_done": progress["runs_done"]})  # fmt: skip
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
        return
    if not rows:
        out.print("No experiments yet; `fairal demo` runs one.")
        return
    table = Table("experiment", "name", "state", "created", "runs done")
    for row in rows:
        table.add_row(
            row["experiment"], row["name"], row["state"], row["created"][:16], f"{row['runs_done']}/{row['runs']}"
        )
    out.print(table)


@app.command()
def show(
    experiment: Annotated[str, typer.Argument(help="An id, its beginning, or 'latest'.")],
    home: Home = None,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="One row per run and round.")] = False,
) -> None:
    """Show what an experiment came to."""
    from fairal.report.results import read_experiment
    from fairal.report.summary import experiment_json

    store = Store(home)
    found = queue.find(store, experiment)
    if as_json:
        typer.echo(json.dumps(experiment_json(read_experiment(store, found)), indent=1, allow_nan=False))
    elif as_csv:
        from fairal.report.frames import rounds_frame

        frame = rounds_frame(read_experiment(store, found))
        buffer = io.StringIO()
        frame.to_csv(buffer, index=False, quoting=csv.QUOTE_MINIMAL)
        typer.echo(buffer.getvalue(), nl=False)
    else:
        _print_tables(store, found)
        for key in store.runs(found):
            state = store.state(key)
            if state.state != "done":
                shown = queue.shown_state(store, key, state)
                out.print(f"{key.run}: {shown}, {state.rounds_done}/{state.rounds} rounds. {state.reason}")


@app.command()
def cancel(
    experiments: Annotated[list[str], typer.Argument(help="Ids, their beginnings, or 'latest'.")], home: Home = None
) -> None:
    """Stop the runs of experiments; what is finished is kept."""
    store = Store(home)
    for experiment in [queue.find(store, name) for name in experiments]:
        keys = [k for k in store.runs(experiment) if store.state(k).state not in queue.ENDED]
        for key in keys:
            queue.cancel(store, key)
        out.print(f"{experiment}: asked {len(keys)} run(s) to stop.")


@app.command()
def resume(
    experiments: Annotated[list[str], typer.Argument(help="Ids, their beginnings, or 'latest'.")],
    detach: Annotated[bool, typer.Option("--detach", help="Leave the runs in the background.")] = False,
    home: Home = None,
) -> None:
    """Go on with cancelled, failed or interrupted runs from their last finished round."""
    store = Store(home)
    found = [queue.find(store, name) for name in experiments]
    for experiment in found:
        count = sum(queue.resume(store, key) for key in store.runs(experiment))
        out.print(f"{experiment}: {count} run(s) queued again.")
    ensure_workers(store)
    if not detach:
        _foreground(store, found)


@app.command()
def delete(
    experiments: Annotated[list[str], typer.Argument(help="Ids or their beginnings.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: Home = None,
) -> None:
    """Delete experiments with all their results."""
    store = Store(home)
    for experiment in [queue.find(store, name) for name in experiments]:
        if yes or typer.confirm(f"Delete {experiment} and all its results?"):
            queue.delete_experiment(store, experiment)
            out.print(f"{experiment}: deleted.")


@app.command()
def cohort(
    config: Annotated[Path, typer.Argument(help="A configuration file; its first experiment's cohort is drawn.")],
    folder: Annotated[Path, typer.Option("--out", help="An empty or new folder.")],
    seed: Annotated[int | None, typer.Option(help="By default the configuration's first.")] = None,
) -> None:
    """Write a cohort as NIfTI in a BIDS-like layout."""
    experiment = read_study(config)[0]
    seed = experiment.seeds[0] if seed is None else seed
    _check_seed(seed)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"--out {folder} must be an empty or new folder.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        if folder.exists():
            folder.rmdir()  # empty, see above; it comes back whole or not at all
    except OSError as error:
        raise InputError(f"--out {folder} cannot be made ({error.strerror}).") from None
    from fairal.cohort.bids import write_bids
    from fairal.cohort.synthetic.draw import build_cohort

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as bar:

        def shown(what: str):
            task = bar.add_task(what, total=None)
            return lambda done, total: bar.update(task, completed=done, total=total)

        splits = [build_cohort(experiment.cohort, seed, split, shown(f"draw {split}")) for split in ("pool", "test")]
        with new_folder(folder.absolute()) as temporary:
            count = write_bids(splits, temporary, shown("write"))
    out.print(f"{count} subjects in {folder.absolute()}")


@app.command()
def clean(
    home: Home = None,
    cap_gb: Annotated[float, typer.Option(help="Keep this much of the cache.")] = 0.0,
    volumes: Annotated[bool, typer.Option("--volumes", help="Remove display volumes instead; records stay.")] = False,
    experiment: Annotated[str | None, typer.Option(help="Only this experiment's volumes.")] = None,
) -> None:
    """Free the cache of cohorts and fits (least recently used first), or the display volumes."""
    store = Store(home)
    if volumes:
        chosen = [queue.find(store, experiment)] if experiment else store.experiments()
        freed = sum(store.clean_volumes(name) for name in chosen)
    else:
        freed = trim(store, int(cap_gb * 1e9))
    out.print(f"Freed {freed / 1e6:.1f} MB.")


@app.command()
def doctor(
    home: Home = None,
    as_json: AsJson = False,
    fit: Annotated[bool, typer.Option(help="Measure the seconds of one demo-sized fit.")] = True,
) -> None:
    """Say what this machine has: versions, devices, free disk, seconds per fit."""
    from fairal.doctor import examine

    store = Store(home)
    facts = examine(store, measure=fit)
    if as_json:
        typer.echo(json.dumps(facts, indent=1))
        return
    table = Table(show_header=False)
    for name, value in facts.items():
        table.add_row(name, json.dumps(value) if isinstance(value, dict | list) else str(value))
    out.print(table)


@app.command()
def worker(
    home: Home = None,
    slot: Annotated[int, typer.Option(help="One worker lives in each slot.")] = 0,
    threads: Annotated[int, typer.Option(help="Of torch, per fit; 0 chooses.")] = 0,
    linger: Annotated[float, typer.Option(help="Seconds to stay without work.")] = 0.0,
) -> None:
    """Work off queued and interrupted runs, then leave. The application starts these by itself."""
    store = Store(home)
    if hasattr(os, "nice"):
        os.nice(10)  # the pages stay quick while all cores are busy
    from fairal.runs.worker import Worker

    if not Worker(store, threads or crew().threads).work(slot, linger):
        raise RunError(f"Another worker has slot {slot}.")


@app.command("version")
def version_command() -> None:
    """Print the version."""
    typer.echo(__version__)


add_commands(app)
