"""Commands that act on experiments that are there: stop them, go on, start over, remove."""

from typing import Annotated

import typer

from fairal.allowed import check_changes
from fairal.cli.app import Home, Names, On, app, out
from fairal.cli.follow import foreground
from fairal.errors import InputError
from fairal.plain import plain
from fairal.runs import control
from fairal.runs.crew import Crew
from fairal.runs.crews.engine import check_reachable, crew_of
from fairal.runs.library import Library, readers
from fairal.runs.standing import find
from fairal.runs.store import Store


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
    for experiment in _deletable(library, experiments):
        if yes or typer.confirm(f"Delete {experiment} and all its results?"):
            if library.origin(experiment) == "own":
                control.delete_experiment(store, experiment)
            else:
                library.remove(experiment)
            out.print(f"{experiment}: deleted.")


def _deletable(library: Library, names: list[str]) -> list[str]:
    """Check all before anything is deleted or asked about; gives one's own first."""
    origins = {name: library.origin(name) for name in names}
    there = library.store.experiments()
    if unknown := [name for name in names if origins[name] == "own" and name not in there]:
        raise InputError(
            f"'{plain(unknown[0], 64)}' is the whole id of no experiment, so nothing is deleted; `fairal list` "
            "names those that are."
        )
    if fixed := [name for name in names if origins[name] == "shipped"]:
        raise InputError(f"{fixed[0]} is shipped with fairal and cannot be deleted, so nothing is deleted.")
    return sorted(names, key=lambda name: origins[name] != "own")


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
