"""One split of a cohort in memory and on disk: volumes, masks, and who the subjects are."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fairal.errors import RunError
from fairal.facts.subject import Subject


@dataclass(frozen=True)
class Cohort:
    """One split of a cohort.

    Attributes:
        key: Digest of what it was drawn from.
        spacing_mm: Voxel edge, the same along X, Y and Z.
        origin_mm: Position of the first voxel's centre: MNI for a synthetic cohort.
        subjects: N of them; one without a mask has no volume.
        t1: (N, X, Y, Z) float16, mean 0 and SD 1 over the twin's field of view.
        mask: (N, X, Y, Z) bool.
    """

    key: str
    spacing_mm: float
    origin_mm: tuple[float, float, float]
    subjects: tuple[Subject, ...]
    t1: np.ndarray
    mask: np.ndarray

    def part(self, at: Sequence[int]) -> "Cohort":
        """Give the subjects at some positions, as a cohort without a key."""
        at = list(at)
        return replace(self, key="", subjects=tuple(self.subjects[i] for i in at), t1=self.t1[at], mask=self.mask[at])


def save_cohort(cohort: Cohort, folder: Path) -> None:
    """Write a cohort into an empty folder."""
    np.save(folder / "t1.npy", cohort.t1)
    np.save(folder / "mask.npy", cohort.mask)
    content = {
        "schema": 1,
        "key": cohort.key,
        "spacing_mm": cohort.spacing_mm,
        "origin_mm": cohort.origin_mm,
        "subjects": [s.as_json() for s in cohort.subjects],
    }
    (folder / "subjects.json").write_text(json.dumps(content))


def load_cohort(folder: Path) -> Cohort:
    """Read a cohort that `save_cohort` wrote.

    Raises:
        RunError: The folder does not hold what it should.
    """
    try:
        content = json.loads((folder / "subjects.json").read_text())
        subjects = tuple(Subject.from_json(row) for row in content["subjects"])
        t1, mask = np.load(folder / "t1.npy"), np.load(folder / "mask.npy")
        if len(t1) != len(subjects) or t1.shape != mask.shape:
            raise ValueError("the arrays do not match the subjects")
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise RunError(f"The cached cohort {folder} is damaged ({error}); `fairal clean` frees the cache.") from None
    return Cohort(content["key"], content["spacing_mm"], tuple(content["origin_mm"]), subjects, t1, mask)
