"""The study that ships with fairal: run it, go on with it, print what it came to."""

from pathlib import Path
from typing import Annotated

import typer

from fairal import study
from fairal.cli.app import Home, On, app, out
from fairal.cli.follow import foreground
from fairal.cli.launching import Yes, launch_asking
from fairal.cli.output import check_output
from fairal.config import ExperimentConfig
from fairal.errors import FairalError, InputError
from fairal.runs import control
from fairal.runs.crew import Crew
from fairal.runs.crews.engine import check_reachable, crew_of
from fairal.runs.library import Library, readers
from fairal.runs.store import Store

_PARTS = "study; steps: the calibration before it; longer: what was added after it."
PARTS = {"study": study.study, "steps": study.steps, "longer": study.longer}


@app.command("study")
def study_command(
    part: Annotated[str, typer.Option(help=_PARTS)] = "study",
    report: Annotated[Path | None, typer.Option(help="Write the tables of what is there into this file.")] = None,
    only_report: Annotated[bool, typer.Option("--only-report", help="Run nothing.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Leave the runs in the background.")] = False,
    yes: Yes = False,
    on: On = None,
    home: Home = None,
) -> None:
    """Run the study of docs/study.md, or go on with it, and print its tables; about 4.5 hours on two cores."""
    if part not in PARTS:
        raise InputError(f"--part must be {', '.join(PARTS)}: one of them, got '{part}'.")
    store, configs, crew = Store(home), PARTS[part](), crew_of(on)
    if report is not None:
        check_output(report, store, "--report")
    if not only_report:
        ids = _launched(store, configs, yes, crew)
        if detach:
            out.print(f"In the background: {', '.join(ids) or 'nothing, all of it is finished'}")
            return
        if ids:
            foreground(store, ids, crew)
    text = _tables(store, configs)
    if report is None:
        out.print(text, markup=False)
    else:
        report.write_text(text + "\n", encoding="utf-8")
        out.print(f"Written: {report}", markup=False)


def _there(library: Library, configs: list[ExperimentConfig]) -> dict[int, str]:
    """Find what of the study can be read here, by its place in the study: one's own before what is shipped."""
    found: dict[int, str] = {}
    for experiment in reversed(library.experiments()):
        try:
            bundle = library.bundle(experiment)
            config = bundle.config() if bundle else library.store.config(experiment)
        except FairalError:
            continue  # a damaged experiment is said where it is shown; here it is as if it were not there
        for place, wanted in enumerate(configs):
            if config == wanted:
                found[place] = experiment
    return found


def _launched(store: Store, configs: list[ExperimentConfig], yes: bool, crew: Crew) -> list[str]:
    """Start what is missing and queue again what stopped; what is shipped is finished and not run again."""
    library = readers(store)
    there = _there(library, configs)
    check_reachable(crew)
    missing = [config for place, config in enumerate(configs) if place not in there]
    own = [experiment for experiment in there.values() if library.origin(experiment) == "own"]
    for experiment in own:
        for key in store.runs(experiment):
            control.resume(store, key)
    started = launch_asking(store, missing, yes, crew) if missing else []
    crew.ensure(store)
    return [*own, *started]


def _tables(store: Store, configs: list[ExperimentConfig]) -> str:
    from fairal.report.results import read_experiment
    from fairal.report.study import section

    library, parts = readers(store), []
    for _, experiment in sorted(_there(library, configs).items()):
        stand = library.standing(experiment)
        parts.append(
            f"{section(read_experiment(library, experiment))}\n\nRuns done: {stand.runs_done} of {stand.runs}."
        )
    if not parts:
        raise InputError("Nothing of it lies in this home; run it without --only-report.")
    return "\n\n".join(parts)
