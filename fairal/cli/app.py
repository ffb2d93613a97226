"""The command line's frame: options that commands share, and what becomes of errors."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from fairal import settings
from fairal.cli.terminal import Terminal
from fairal.errors import FairalError, InputError
from fairal.plain import plain
from fairal.runs.reserve import full_sentence, is_full

_SAID_MAX = 2000

app = typer.Typer(
    name="fairal",
    help="Fair active learning in brain segmentation: which scans to label next, and for whom it works.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
out = Terminal(soft_wrap=sys.stdout is None or not sys.stdout.isatty())  # None: it was closed
err = Terminal(stderr=True, soft_wrap=True)

Home = Annotated[Path | None, typer.Option("--home", help="Where everything lies (or FAIRAL_HOME).")]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
On = Annotated[
    str | None, typer.Option("--on", metavar="ENGINE", help="local, ray or ray://HOST:PORT (or FAIRAL_ENGINE).")
]
Names = Annotated[list[str], typer.Argument(help="Ids, their beginnings, or 'latest'.")]


def main() -> None:
    """Run the command line; a person's mistake is one sentence and exit code 2, what failed exit code 1."""
    try:
        code = app(standalone_mode=False)
    except BrokenPipeError:
        code = 0  # whoever read along has read enough
    except Exception as error:
        if settings.tracebacks():
            raise
        code = say(error)
    sys.exit(code if isinstance(code, int) else 0)


def say(error: Exception) -> int:
    """Print what went wrong as a sentence of text; returns the exit code."""
    if isinstance(error, FairalError):
        return _sentence(str(error), 2 if isinstance(error, InputError) else 1)
    if is_full(error):
        return _sentence(full_sentence(error), 1)
    if isinstance(error, OSError):
        return _sentence(f"{error.strerror or error}: {error.filename or ''}", 1)
    if isinstance(error, typer.Abort):
        return _sentence("Stopped; nothing was changed.", 1)
    if isinstance(error, MemoryError):
        return _sentence("The memory did not suffice.", 1)
    if hasattr(error, "format_message"):  # of the parser of options, under whatever name it goes
        return _sentence(_usage(error), error.exit_code)
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return _sentence(f"This is a fault of fairal itself ({said}); FAIRAL_TRACEBACK=1 shows where.", 1)


def _usage(error: Exception) -> str:
    said = error.format_message()
    context = getattr(error, "ctx", None)
    where = f" `{context.command_path} --help` says what there is." if context is not None and said else ""
    return f"{said}{where}"


def _sentence(text: str, code: int) -> int:
    if text.strip():
        err.print(f"fairal: {plain(text.strip(), _SAID_MAX)}")
    return code
