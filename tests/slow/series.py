"""How long a series is: the usual count, or what the environment says, so that one can be tried small or run large."""

import os


def size(name: str, usual: int) -> int:
    """Give the length of a series.

    Args:
        name: Of the series; FAIRAL_SERIES_NAME sets its length.
        usual: Where it is not set.
    """
    return int(os.environ.get(f"FAIRAL_SERIES_{name}", usual))


def tell(what: str, **counts: object) -> None:
    """Print what a series came to, as one line."""
    print(f"\n{what}: " + ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items()))
