"""From a configuration and a seed to a synthetic cohort: the pool, or the matched test set."""

from collections.abc import Callable, Sequence

import numpy as np

from fairal.cohort.arrays import Cohort
from fairal.cohort.synthetic.anatomy import cohort_grid, draw_anatomy, make_subject
from fairal.cohort.synthetic.template import load_template
from fairal.config import SyntheticCohort, digest
from fairal.seeds import stream

GENERATOR = 3
"""Version of the generator's numbers; part of every cohort's key."""


def cohort_key(config: SyntheticCohort, seed: int, split: str) -> str:
    """Digest of one split: what the other split alone depends on does not enter."""
    content = config.model_dump(mode="json")
    if split == "pool":
        del content["test_pairs"]
    else:
        del content["pool_size"]
        for group in content["groups"]:
            del group["share"]
    return digest({"cohort": content, "seed": seed, "split": split, "template": load_template().checksum,
                   "generator": GENERATOR})  # fmt: skip


def plan(config: SyntheticCohort, seed: int, split: str) -> list[tuple[str, str, str]]:
    """List (subject id, anatomy, group name) of one split.

    Which pool subject belongs to which group is drawn; the anatomies are the same whatever the groups are.
    """
    if split == "test":
        return [
            (f"test{i:04d}{name}", f"test{i:04d}", name)
            for i in range(config.test_pairs)
            for name in config.group_names
        ]
    names = [name for name, count in config.pool_counts().items() for _ in range(count)]
    order = stream(seed, "groups").permutation(len(names))
    return [(f"pool{i:04d}", f"pool{i:04d}", names[j]) for i, j in enumerate(order)]


def build_cohort(
    config: SyntheticCohort,
    seed: int,
    split: str,
    on_subject: Callable[[int, int], None] = lambda done, total: None,
    only: Sequence[int] | None = None,
) -> Cohort:
    """Draw one split of a cohort.

    Args:
        config: What to draw.
        seed: The run's seed.
        split: ``pool`` or ``test``. Test subject i exists once per group: same anatomy, same scan.
        on_subject: Called with (done, total) after each subject; may raise to stop.
        only: Positions in the split; its other subjects are left out, and the key with them.

    Raises:
        InputError: A strength at which the structure folds or vanishes.
    """
    grid, groups = cohort_grid(config), {group.name: group for group in config.groups}
    rows = plan(config, seed, split)
    rows = rows if only is None else [rows[i] for i in only]
    t1, mask = np.empty((len(rows), *grid.shape), np.float16), np.empty((len(rows), *grid.shape), bool)
    subjects, anatomy = [], None
    for i, (subject_id, name, group) in enumerate(rows):
        if anatomy is None or anatomy.name != name:
            anatomy = draw_anatomy(seed, name, grid)
        subject, volume, structure = make_subject(anatomy, groups[group], subject_id, split)
        subjects.append(subject)
        t1[i], mask[i] = volume.numpy(), structure.numpy()
        on_subject(i + 1, len(rows))
    key = cohort_key(config, seed, split) if only is None else ""
    return Cohort(key, config.spacing_mm, config.origin_mm, tuple(subjects), t1, mask)
