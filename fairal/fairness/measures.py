"""The one table of what is measured on a case: direction, range, format, and what a failure means for it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Better = Literal["higher", "lower", "nearer to 0"]
FAILURE_IS_0 = "counts as 0"
FAILURE_IS_MISSING = "has no distance: left out of the mean and counted beside it"


@dataclass(frozen=True)
class Measure:
    """One measure of a case.

    Attributes:
        id: Its column in `fairal.facts.record.Cases`.
        label: For people, inside a sentence.
        unit: ``mm``, or nothing.
        better: Which values are better.
        ideal: The value of a perfect prediction.
        range: What is possible, ends included; of the case, before `served`.
        format: Of a number, without its unit.
        failure: What a case in which the model found nothing means for it.
    """

    id: str
    label: str
    unit: str
    better: Better
    ideal: float
    range: tuple[float, float]
    format: str
    failure: str

    @property
    def sign(self) -> int:
        """Direction of the means that disparities compare: 1 where more is better, −1 where less is."""
        return 1 if self.better == "higher" else -1

    @property
    def bounded(self) -> bool:
        """Whether it is a share whose complement is an error, like Dice: more is better and 1 is perfect."""
        return self.range == (0.0, 1.0) and self.better == "higher"

    def served(self, values: np.ndarray) -> np.ndarray:
        """Say how well each case was served, as the number that groups are compared by.

        It is the value itself, but for measures that are better nearer to 0: of these it is the distance from 0. A
        group in which one structure is drawn 20 % too large and one 20 % too small has a mean signed volume error of 0
        and served nobody, and two groups at −20 % and +20 % are served alike. What the signed mean says (does the
        model draw this group too large?) is worth showing beside, but it is no disparity.
        """
        return np.abs(values) if self.better == "nearer to 0" else np.asarray(values)

    def say(self, value: float) -> str:
        """Write a number with its unit."""
        return f"{value:{self.format}} {self.unit}".rstrip()

    def say_signed(self, value: float) -> str:
        """Write a number that has a direction: with its sign, so that nobody takes it for a size."""
        return f"{value:+{self.format}} {self.unit}".rstrip().replace("-", "−")


MEASURES: dict[str, Measure] = {
    measure.id: measure
    for measure in (
        Measure("dice", "Dice", "", "higher", 1.0, (0.0, 1.0), ".3f", FAILURE_IS_0),
        Measure("surface_dice", "surface Dice", "", "higher", 1.0, (0.0, 1.0), ".3f", FAILURE_IS_0),
        Measure("assd_mm", "ASSD", "mm", "lower", 0.0, (0.0, np.inf), ".2f", FAILURE_IS_MISSING),
        Measure("hd95_mm", "HD95", "mm", "lower", 0.0, (0.0, np.inf), ".2f", FAILURE_IS_MISSING),
        Measure("volume_error", "volume error", "", "nearer to 0", 0.0, (-1.0, np.inf), ".1%", "counts as −100 %"),
    )
}
"""By id, in the order in which they are shown. A volume error is missing only where the truth itself is empty."""

DICE = MEASURES["dice"]
