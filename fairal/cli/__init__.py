"""The command line: the same things without a browser. Importing a module of commands registers them."""

from fairal.cli import bundles, collections, dashboard, experiments, lifecycle, machine, more, next, story, study
from fairal.cli.app import app, main

for commands in (bundles, collections, dashboard, more, story):
    commands.add_commands(app)

__all__ = ["app", "experiments", "lifecycle", "machine", "main", "next", "study"]
