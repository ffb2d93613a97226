"""Whom to label next, as it is answered and kept: facts of one answer, and what came of it."""

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Any

from pydantic import ConfigDict, TypeAdapter

SCHEMA = 1
COLUMNS = ("rank", "participant_id", "group", "score", "uncertainty", "weight", "file", "reason")
"""Of the list, in the order of its table."""
_STRICT = ConfigDict(allow_inf_nan=False, extra="ignore")


@dataclass(frozen=True)
class Wanted:
    """One scan that should be labelled.

    Attributes:
        rank: 1 is the first to label.
        score: What ranked it; None where nothing did.
        uncertainty: Of the network, before any weight; None where none was measured.
        weight: w_g of its group, whether the strategy uses it or not.
        file: Its image.
        reason: Why, in words.
    """

    __pydantic_config__ = _STRICT
    rank: int
    participant_id: str
    group: str
    score: float | None
    uncertainty: float | None
    weight: float
    file: str
    reason: str


@dataclass(frozen=True)
class Advice:
    """What `fairal next` answers.

    Attributes:
        labelled, unlabelled: How many scans have a mask, and how many have none (those put aside included).
        labelled_dice: Mean Dice of each group on the scans that were trained on; no estimate for new scans.
        held_out_dice: Mean Dice of each group on labelled scans under networks that were not trained on them; None
            where too few are labelled.
        weights: w_g of each group.
        wanted: Best first.
    """

    __pydantic_config__ = _STRICT
    collection: str
    strategy: str
    labelled: int
    unlabelled: int
    labelled_dice: dict[str, float]
    held_out_dice: dict[str, float] | None
    weights: dict[str, float]
    wanted: tuple[Wanted, ...]

    def as_json(self) -> dict[str, Any]:
        """Give the answer as `fairal next --json` prints it."""
        return asdict(self)


@dataclass(frozen=True)
class Answer:
    """An answer as it is kept.

    Attributes:
        time: When, ISO 8601 in UTC.
        digest: Of the collection that it speaks of.
        training, seed, steps: How it was trained.
        folds: Parts that the labelled scans were cut into for `Advice.held_out_dice`; 0 where they were not.
        labelled_by_group: Labelled scans of each group.
        labelled_ids: The labelled scans.
        advice: What was answered.
    """

    __pydantic_config__ = _STRICT
    time: str
    digest: str
    training: str
    seed: int
    steps: int
    folds: int
    labelled_by_group: dict[str, int]
    labelled_ids: tuple[str, ...]
    advice: Advice

    @property
    def asked(self) -> tuple[str, ...]:
        """Ids of the scans that were asked for, best first."""
        return tuple(wanted.participant_id for wanted in self.advice.wanted)

    def as_line(self) -> str:
        """Write the answer as one line of JSON with a checksum, without its end."""
        body = {"schema": SCHEMA, **asdict(self)}
        return json.dumps(body | {"checksum": _checksum(body)}, allow_nan=False)

    @classmethod
    def from_line(cls, line: bytes | str) -> "Answer":
        """Read what `as_line` wrote.

        Raises:
            ValueError: It is no answer, or not the one that was written.
        """
        content = json.loads(line)
        if not isinstance(content, dict) or content.pop("checksum", None) != _checksum(content):
            raise ValueError("its checksum is that of another content")
        if content["schema"] != SCHEMA:
            raise ValueError(f"it has schema {content['schema']}, this version reads {SCHEMA}")
        return _ANSWER.validate_json(json.dumps(content))


_ANSWER = TypeAdapter(Answer)


def _checksum(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True)
class Came:
    """What was asked for, compared with the masks that came.

    Attributes:
        asked: How many scans were asked for.
        came: How many of them have a mask by now, by group; groups that were not asked for are not in it.
        missing: Those that have none, best first.
        unasked: How many scans got a mask without being asked for.
    """

    asked: int
    came: dict[str, int]
    missing: tuple[str, ...]
    unasked: int

    def __str__(self) -> str:
        total = sum(self.came.values())
        groups = ", ".join(f"{count} of {group}" for group, count in self.came.items() if count)
        unasked = f"; {self.unasked} more came that were not asked for" if self.unasked else ""
        return f"asked for {self.asked}, came {total}{f' ({groups})' if groups else ''}{unasked}"


def came_of(answer: Answer, labelled: Collection[str]) -> Came:
    """Compare what an answer asked for with the scans that are labelled by now."""
    there = set(labelled)
    came = Counter(w.group for w in answer.advice.wanted if w.participant_id in there)
    groups = dict.fromkeys(wanted.group for wanted in answer.advice.wanted)
    return Came(
        asked=len(answer.asked),
        came={group: came[group] for group in groups},
        missing=tuple(id_ for id_ in answer.asked if id_ not in there),
        unasked=len(there - set(answer.labelled_ids) - set(answer.asked)),
    )


def by_collection_state(answers: Sequence[Answer]) -> list[Answer]:
    """Keep of answers about the same state of the collection the last one, in their order."""
    kept = {answer.digest: answer for answer in answers}
    return [answer for answer in answers if kept[answer.digest] is answer]
