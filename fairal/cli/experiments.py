"""Commands about experiments: run them, list them, show them, stop, go on, remove."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table
from rich.text import Text

from fairal.allowed import check_changes
from fairal.cli.app import AsJson, Home, Names, On, app, out
from fairal.cli.bundles import bundle_row, origin_json, say_origin
from fairal.cli.follow import foreground
from fairal.cli.launching import Yes, launch_asking
from fairal.cli.tables import print_tables
from fairal.config import LIMITS, FolderCohort, read_study, study_json
from fairal.errors import FairalError, InputError
from fairal.plain import plain as plain_text
from fairal.presets import PRESETS, own, preset
from fairal.runs import control
from fairal.runs.claims import settle
from fairal.runs.crew import Crew
from fairal.runs.crews.engine import check_reachable, crew_of
from fairal.runs.library import readers
from fairal.runs.standing import Standing, closed, find, standing
from fairal.runs.store import Store

_SHOWN = 200  # a terminal's table takes a millisecond a row


@app.command()
def demo(
    home: Home = None,
    seed: Annotated[int, typer.Option(help="Seed of cohort and training.")] = 0,
    smoke: Annotated[bool, typer.Option(help="Tiny volumes and few steps: seconds, and no claim.")] = False,
    yes: Yes = False,
) -> None:
    """Run the demo in the foreground and print what came out."""
    check_seed(seed)
    configs = [c.model_copy(update={"seeds": (seed,)}) for c in preset("smoke" if smoke else "demo")]
    store = Store(home)
    crew = crew_of()
    foreground(store, launch_asking(store, configs, yes, crew), crew)


def check_seed(seed: int) -> None:
    low, high = LIMITS["seed"]
    if not low <= seed <= high:
        raise InputError(f"--seed must lie in {low}..{high}, got {seed}.")


@app.command("preset")
def preset_command(
    name: Annotated[str, typer.Argument(help=", ".join((*PRESETS, "own")))],
    collection: Annotated[str | None, typer.Option(help="For `own`: of which collection.")] = None,
    home: Home = None,
) -> None:
    """Print a preset as a configuration file to edit."""
    if name != "own":
        typer.echo(study_json(preset(name), study=name))
        return
    if collection is None:
        raise InputError("`fairal preset own` needs --collection; `fairal collections` names them.")
    from fairal.cohort.folder.collection import Collections
    from fairal.cohort.folder.source import facts_of

    store = Store(home)
    Collections(store.home).check_there(collection)
    cohort = FolderCohort(collection=collection)
    known = cohort.model_copy(update={"facts": facts_of(cohort, store.home)})
    [config] = own(known)
    # Without the facts: whoever runs the file looks at the collection as it is then.
    plain = config.model_copy(update={"cohort": config.cohort.model_copy(update={"facts": None})})
    typer.echo(study_json([plain]))


@app.command()
def run(
    config: Annotated[Path, typer.Argument(help="A configuration file, see `fairal preset`.")],
    detach: Annotated[bool, typer.Option("--detach", help="Leave the runs in the background.")] = False,
    yes: Yes = False,
    on: On = None,
    home: Home = None,
) -> None:
    """Run the experiments of a configuration file; prints their ids."""
    configs, crew = read_study(config), crew_of(on)
    store = Store(home)
    ids = launch_asking(store, configs, yes, crew)
    for experiment in ids:
        typer.echo(experiment)
    if not detach:
        foreground(store, ids, crew)


@app.command("list")
def list_command(
    home: Home = None,
    as_json: AsJson = False,
    all_: Annotated[bool, typer.Option("--all", help=f"More than the newest {_SHOWN} as well.")] = False,
    shipped: Annotated[bool, typer.Option("--shipped", help="Those that are part of the package, instead.")] = False,
) -> None:
    """List the experiments, newest first; added bundles stand after one's own."""
    store = Store(home)
    settle(store)
    library = readers(store)
    bundles = library.shipped() if shipped else library.added()
    there = [] if shipped else store.experiments()
    rows = [_row(store, experiment) for experiment in (there if as_json or all_ else there[:_SHOWN])]
    rows += [bundle_row(library, experiment) for experiment in bundles]
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
        return
    if not rows:
        none = "No experiments yet; `fairal demo` runs one, `list --shipped` names the study."
        out.print("None is shipped." if shipped else none)
        return
    table = Table(Column("experiment", no_wrap=True), "name", "state", "created", "runs done")
    for row in rows:
        runs = f"{row['runs_done']}/{row['runs']}"
        cells = (row["experiment"], row["name"], row.get("origin", row["state"]), row["created"][:16], runs)
        table.add_row(*map(Text, cells))  # a name is text, not markup
    out.at_least(120).print(table)  # ids stay whole: they are there to be copied
    if older := len(there) + len(bundles) - len(rows):
        out.print(f"{older} older experiments are not shown; --all lists them.")


