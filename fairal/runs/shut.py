"""Records that are there and cannot be opened: what is said of them, wherever one comes upon them."""

from collections.abc import Iterator
from contextlib import contextmanager

from fairal.runs.paths import Paths, RunKey
from fairal.runs.records import NewerLine
from fairal.runs.reserve import is_full
from fairal.runs.stored import Damaged, Newer


def shut_sentence(paths: Paths, key: RunKey, why: str) -> str:
    """Say of a run's records that they cannot be read or mended, why, and what to do."""
    return (
        f"The records of run {key.run}, {paths.records_file(key)}, cannot be read or mended ({why}); let whoever runs "
        "fairal read and write them, then Resume goes on after them."
    )


@contextmanager
def opening_records(paths: Paths, key: RunKey) -> Iterator[None]:
    """Turn what can be wrong with opening a run's records into a sentence; a full disk stays what it is.

    Raises:
        Damaged: They cannot be read or written, or (`Newer`) are from a newer version.
    """
    try:
        yield
    except NewerLine as error:
        raise Newer(f"The records of run {key.run} in {key.experiment} are {error}.") from None
    except OSError as error:
        if is_full(error):
            raise
        raise Damaged(shut_sentence(paths, key, error.strerror or str(error))) from None
