"""How an arm is called and drawn, the same everywhere: coloured by its query, dash and marker by its training."""

from collections.abc import Sequence

from fairal.config.arm import PLAIN, Arm
from fairal.report.colours import strategy_colours
from fairal.strategies.catalog import CATALOG, label

UNKNOWN_COLOUR = "#777777"
"""Of an arm whose query is in no catalog (any more)."""
_DASHES = ([1, 0], [6, 3], [2, 2], [9, 3, 2, 3], [4, 1])
_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross")


def arm_label(arm: str) -> str:
    """Give the name that a person reads: ``Parity``, or ``Parity, balanced training``."""
    parsed = Arm.parse(arm)
    if parsed.training == PLAIN:
        return label(parsed.query)
    return f"{label(parsed.query)}, {parsed.training.replace('_', ' ')} training"


def arm_colour(arm: str) -> str:
    """Give the colour of an arm's query."""
    return strategy_colours().get(Arm.parse(arm).query, UNKNOWN_COLOUR)


def arm_dashes(arms: Sequence[str]) -> list[list[int]]:
    """Give each arm's dash pattern: a solid line for plain training, another for each training beside it."""
    return [_DASHES[i % len(_DASHES)] for i in _training_places(arms)]


def arm_shapes(arms: Sequence[str]) -> list[str]:
    """Give each arm's marker: a circle for plain training, another for each training beside it."""
    return [_SHAPES[i % len(_SHAPES)] for i in _training_places(arms)]


def _training_places(arms: Sequence[str]) -> list[int]:
    trainings = [Arm.parse(arm).training for arm in arms]
    places = {name: i for i, name in enumerate(dict.fromkeys([PLAIN, *trainings]))}
    return [places[training] for training in trainings]


def headline_arm(arms: Sequence[str]) -> str | None:
    """Find the arm that headlines speak of: the catalog says which query it is; None where it did not run."""
    # Entries without the field are those of a catalog from before it: there the role says it.
    queries = [e.id for e in CATALOG.values() if getattr(e, "headline", e.role == "the paper's")]
    return next((arm for arm in arms if arm in queries), None)
