"""Every file is read once in a run of a page's script, however many parts of the page show it."""

from collections.abc import Callable
from functools import cache
from typing import TypeVar

import streamlit as st

from fairal.facts.volumes import RoundVolumes, SubjectVolumes
from fairal.runs.paths import RunKey
from fairal.runs.reader import Reader, Snapshot
from fairal.runs.stored import Damaged
from fairal.ui.literal import literal

T = TypeVar("T")


class ReadOnce:
    """A `Reader` that remembers what it has read: made anew by each run of a script, so that nothing goes stale.

    Of damaged volumes the page says that they are, once, where they are first read; then they count as not kept, so
    that everything else is shown.

    Args:
        reader: Reads.
    """

    def __init__(self, reader: Reader) -> None:
        self.experiments = cache(reader.experiments)
        self._snapshot = cache(reader.snapshot)
        self._volumes = cache(_saying(reader.volumes))
        self._subject = cache(_saying(reader.subject))

    def snapshot(self, experiment: str) -> Snapshot:
        """See `Reader.snapshot`."""
        return self._snapshot(experiment)

    def volumes(self, key: RunKey, round_: int) -> RoundVolumes | None:
        """See `Reader.volumes`."""
        return self._volumes(key, round_)

    def subject(self, experiment: str, seed: int, subject: str) -> SubjectVolumes | None:
        """See `Reader.subject`."""
        return self._subject(experiment, seed, subject)


def _saying(read: Callable[..., T | None]) -> Callable[..., T | None]:
    def read_or_say(*which) -> T | None:
        try:
            return read(*which)
        except Damaged as error:
            st.warning(literal(error), icon=":material/error:")
            return None

    return read_or_say
