"""Text of others on a page: shown as it is, whatever signs are in it."""

from fairal.plain import plain

_SIGNS = frozenset("\\`*_{}[]()#+-.!|~>$:<&")


def literal(text: object, limit: int = 300) -> str:
    """Write a text so that no sign in it is taken for Markdown, and what does not print is spelled out."""
    return "".join(f"\\{c}" if c in _SIGNS else c for c in plain(text, limit))
