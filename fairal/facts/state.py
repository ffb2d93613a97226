"""The state of a run: all that a list of runs reads."""

import json
from dataclasses import dataclass
from typing import Literal

from pydantic import ConfigDict, TypeAdapter

from fairal.facts.record import SCHEMA

STATES = ("queued", "running", "waiting", "done", "failed", "cancelled")
"""What is stored; *waiting* is for masks."""
SHOWN = (*STATES, "interrupted", "damaged")
"""As a person sees them. Two are derived: *interrupted* is running, and nobody holds the run's lock; *damaged* has
ended, and its files are not whole."""
ENDED = ("done", "failed", "cancelled", "damaged")
"""In which nothing goes on unasked."""


@dataclass(frozen=True)
class RunState:
    """A run's life at a glance.

    Attributes:
        reason: Why it failed, was cancelled, or for whose masks it waits.
        attempts: Take-ups without a new round since; the third ends in *failed*.
        part, done, total: What is being done right now, and how far it is.
        round_seconds: Of its last trained round.
        created, started, finished, updated: Seconds since 1970; for people, no life sign depends on them.
    """

    __pydantic_config__ = ConfigDict(allow_inf_nan=False, extra="ignore")
    state: Literal["queued", "running", "waiting", "done", "failed", "cancelled"]
    reason: str = ""
    attempts: int = 0
    rounds_done: int = 0
    rounds: int = 0
    part: str = ""
    done: int = 0
    total: int = 0
    round_seconds: float | None = None
    device: str = ""
    threads: int = 0
    pid: int = 0
    created: float = 0.0
    started: float | None = None
    finished: float | None = None
    updated: float = 0.0

    @property
    def ended(self) -> bool:
        """Whether nobody will go on with it unasked."""
        return self.state in ENDED

    def as_json(self) -> dict:
        """JSON-ready, with its schema."""
        return {"schema": SCHEMA, **vars(self)}

    @classmethod
    def from_json(cls, content: dict) -> "RunState":
        """Read what `as_json` gave; what it does not know is left out.

        Raises:
            ValueError: It is no state; pydantic says which field is wrong.
        """
        return _STATE.validate_json(json.dumps(content))


_STATE = TypeAdapter(RunState)
