"""What is lost is made again from what is there: a run's state from its records, an experiment from its runs."""

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from fairal.config import ExperimentConfig
from fairal.errors import FairalError
from fairal.facts.record import SCHEMA
from fairal.facts.state import RunState
from fairal.files import put_aside
from fairal.runs.directory import Directory
from fairal.runs.ledger import Ended, stamp_or_none
from fairal.runs.paths import RunKey
from fairal.runs.records import RECORDS_BYTES_MAX, Reading
from fairal.runs.shut import shut_sentence
from fairal.runs.stored import Damaged, Newer, write_object


@dataclass(frozen=True)
class Look:
    """A run as a person sees it.

    Attributes:
        state: As stored or made again; *failed*, with the reason, where finished rounds are damaged or missing.
        shown: The state in a word: as in `state`, ``interrupted`` or ``damaged``.
        reading: Its records.
    """

    state: RunState
    shown: str
    reading: Reading


def rounds_of(config: ExperimentConfig, role: str) -> int:
    """Say how many rounds a run has in the end."""
    return config.query.rounds + 1 if role == "strategy" else 1


class Healing(Directory):
    """The experiments of a home, as far as they can be known whatever happened to their files."""

    # ------------------------------------------------------------------ reading

    def state(self, key: RunKey) -> RunState:
        """Read a run's state; one that is lost is made again from the records.

        Raises:
            Damaged: It is from a newer version, or it is lost and nothing says what the run is.
        """
        try:
            return self.stored_state(key)
        except Newer:
            raise
        except Damaged as damage:
            return self._from_records(key, damage)

    def _from_records(self, key: RunKey, damage: Damaged) -> RunState:
        config = self.config(key.experiment)
        roles = {f"{arm}-{seed}": role for arm, seed, role in config.runs()}
        if key.run not in roles or not self.run_dir(key).is_dir():
            raise damage
        records, rounds = self.reading(key).records, rounds_of(config, roles[key.run])
        known = RunState(
            "done", rounds_done=len(records), rounds=rounds, created=self._created_seconds(key.experiment),
            device=records[-1].device if records else "", threads=records[-1].threads if records else 0,
        )  # fmt: skip
        if len(records) >= rounds:
            return known
        there = f"{len(records)} of {rounds} rounds are finished, and kept"
        return replace(known, state="failed", reason=f"{damage} Its records tell: {there}. Resume goes on after them.")

    def _created_seconds(self, experiment: str) -> float:
        with suppress(FairalError, ValueError, TypeError):
            return datetime.fromisoformat(self.about(experiment)["created"]).timestamp()
        return 0.0

    def shown_state(self, key: RunKey, state: RunState) -> str:
        """Give the state as a person sees it: a running run that nobody holds was interrupted."""
        if state.state != "running" or self.is_held(key):
            return state.state
        again = self.state(key).state  # it may have ended between our look at the state and our look at the lock
        return "interrupted" if again == "running" else again

    def look(self, key: RunKey) -> Look:
        """Read a run's state and records, and hold the one against the other.

        Raises:
            Damaged: See `state`.
        """
        state, reading = self.state(key), self.reading(key)
        shown, lost = self.shown_state(key, state), self.damage(key, state)
        if lost and shown not in ("queued", "running", "interrupted"):  # of those a worker mends the records by itself
            said = f"Its records are {lost}. Resume mends them: what is sound stays, the rest comes to the same again."
            reason = shut_sentence(self, key, reading.shut) if reading.shut else said
            state = replace(state, state="failed", reason=reason, rounds_done=len(reading.records))
            shown = "damaged"
        return Look(state, shown, reading)

    def damage(self, key: RunKey, state: RunState) -> str:
        """Say what of the rounds that a run has finished is lost; empty where nothing is.

        Raises:
            Newer: The records are from a newer version.
        """
        reading = self.reading(key)
        there = len(reading.records)
        return reading.damage or (f"gone from round {there} on" if there < state.rounds_done else "")

    def shown_end(self, key: RunKey, ended: Ended) -> str:
        """Give how a run ended as a person sees it; its files are read only where they are not as they were then."""
        if not ended.damaged and stamp_or_none(self.records_file(key)) == ended.records:
            return ended.state
        try:
            return self.look(key).shown
        except FairalError:
            return "damaged"

    # ------------------------------------------------------------------ healing

    def heal(self, key: RunKey) -> None:
        """Write again what is lost of a run and its experiment, where the rest tells. The caller holds the run's lock.

        Raises:
            Damaged: See `state`; or the records are from a newer version.
        """
        self._clear_the_way(key)
        self.heal_experiment(key.experiment)
        self.mend_records(key)
        self.heal_state(key)
        try:
            whole = "about" in self.stored_header(key)
        except Newer:
            return
        except Damaged:
            whole = False
        if not whole:
            write_object(self.header_file(key), header(key, self.about(key.experiment)), f"{key} config")

    def _clear_the_way(self, key: RunKey) -> None:
        """Put aside what stands in a file's place and is none: nothing is thrown away, and the file can be written."""
        mine = (self.state_file(key), self.header_file(key), self.records_file(key), self.aside_file(key))
        for path in (self.experiment_file(key.experiment), *mine, self.log_file(key)):
            if os.path.lexists(path) and (path.is_symlink() or not path.is_file() or _is_endless(path)):
                put_aside(path)

    def heal_state(self, key: RunKey) -> None:
        """Write a run's state again where it is lost. As `heal`."""
        try:
            self.stored_state(key)
        except Newer:
            raise
        except Damaged:
            self.write_state(key, self.state(key), durable=True)
            self.log(key, "state made again from the records")

    def heal_experiment(self, experiment: str) -> None:
        """Write an experiment's file again where it is lost and one of its runs tells.

        Raises:
            Damaged: None does, or it is from a newer version.
        """
        try:
            self.stored_about(experiment)
        except Newer:
            raise
        except Damaged:
            about = self._described_somewhere(experiment)
            write_object(self.experiment_file(experiment), about, experiment, durable=True)


def _is_endless(path: Path) -> bool:
    """Whether a file of records is so large that it is none of ours and is not read."""
    return path.stem == "rounds" and path.stat().st_size > RECORDS_BYTES_MAX


def header(key: RunKey, about: dict) -> dict:
    """Say what a run is.

    Args:
        key: The run.
        about: The content of its experiment's file.
    """
    which = {"experiment": key.experiment, "run": key.run, "strategy": str(key.arm), "seed": key.seed}
    return {"schema": SCHEMA, **which, "about": about}
