"""The dashboard, from wherever fairal is installed."""

import importlib.util
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from fairal.cli.app import Home
from fairal.errors import InputError
from fairal.runs.store import Store

PACKAGE = Path(__file__).parents[1]
_PORTS = (1, 65_535)


def add_commands(app: typer.Typer) -> None:
    """Put `app` on the command line."""
    app.command("app")(app_command)


def app_command(
    port: Annotated[int, typer.Option(help="Of the dashboard.")] = 8501,
    address: Annotated[str, typer.Option(help="Who may connect: by default this machine alone.")] = "127.0.0.1",
    headless: Annotated[bool, typer.Option("--headless", help="Do not open a browser.")] = False,
    home: Home = None,
) -> None:
    """Open the dashboard; Ctrl-C ends it, runs go on."""
    if not _PORTS[0] <= port <= _PORTS[1]:
        raise InputError(f"--port must lie in {_PORTS[0]}..{_PORTS[1]}, got {port}.")
    if importlib.util.find_spec("streamlit") is None:
        raise InputError("The dashboard needs Streamlit, which is not installed here: pip install streamlit.")
    environment = {**os.environ, "FAIRAL_HOME": str(Store(home).home)}
    options = ["--server.port", str(port), "--server.address", address, "--server.headless", str(headless).lower()]
    command = [sys.executable, "-m", "streamlit", "run", str(script()), *options]
    # This process becomes the server, so that whoever started it ends the server itself.
    os.execve(sys.executable, command, environment)


def script() -> Path:
    """Find the dashboard's router: inside of an installed package, at the top of a checkout.

    Raises:
        InputError: It is in neither place.
    """
    places = (PACKAGE / "dashboard" / "app.py", PACKAGE.parent / "app.py")
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise InputError(f"The dashboard is not part of this installation: there is no {places[0]}.")
    return found
