"""Named, independent random streams: what is drawn depends on the name alone, never on the order of drawing."""

import hashlib

import numpy as np


def _words(names: tuple) -> list[int]:
    # blake2, not hash(): Python's own hash of a string changes from process to process.
    digest = hashlib.blake2b("/".join(map(str, names)).encode(), digest_size=16).digest()
    return [int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4)]


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """Open the random stream of a seed and a purpose, e.g. ``stream(0, "noise", "pool0007")``.

    Args:
        seed: The run's seed, at least 0.
        names: What the numbers are for. Other names give an independent stream.
    """
    return np.random.default_rng(np.random.SeedSequence([seed, *_words(names)]))


def number(seed: int, *names: str | int) -> int:
    """Draw one 63-bit integer from the named stream, to seed a generator of another library."""
    return int(stream(seed, *names).integers(0, 2**63 - 1))
