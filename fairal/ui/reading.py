"""Every file is read once in a run of a page's script, however many parts of the page show it."""

from functools import cache

from fairal.facts.volumes import RoundVolumes, SubjectVolumes
from fairal.runs.paths import RunKey
from fairal.runs.reader import Reader, Snapshot


class ReadOnce:
    """A `Reader` that remembers what it has read: made anew by each run of a script, so that nothing goes stale.

    Args:
        reader: Reads.
    """

    def __init__(self, reader: Reader) -> None:
        self.experiments = cache(reader.experiments)
        self._snapshot = cache(reader.snapshot)
        self._volumes = cache(reader.volumes)
        self._subject = cache(reader.subject)

    def snapshot(self, experiment: str) -> Snapshot:
        """See `Reader.snapshot`."""
        return self._snapshot(experiment)

    def volumes(self, key: RunKey, round_: int) -> RoundVolumes | None:
        """See `Reader.volumes`."""
        return self._volumes(key, round_)

    def subject(self, experiment: str, seed: int, subject: str) -> SubjectVolumes | None:
        """See `Reader.subject`."""
        return self._subject(experiment, seed, subject)
