"""The volumes that are kept for display, typed; how they are named in a file is known here alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

MAPS = ("entropy", "error", "truth")


@dataclass(frozen=True)
class RoundVolumes:
    """What of a round is kept, all uint8 (255 is probability or rate 1).

    Attributes:
        probability: Foreground probability (X, Y, Z) by subject id: some test subjects of each group, and the picked.
        maps: By group, then ``entropy``, ``error`` and ``truth``: (X, Y, Z), means over the group's test subjects.
    """

    probability: Mapping[str, np.ndarray]
    maps: Mapping[str, Mapping[str, np.ndarray]] = field(default_factory=dict)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Name every array for one archive."""
        arrays = {f"p/{subject}": volume for subject, volume in self.probability.items()}
        return arrays | {f"{kind}/{group}": m for group, maps in self.maps.items() for kind, m in maps.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "RoundVolumes":
        """Read what `to_arrays` named; other names are left out."""
        probability: dict[str, np.ndarray] = {}
        maps: dict[str, dict[str, np.ndarray]] = {}
        for name, array in arrays.items():
            kind, _, of = name.partition("/")
            if kind == "p":
                probability[of] = array
            elif kind in MAPS:
                maps.setdefault(of, {})[kind] = array
        return cls(probability, maps)


@dataclass(frozen=True)
class SubjectVolumes:
    """A displayed subject, kept once per experiment and seed.

    Attributes:
        t1: (X, Y, Z) uint8 grey values.
        truth: (X, Y, Z) uint8, 1 inside of the structure.
        context: Its whole brain, coarse, (X, Y, Z) uint8; None where there is none.
    """

    t1: np.ndarray
    truth: np.ndarray
    context: np.ndarray | None = None

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Name every array for one archive."""
        arrays = {"t1": self.t1, "truth": self.truth}
        return arrays if self.context is None else arrays | {"context": self.context}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "SubjectVolumes":
        """Read what `to_arrays` named.

        Raises:
            KeyError: One is missing.
        """
        return cls(arrays["t1"], arrays["truth"], arrays.get("context"))
