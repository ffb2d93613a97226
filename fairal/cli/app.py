"""The command line's frame: options that commands share, and what becomes of errors."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from fairal.errors import FairalError, InputError

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
On = Annotated[
    str | None, typer.Option("--on", metavar="ENGINE", help="local, ray or ray://HOST:PORT (or FAIRAL_ENGINE).")
]
Names = Annotated[list[str], typer.Argument(help="Ids, their beginnings, or 'latest'.")]


def main() -> None:
    """Run the command line; a person's mistake is one sentence and exit code 2, a failed run exit code 1."""
    try:
        app()
    except InputError as error:
        err.print(f"fairal: {error}", markup=False)
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(0)  # whoever read along has read enough
    except (FairalError, OSError) as error:
        reason = str(error) if isinstance(error, FairalError) else f"{error.strerror or error}: {error.filename or ''}"
        err.print(f"fairal: {reason}", markup=False)
        sys.exit(1)
