"""All that reports and pages may hold of results: one instant, one read. A store is a reader, a bundle as well."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from fairal.config import ExperimentConfig
from fairal.facts.record import Record
from fairal.facts.state import RunState
from fairal.facts.volumes import RoundVolumes, SubjectVolumes
from fairal.runs.paths import RunKey


@dataclass(frozen=True)
class RunFacts:
    """One run as it stood when it was read.

    Attributes:
        role: ``strategy`` or ``reference``.
        shown: The state as a person sees it: as stored, ``interrupted`` or ``damaged``.
        reason: Why it is not done, in a sentence; also where its files are damaged.
    """

    key: RunKey
    role: str
    state: RunState
    shown: str
    reason: str
    records: Sequence[Record]


@dataclass(frozen=True)
class Snapshot:
    """One experiment at one instant: its configuration and every run's state and records."""

    id: str
    created: str
    config: ExperimentConfig
    runs: tuple[RunFacts, ...]


class Reader(Protocol):
    """Where experiments can be read from."""

    def experiments(self) -> list[str]:
        """List the ids of all experiments, newest first."""
        ...

    def snapshot(self, experiment: str) -> Snapshot:
        """Read an experiment once; damaged runs are in it as failed, with the reason.

        Raises:
            InputError: There is none of that id.
            Damaged: Its configuration cannot be understood.
        """
        ...

    def volumes(self, key: RunKey, round_: int) -> RoundVolumes | None:
        """Read a round's volumes; None where they were not kept.

        Raises:
            Damaged: The file is not what it should be.
        """
        ...

    def subject(self, experiment: str, seed: int, subject: str) -> SubjectVolumes | None:
        """Read a displayed subject; None where it was not kept.

        Raises:
            Damaged: The file is not what it should be.
        """
        ...
