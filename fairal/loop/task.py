"""What is to be done next: known from the configuration and the finished rounds, before anything is computed."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace

from fairal.config import Arm, ExperimentConfig
from fairal.facts.record import Cases, Record
from fairal.facts.subject import Row
from fairal.seeds import stream
from fairal.strategies.catalog import CATALOG, OUT_OF_FOLD, REFERENCES


@dataclass(frozen=True)
class Task:
    """One round: train on the labelled, measure, and pick unless it is the last.

    Attributes:
        config, arm, seed: Of the run.
        round: Its number; 0 is the start.
        labelled: Ids in the order in which they were labelled.
        picks: How many to pick; 0 in the last round and for a reference.
        history: Records of the finished rounds.
    """

    config: ExperimentConfig
    arm: Arm
    seed: int
    round: int
    labelled: tuple[str, ...]
    picks: int
    history: tuple[Record, ...] = field(default=(), repr=False)

    @property
    def needs_folds(self) -> bool:
        """Whether out-of-fold results are asked for: by the configuration, or by the query for its pick."""
        if self.config.query.dice_from == "out_of_fold":
            return self.arm.query not in REFERENCES
        return self.picks > 0 and self.arm.query in CATALOG and OUT_OF_FOLD in CATALOG[self.arm.query].needs

    def brief(self) -> "Task":
        """Give the same task with of its history no more than an answer reads, see `fairal.loop.view`."""
        kept = {"losses": (), "test": _NOBODY, "labelled_cases": _NOBODY, "picked": None, "labelled": ()}
        return replace(self, history=tuple(replace(record, **kept) for record in self.history))


_NOBODY = Cases(*((),) * len(fields(Cases)))


@dataclass(frozen=True)
class Waiting:
    """The next round cannot be trained yet: these subjects were picked, and their masks are not there."""

    ids: tuple[str, ...]


def next_task(
    config: ExperimentConfig, arm: Arm, seed: int, rows: Sequence[Row], history: Sequence[Record]
) -> Task | Waiting | None:
    """Say what a run does next.

    Args:
        config, arm, seed: The run's.
        rows: The pool's, from its source.
        history: Records of the finished rounds.

    Returns:
        The next round, or for whose masks it waits, or None where the run is done.
    """
    number = len(history)
    rounds = 0 if arm.query in REFERENCES else config.query.rounds
    if number > rounds:
        return None
    if arm.query in REFERENCES:
        labelled = _reference_set(arm.query, rows, config.cohort.group_names[0])
    elif number == 0:
        labelled = initial_set(config, seed, rows)
    else:
        labelled = (*history[-1].labelled, *history[-1].picked_ids)
    masked = {row.id for row in rows if row.has_mask}
    if missing := tuple(id_ for id_ in labelled if id_ not in masked):
        return Waiting(missing)
    picks = config.query.per_round if number < rounds else 0
    return Task(config, arm, seed, number, labelled, picks, tuple(history))


def initial_set(config: ExperimentConfig, seed: int, rows: Sequence[Row]) -> tuple[str, ...]:
    """Draw the initial labelled set: so many of each group, the same for every arm of a seed."""
    chosen: list[str] = []
    for group, count in config.query.start.items():
        members = [row.id for row in rows if row.group == group]
        order = stream(seed, "initial set", group).permutation(len(members))
        chosen += [members[i] for i in order[:count]]
    return tuple(chosen)


def _reference_set(name: str, rows: Sequence[Row], first_group: str) -> tuple[str, ...]:
    return tuple(row.id for row in rows if name == "full_pool" or row.group == first_group)
