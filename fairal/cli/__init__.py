"""The command line: the same things without a browser. Importing a module of commands registers them."""

from fairal.cli import experiments, machine
from fairal.cli.app import app, main

__all__ = ["app", "experiments", "machine", "main"]
