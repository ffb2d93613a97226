"""An experiment told to a room of people, at the command line."""

from pathlib import Path
from typing import Annotated

import typer

from fairal.cli.app import Home, out
from fairal.cli.output import check_output
from fairal.files import replacing
from fairal.runs.library import readers
from fairal.runs.standing import find
from fairal.runs.store import Store


def add_commands(app: typer.Typer) -> None:
    """Put `story` on the command line."""
    app.command("story")(story_command)


def story_command(
    experiment: Annotated[str, typer.Argument(help="An id, its beginning, or 'latest'; shipped ones too.")],
    file: Annotated[Path, typer.Option("--out", help="The HTML file to write.")],
    home: Home = None,
) -> None:
    """Write the story of an experiment as one HTML file that needs no network: arrow keys go through its scenes."""
    from fairal.report.story import offline_html, story_of

    library = readers(store := Store(home))
    check_output(file, store)
    story = story_of(library, find(library, experiment))
    with replacing(file) as written:
        written.write(offline_html(story).encode())
    out.print(f"{story.experiment}: {len(story.scenes)} scenes in {file}.", markup=False)
