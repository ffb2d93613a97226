"""Launching at the command line: what is doubtful is asked about, or needs --yes where nobody can answer."""

import sys
from typing import Annotated

import typer

from fairal.cli.app import err
from fairal.config import ExperimentConfig
from fairal.errors import InputError, NeedsYes
from fairal.runs.crew import Crew
from fairal.runs.launch import launch
from fairal.runs.store import Store

Yes = Annotated[bool, typer.Option("--yes", help="Launch also what would not fit, or takes over a day.")]


def launch_asking(store: Store, configs: list[ExperimentConfig], yes: bool, crew: Crew) -> list[str]:
    """Launch; see `launch`.

    Raises:
        InputError: Nobody said yes to what needs one.
    """
    try:
        return launch(store, configs, crew=crew, confirmed=yes)
    except NeedsYes as doubt:
        if not sys.stdin.isatty():
            raise InputError(f"{doubt} --yes launches it all the same.") from None
        err.print(str(doubt))
    typer.confirm("Launch it all the same?", abort=True)
    return launch(store, configs, crew=crew, confirmed=True)
