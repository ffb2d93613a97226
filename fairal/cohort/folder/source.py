"""A collection as a source: split by the seed, nothing matched, the pool's masks hidden by whoever uses it."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from fairal.cohort.arrays import Cohort
from fairal.cohort.folder.collection import Collection, Collections
from fairal.config import ExperimentConfig, FolderCohort, digest, parse_experiment
from fairal.config.cohort import FolderFacts, KnownScan
from fairal.errors import InputError, RunError
from fairal.facts.subject import Row, Subject
from fairal.seeds import stream


def look_at(config: ExperimentConfig, home: Path) -> ExperimentConfig:
    """Fill in what a configuration's collection is by now; a synthetic cohort is left as it is.

    Raises:
        InputError: There is no such collection, it lacks a group, or the configuration asks more than it has.
        RunError: The collection is damaged.
    """
    if not isinstance(config.cohort, FolderCohort):
        return config
    content = config.model_dump(mode="json")
    content["cohort"]["facts"] = facts_of(config.cohort, home).model_dump(mode="json")
    return parse_experiment(content)


def facts_of(cohort: FolderCohort, home: Path) -> FolderFacts:
    """Look at a collection: groups, grid, and every usable scan with its digests. Errors as `look_at`."""
    collection = Collections(home).open(cohort.collection)
    groups = cohort.groups or collection.groups
    for group in groups:
        if group not in collection.groups:
            there = ", ".join(collection.groups)
            raise InputError(f"cohort.groups must name groups of {collection.name} ({there}), got '{group}'.")
    scans = [
        KnownScan(id=s.participant_id, group=s.group, image=s.original.image_digest, mask=s.original.mask_digest)
        for s in collection.scans
        if s.group in groups
    ]
    grid = {name: getattr(collection, name) for name in ("shape", "spacing_mm", "origin_mm")}
    return FolderFacts(groups=groups, scans=tuple(scans), structure=collection.content.structure, **grid)


class FolderSource:
    """See `fairal.cohort.source.Source`.

    Args:
        config: With its facts.
        seed: Draws the test set out of the labelled scans of each group.
        home: Where the collection lies.
    """

    matched = False

    def __init__(self, config: FolderCohort, seed: int, home: Path) -> None:
        self.config, self.seed, self.home = config, seed, home
        self.groups, self.shape = config.group_names, config.shape
        self.spacing_mm, self.origin_mm = config.spacing_mm, config.origin_mm

    def rows(self, split: str) -> tuple[Row, ...]:
        return self._splits[split]

    def key(self, split: str) -> str:
        ids = [row.id for row in self.rows(split)]
        return digest({"collection": self._collection.digest, "seed": self.seed, "split": split, "ids": ids})

    def load(self, split: str, only: Sequence[int] | None = None, hear=lambda done, total: None) -> Cohort:
        ids = [row.id for row in self.rows(split)]
        wanted = ids if only is None else [ids[i] for i in only]
        cohort = self._collection.cohort(wanted, split, self.key(split) if only is None else "")
        hear(len(wanted), len(wanted))
        return cohort

    def context(self, subject: Subject) -> np.ndarray | None:
        return None

    @cached_property
    def _collection(self) -> Collection:
        """The collection as it is by now.

        Raises:
            RunError: A scan is gone or another than at launch; masks and scans that were added are no matter.
        """
        collection = Collections(self.home).open(self.config.collection)
        now = {scan.participant_id: scan for scan in collection.scans}
        for known in self.config.known.scans:
            scan = now.get(known.id)
            if scan is None:
                raise RunError(
                    f"{known.id} is not in the collection {collection.name} any more; launch anew without it."
                )
            same_mask = known.mask in (None, scan.original.mask_digest)
            if (scan.group, scan.original.image_digest) != (known.group, known.image) or not same_mask:
                raise RunError(
                    f"{known.id} of the collection {collection.name} has changed since this experiment was launched; "
                    "launch it anew, so that old and new are not mixed."
                )
        grid = (collection.shape, collection.spacing_mm, collection.origin_mm)
        if grid != (self.shape, self.spacing_mm, self.origin_mm):
            raise RunError(f"The grid of the collection {collection.name} has changed since launch; launch anew.")
        structure = self.config.known.structure
        if structure and structure != collection.content.structure:
            raise RunError(f"The structure of the collection {collection.name} is another than at launch; launch anew.")
        return collection

    @cached_property
    def _splits(self) -> dict[str, tuple[Row, ...]]:
        test = {id_ for group, count in self.config.test_counts().items() for id_ in self._drawn(group, count)}
        masked = {row.id for row in self._collection.rows() if row.has_mask}
        splits: dict[str, list[Row]] = {"pool": [], "test": []}
        for scan in self.config.known.scans:
            if scan.mask or self.config.unlabelled == "wait":
                row = Row(scan.id, scan.group, has_mask=scan.id in masked)
                splits["test" if scan.id in test else "pool"].append(row)
        return {split: tuple(rows) for split, rows in splits.items()}

    def _drawn(self, group: str, count: int) -> list[str]:
        """Draw a group's part of the test set out of what was labelled at launch."""
        labelled = [scan.id for scan in self.config.known.scans if scan.group == group and scan.mask]
        order = stream(self.seed, "test split", group).permutation(len(labelled))
        return [labelled[i] for i in order[:count]]
