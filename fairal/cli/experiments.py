"""Commands about experiments: run them, list them, show them."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table
from rich.text import Text

from fairal.cli.app import AsJson, Home, On, app, out
from fairal.cli.bundles import bundle_row, origin_json, say_origin
from fairal.cli.follow import foreground
from fairal.cli.launching import Yes, launch_asking
from fairal.cli.tables import print_tables
from fairal.config import LIMITS, FolderCohort, read_study, study_json
from fairal.errors import FairalError, InputError
from fairal.presets import PRESETS, own, preset
from fairal.runs.claims import settle
from fairal.runs.crews.engine import crew_of
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
