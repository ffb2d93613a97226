"""Out-of-fold results: how the labelled subjects fare under networks that did not train on them.

The labelled set is cut into two folds; each is predicted by a network trained on the other. A Dice on the training
scans themselves is biased, and in opposite directions: few, repeated subjects are memorised, hard picks look worse than
they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fairal.strategies.catalog import FOLDS


@dataclass(frozen=True)
class HeldOut:
    """The held-out cases of one group, as columns of equal length; empty for a group with none labelled.

    Attributes:
        dice, surface_dice: In [0, 1].
        assd_mm: None where nothing was found.
    """

    dice: tuple[float, ...] = ()
    surface_dice: tuple[float, ...] = ()
    assd_mm: tuple[float | None, ...] = ()

    @property
    def n(self) -> int:
        """Subjects of the group that are labelled, and so were held out once."""
        return len(self.dice)

    @property
    def trained_on(self) -> float:
        """How many of the group trained the network that measured one of it, on average; 0 where n < 2.

        Two folds of ⌈n/2⌉ and ⌊n/2⌋: 2 ⌈n/2⌉ ⌊n/2⌋ / n.
        """
        return FOLDS * (self.n // 2) * (self.n - self.n // 2) / self.n if self.n else 0.0


def held_out_by_group(cases: Mapping[str, Sequence], names: Sequence[str]) -> dict[str, HeldOut]:
    """Sort held-out cases by group.

    Args:
        cases: Columns ``group``, ``dice``, ``surface_dice``, ``assd_mm`` of the labelled subjects, each measured once.
        names: All groups, in the cohort's order.
    """
    at = {name: [i for i, group in enumerate(cases["group"]) if group == name] for name in names}
    columns = ("dice", "surface_dice", "assd_mm")
    return {name: HeldOut(*(tuple(cases[c][i] for i in own) for c in columns)) for name, own in at.items()}


def out_of_fold_dice(held_out: Mapping[str, HeldOut]) -> dict[str, float]:
    """Average the out-of-fold Dice of each group: D_g without the training scans' bias; 0 for a group with none."""
    return {name: float(np.mean(own.dice)) if own.n else 0.0 for name, own in held_out.items()}