def _row(store: Store, experiment: str) -> dict:
    """One experiment as the list shows it; a closed one is not read again."""
    page, stand = store.ledger.page(experiment), closed(store, experiment)
    if page is not None and page.created is not None and stand is not None:
        name, created = page.name, page.created
    else:
        try:
            about, stand = store.about(experiment), standing(store, experiment)
            name, created = about["config"].get("name", ""), about["created"]
        except FairalError as error:
            name, created, stand = f"damaged: {error}", "", Standing("damaged", 0, 0, 0, 0, None)
    return {"experiment": experiment, "name": name, "state": stand.state, "created": created, "runs": stand.runs,
            "runs_done": stand.runs_done}  # fmt: skip


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

    library = readers(Store(home))
    found = find(library, experiment)
    if as_json:
        content = experiment_json(read_experiment(library, found)) | origin_json(library, found)
        typer.echo(json.dumps(content, indent=1, allow_nan=False))
    elif as_csv:
        from fairal.report.frames import rounds_frame
        from fairal.report.sheet import csv_text

        typer.echo(csv_text(rounds_frame(read_experiment(library, found))), nl=False)
    else:
        print_tables(library, found)
        for run in library.snapshot(found).runs:
            if run.shown != "done":
                done = f"{run.state.rounds_done}/{run.state.rounds} rounds"
                out.print(f"{run.key.run}: {run.shown}, {done}. {run.reason}")
        say_origin(library, found)


@app.command()
def cancel(experiments: Names, home: Home = None) -> None:
    """Stop the runs of experiments; what is finished is kept."""
    store = Store(home)
    for experiment in _own(store, experiments):
        keys = [k for k in store.runs(experiment) if not store.state(k).ended]
        for key in keys:
            control.cancel(store, key)
        out.print(f"{experiment}: asked {len(keys)} run(s) to stop.")


@app.command()
def resume(
    experiments: Names,
    detach: Annotated[bool, typer.Option("--detach", help="Leave the runs in the background.")] = False,
    on: On = None,
    home: Home = None,
) -> None:
    """Go on with cancelled, failed or interrupted runs from their last finished round."""
    store, crew = Store(home), crew_of(on)
    found = _own(store, experiments)
    check_reachable(crew)
    for experiment in found:
        count = sum(control.resume(store, key) for key in store.runs(experiment))
        out.print(f"{experiment}: {count} run(s) queued again.")
    _work_on(store, found, detach, crew)


@app.command()
def retry(
    experiments: Names,
    yes: Annotated[bool, typer.Option("--yes", help="Forget finished rounds without asking.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Leave the runs in the background.")] = False,
    on: On = None,
    home: Home = None,
) -> None:
    """Start runs over from their first round; finished rounds are forgotten, after a question. See `resume`."""
    store, crew = Store(home), crew_of(on)
    found = _own(store, experiments)
    check_reachable(crew)
    for experiment in found:
        keys = [key for key in store.runs(experiment) if not store.is_held(key)]
        rounds = control.finished_rounds(store, keys)
        ask = f"Forget {rounds} finished rounds of {experiment}? `fairal resume` keeps them."
        if rounds and not yes and not typer.confirm(ask):
            continue
        for key in keys:
            control.retry(store, key, forget=True)
        out.print(f"{experiment}: {len(keys)} run(s) queued again from their first round.")
    _work_on(store, found, detach, crew)


@app.command()
def delete(
    experiments: Annotated[list[str], typer.Argument(help="Whole ids.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: Home = None,
) -> None:
    """Delete experiments with all their results, or added bundles; each by its whole id alone."""
    check_changes()
    store = Store(home)
    library = readers(store)
    bundles = [name for name in experiments if library.origin(name) != "own"]
    own = [name for name in experiments if name not in bundles]
    if unknown := [name for name in own if name not in store.experiments()]:
        raise InputError(
            f"'{plain_text(unknown[0], 64)}' is the whole id of no experiment, so nothing is deleted; `fairal list` "
            "names those that are."
        )
    if fixed := [name for name in bundles if library.origin(name) == "shipped"]:
        raise InputError(f"{fixed[0]} is shipped with fairal and cannot be deleted, so nothing is deleted.")
    for experiment in [*own, *bundles]:
        if yes or typer.confirm(f"Delete {experiment} and all its results?"):
            if experiment in bundles:
                library.remove(experiment)
            else:
                control.delete_experiment(store, experiment)
            out.print(f"{experiment}: deleted.")


def _work_on(store: Store, experiments: list[str], detach: bool, crew: Crew) -> None:
    """See to it that somebody works on what was queued again, and follow it unless it is left in the background."""
    crew.ensure(store)
    if not detach:
        foreground(store, experiments, crew)


def _own(store: Store, names: list[str]) -> list[str]:
    """Resolve experiments that are to be worked on: no bundles."""
    library = readers(store)
    for name in names:
        library.check_own(name)
    return [find(store, name) for name in names]
