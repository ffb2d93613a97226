"""See `fairal.plain`."""

from fairal.plain import listing, plain

__all__ = ["listing", "plain"]
