"""The command line: the same things without a browser. Importing a module of commands registers them."""

from fairal.cli import collections, experiments, machine, more
from fairal.cli.app import app, main

collections.add_commands(app)
more.add_commands(app)

__all__ = ["app", "experiments", "machine", "main"]
