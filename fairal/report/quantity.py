"""What one axis shows: a disparity of a measure, or its mean; how it is called, and its value in a round."""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from fairal.facts.record import Record
from fairal.fairness.disparity import DISPARITIES, equity_scaled
from fairal.fairness.groups import group_means

MEASURES = {"dice": "Dice"}
MEAN, EQUITY_SCALED = "mean", "es"
OVER_GROUPS = {name: disparity.label for name, disparity in DISPARITIES.items()} | {
    EQUITY_SCALED: "Equity-scaled",
    MEAN: "Mean over all test cases",
}
"""What can be made of the groups' means, by name, as a person chooses it."""
_POSSIBLE = {"signed_gap": (-1.0, 1.0), "error_ratio": (0.0, None), "total_deviation": (0.0, None)}


@dataclass(frozen=True)
class Quantity:
    """A number over the groups, in one measure."""

    measure: str
    over: str

    @property
    def title(self) -> str:
        """Say it with its measure: ``Gap in Dice (best − worst group)``."""
        name, _, rest = OVER_GROUPS[self.over].partition(" (")
        measure = MEASURES[self.measure]
        if self.over == EQUITY_SCALED:
            return f"Equity-scaled {measure}"
        return f"{name} in {measure}" + (f" ({rest}" if rest else "")

    @property
    def measure_label(self) -> str:
        """How the measure is called."""
        return MEASURES[self.measure]

    @property
    def possible(self) -> tuple[float | None, float | None]:
        """The ends beyond which no value can lie."""
        return _POSSIBLE.get(self.over, (0.0, 1.0))

    def of(self, record: Record, groups: tuple[str, ...]) -> float | None:
        """Give its value in a round; None where it does not exist, or for a signed gap of more than two groups."""
        by_group = served(record, groups, self.measure)
        if None in by_group.values() or (self.over == "signed_gap" and len(groups) != 2):
            return None
        means = np.array(list(by_group.values()))
        overall = float(np.mean([v for v in record.test.of(self.measure) if v is not None]))
        if self.over == MEAN:
            return overall
        value = equity_scaled(overall, means) if self.over == EQUITY_SCALED else DISPARITIES[self.over].of(means)
        return float(value) if np.isfinite(value) else None


_served: WeakKeyDictionary[Record, dict[tuple, dict[str, float | None]]] = WeakKeyDictionary()


def served(record: Record, groups: tuple[str, ...], measure: str) -> dict[str, float | None]:
    """Give each group's mean of a measure over the test cases of a round; None for a group without any value."""
    # Averaging takes a while in hundreds of rounds, and a page asks again every second.
    kept = _served.setdefault(record, {})
    if (groups, measure) not in kept:
        kept[groups, measure] = group_means(record.test.of(measure), record.test.group, groups)
    return kept[groups, measure]
