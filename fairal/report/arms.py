"""How an arm is called and drawn, the same everywhere: coloured by its query, dash and marker by its training."""

from collections.abc import Sequence

from fairal.config.arm import PLAIN, Arm
from fairal.learner.trainings import TRAININGS
from fairal.report.colours import strategy_colours
from fairal.strategies.catalog import HEADLINE, label

UNKNOWN_COLOUR = "#777777"
"""Of an arm whose query is in no catalog (any more)."""
_DASHES = ([1, 0], [6, 3], [2, 2], [9, 3, 2, 3], [4, 1])
_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross")


def arm_label(arm: str) -> str:
    """Give the name that a person reads: ``Parity``, or ``Parity, balanced training``."""
    parsed = Arm.parse(arm)
    if parsed.training == PLAIN:
        return label(parsed.query)
    training = TRAININGS.get(parsed.training)
    if training is None:
        return f"{label(parsed.query)}, {parsed.training}"
    said = f"{training.label[0].lower()}{training.label[1:]}"
    return f"{label(parsed.query)}, {said}" + ("" if training.needs_group_at_prediction else " training")


def arm_colour(arm: str) -> str:
    """Give the colour of an arm's query."""
    return strategy_colours().get(Arm.parse(arm).query, UNKNOWN_COLOUR)


def arm_dash(arm: str) -> list[int]:
    """Give an arm's dash pattern: a solid line for plain training, another for each training beside it."""
    return _DASHES[_training_place(arm) % len(_DASHES)]


def arm_shape(arm: str) -> str:
    """Give an arm's marker: a circle for plain training, another for each training beside it."""
    return _SHAPES[_training_place(arm) % len(_SHAPES)]


def _training_place(arm: str) -> int:
    training = Arm.parse(arm).training
    return list(TRAININGS).index(training) if training in TRAININGS else 0


def headline_arm(arms: Sequence[str]) -> str | None:
    """Find the arm that headlines speak of: the catalog says which query it is; None where it did not run."""
    return HEADLINE if HEADLINE in arms else None
