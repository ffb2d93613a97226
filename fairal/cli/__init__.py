"""The command line: the same things without a browser."""

from fairal.cli.app import app, main

__all__ = ["app", "main"]
