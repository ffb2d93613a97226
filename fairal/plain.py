"""Text from a file, a path or a spreadsheet, made fit to be shown: what steers a terminal is spelled out."""


def plain(text: object, limit: int = 120) -> str:
    """Spell out what does not print (control and direction characters, lone surrogates) and shorten what is long."""
    kept = str(text)[: limit + 1]
    shown = spelled(kept[:limit])
    return shown + "…" if len(kept) > limit else shown


def spelled(text: str, keep: str = "") -> str:
    """Spell out what does not print, at any length.

    Args:
        text: Anybody's.
        keep: Signs that stay as they are although they do not print, such as a line's end.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)


def listing(names: object, limit: int = 5) -> str:
    """Join names with commas; after `limit` of them say how many are left."""
    names = list(names)
    rest = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(plain(name, 60) for name in names[:limit]) + rest
