"""The command line: the same things without a browser. Importing a module of commands registers them."""

from fairal.cli import bundles, collections, dashboard, experiments, machine, more, next, study
from fairal.cli.app import app, main

for commands in (bundles, collections, dashboard, more):
    commands.add_commands(app)

__all__ = ["app", "experiments", "machine", "main", "next", "study"]
