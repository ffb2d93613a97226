"""Commands about cohorts and this machine."""

import json
import os
import traceback
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from fairal import __version__, settings
from fairal.allowed import check_changes
from fairal.cli.app import AsJson, Home, On, app, err, out, say
from fairal.cli.experiments import check_seed
from fairal.cli.output import check_outside
from fairal.config import read_study
from fairal.errors import InputError, RunError
from fairal.files import new_folder
from fairal.plain import plain
from fairal.runs.crew import team
from fairal.runs.crews.engine import crew_of
from fairal.runs.crews.ray import RayCrew
from fairal.runs.litter import clear_litter
from fairal.runs.locks import Lost
from fairal.runs.paths import default_home
from fairal.runs.shelf import trim
from fairal.runs.store import Store

GB_MAX = 1_000_000


@app.command()
def cohort(
    config: Annotated[Path, typer.Argument(help="A configuration file; its first experiment's cohort is drawn.")],
    folder: Annotated[Path, typer.Option("--out", help="An empty or new folder.")],
    seed: Annotated[int | None, typer.Option(help="By default the configuration's first.")] = None,
) -> None:
    """Write a cohort as NIfTI in a BIDS-like layout."""
    experiment = read_study(config)[0]
    seed = experiment.seeds[0] if seed is None else seed
    check_seed(seed)
    check_outside(folder, default_home())
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
    """Free the cache of cohorts and fits (least recently used first), or the display volumes.

    What killed processes left half written goes in any case.
    """
    if not 0 <= cap_gb <= GB_MAX:  # also where it is not a number
        raise InputError(f"--cap-gb must lie in 0..{GB_MAX}, got {cap_gb:g}.")
    check_changes()
    store = Store(home)
    if experiment is not None and experiment not in store.experiments():
        got = plain(experiment, 64)
        raise InputError(f"--experiment must be a whole id that `fairal list` names, got '{got}'.")
    left = clear_litter(store, store.experiments())
    if volumes:
        chosen = store.experiments() if experiment is None else [experiment]
        freed = sum(store.clean_volumes(name) for name in chosen)
    else:
        freed = trim(store, int(cap_gb * 1e9))
    out.print(f"Freed {(left + freed) / 1e6:.1f} MB.")


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
        table.add_row(name, _plainly(value))
    out.print(table)


def _plainly(value: object) -> str:
    """A fact as a person reads it; one that has parts in lines."""
    if isinstance(value, dict):
        return "\n".join(f"{part}: {of}" for part, of in value.items()) or "none"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


@app.command()
def worker(
    home: Home = None,
    slot: Annotated[int, typer.Option(help="One worker lives in each slot.")] = 0,
    threads: Annotated[int, typer.Option(help="Of torch, per fit; 0 chooses.")] = 0,
    linger: Annotated[float, typer.Option(help="Seconds to stay without work.")] = 0.0,
) -> None:
    """Work off queued and interrupted runs, then leave. The application starts these by itself."""
    for name, value, most in (("--slot", slot, 63), ("--threads", threads, 256), ("--linger", linger, 10**6)):
        if not 0 <= value <= most:
            raise InputError(f"{name} must lie in 0..{most}, got {value:g}.")
    check_changes()
    store = Store(home)
    if hasattr(os, "nice"):
        os.nice(10)  # the pages stay quick while all cores are busy
    from fairal.runs.worker import Worker

    if not Worker(store, threads or team().threads).work(slot, linger):
        raise RunError(f"Another worker has slot {slot}.")


@app.command()
def foreman(
    home: Home = None,
    on: On = None,
    linger: Annotated[float, typer.Option(help="Seconds to stay without work.")] = 0.0,
) -> None:
    """Hand queued and interrupted runs out to a Ray cluster, then leave. `run --on ray` starts it by itself."""
    if not 0 <= linger <= 10**6:
        raise InputError(f"--linger must lie in 0..{10**6}, got {linger:g}.")
    check_changes()
    store, crew = Store(home), crew_of(on)
    if not isinstance(crew, RayCrew):
        raise InputError("A foreman needs a cluster: --on ray or --on ray://HOST:PORT.")
    if hasattr(os, "nice"):
        os.nice(10)
    from fairal.runs.crews.ray_foreman import lead

    try:
        worked = lead(store, crew.engine, linger)
    except BaseException as error:
        # Whatever it was: threads may wait for the cluster for ever, and neither Python nor Ray would let go of them.
        os._exit(_last_words(error))
    if not worked:  # no fault: whoever started this one meanwhile is served by the other
        err.print("fairal: Another foreman has this home.")


def _last_words(error: BaseException) -> int:
    """Say why the foreman leaves; gives the exit code, 0 where another one may follow at once."""
    if settings.tracebacks():
        traceback.print_exception(error)
    if not isinstance(error, Exception):  # Ctrl-C, or SIGTERM by way of Ray
        error = RunError("The foreman was stopped; its runs count as interrupted, and `fairal resume` goes on.")
    code = say(error)
    return 0 if isinstance(error, Lost) else code


@app.command("version")
def version_command() -> None:
    """Print the version."""
    typer.echo(__version__)
