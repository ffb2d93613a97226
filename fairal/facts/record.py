"""The record of a round: what happened, as numbers. Judgements such as a gap are derived from it on reading."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import chain

from pydantic import ConfigDict, TypeAdapter

SCHEMA = 1
"""Of records, states and experiments; what is newer is refused with a sentence."""

Values = tuple[float | None, ...]
FairLine = dict[str, dict[str, float | None]]
"""By measure, each group's mean under one boundary error for all; of the volume error its size."""
_STRICT = ConfigDict(allow_inf_nan=False, extra="ignore")


@dataclass(frozen=True)
class Cases:
    """Columns of N measured cases; None where a measure does not exist for a case.

    Attributes:
        id, group: Of each case.
        dice, surface_dice: In [0, 1].
        assd_mm, hd95_mm: None where exactly one of the masks is empty.
        volume_mm3, predicted_mm3: Of truth and prediction.
        volume_error: (predicted − true) / true; None for an empty truth.
    """

    __pydantic_config__ = _STRICT
    id: tuple[str, ...]
    group: tuple[str, ...]
    dice: Values
    assd_mm: Values
    hd95_mm: Values
    surface_dice: Values
    volume_mm3: Values
    predicted_mm3: Values
    volume_error: Values

    def __post_init__(self) -> None:
        if len({len(getattr(self, f.name)) for f in fields(self)}) > 1:
            raise ValueError("the columns of a table of cases must be equally long")

    def of(self, measure: str) -> Values:
        """Give one measure's column, (N,)."""
        return getattr(self, measure)

    def position(self, case: str) -> int | None:
        """Find a case by its id; None where it is not among them."""
        return self._positions.get(case)

    @classmethod
    def joined(cls, parts: "Sequence[Cases]") -> "Cases":
        """Put tables of cases one after another."""
        return cls(*(tuple(chain.from_iterable(getattr(p, f.name) for p in parts)) for f in fields(cls)))

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {case: i for i, case in enumerate(self.id)}


@dataclass(frozen=True)
class Pick:
    """One picked subject: what ranked it, and its uncertainty before any weight; None where there was none."""

    __pydantic_config__ = _STRICT
    id: str
    group: str
    score: float | None = None
    uncertainty: float | None = None


@dataclass(frozen=True, eq=False)
class Record:
    """One round's facts, as they are stored. Compared by identity: what was derived from one is remembered beside it.

    Attributes:
        round: 0 is the start.
        labelled: Ids, in the order in which they were labelled.
        labelled_mm3: Volume of the structure that had to be traced.
        picked: Best first; None in the last round, and for a reference.
        weights, labelled_dice: w_g and D_g of each group, recorded whether used or not.
        losses: Of every training step.
        test, labelled_cases: The measured cases.
        fit: Key of the fit.
        cached: Whether an equal run had trained it.
        seconds: By part.
        device, threads, torch: What the numbers depend on besides the key's other parts.
        held_out: The labelled subjects, each predicted by a network that was not trained on it; None unless asked for.
        fair_line: What the last round would show if its error were the same for everyone; None in the others, and where
            it cannot be known.
    """

    __pydantic_config__ = _STRICT
    round: int
    labelled: tuple[str, ...]
    labelled_by_group: dict[str, int]
    labelled_mm3: float
    picked: tuple[Pick, ...] | None
    weights: dict[str, float]
    labelled_dice: dict[str, float]
    losses: tuple[float, ...]
    test: Cases
    labelled_cases: Cases
    fit: str
    cached: bool
    seconds: dict[str, float]
    device: str
    threads: int
    torch: str
    held_out: Cases | None = None
    fair_line: FairLine | None = None

    @property
    def picked_ids(self) -> tuple[str, ...]:
        """Ids of the picks; empty where nothing was picked."""
        return tuple(pick.id for pick in self.picked or ())

    def as_line(self) -> str:
        """Write the record as one line of JSON, without its end."""
        content = {"schema": SCHEMA, **_columns(self)}
        for name in ("held_out", "fair_line"):
            if content[name] is None:
                del content[name]
        return json.dumps(content, allow_nan=False, default=_columns)

    @classmethod
    def from_line(cls, line: bytes | str) -> "Record":
        """Read what `as_line` wrote; fields that it does not know are left out.

        Raises:
            ValueError: It is no record; pydantic says which field is wrong.
        """
        return _RECORD.validate_json(line)


def _columns(part: Record | Cases | Pick) -> dict:
    # Not `asdict`: it copies every number of a thousand, and takes four times as long.
    return {field.name: getattr(part, field.name) for field in fields(part)}


_RECORD = TypeAdapter(Record)
