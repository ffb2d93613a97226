"""The command line: the same things without a browser. Importing a module of commands registers them."""

from fairal.cli import bundles, collections, dashboard, experiments, machine
from fairal.cli.app import app, main

bundles.add_commands(app)
collections.add_commands(app)
dashboard.add_commands(app)

__all__ = ["app", "experiments", "machine", "main"]
