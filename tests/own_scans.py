"""A collection of synthetic scans, written as `fairal cohort` writes them, of which few have a mask."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from fairal.cohort.arrays import Cohort
from fairal.cohort.bids import write_bids
from fairal.cohort.folder.collection import Collection, Collections
from fairal.cohort.folder.importing import import_folder, update_collection
from fairal.cohort.folder.wishes import Report, Wishes
from fairal.runs.store import Store

BIASED = tuple(f"sub-test{i:04d}biased" for i in range(4))
REFERENCE = tuple(f"sub-test{i:04d}reference" for i in range(4))
LABELLED = ("sub-pool0000", *BIASED[:2], *REFERENCE[:2])
"""Two of the biased group, three of the other: too few to cross-validate."""


def own_folders(folder: Path, cohort: Mapping[str, Cohort]) -> tuple[Path, Path]:
    """Write the scans of which few have a mask below a folder, and the other masks into another below it."""
    scans, away = folder / "scans", folder / "away"
    away.mkdir()
    write_bids(list(cohort.values()), scans)
    take_masks_away(scans, LABELLED, away)
    return scans, away


def mask_folder(scans: Path, participant: str) -> Path:
    """Where a scan's mask lies, or would."""
    return scans / "derivatives" / "fairal" / participant / "anat"


def take_masks_away(scans: Path, keep: Sequence[str], away: Path) -> None:
    """Move every mask but those of some scans into another folder."""
    for folder in sorted((scans / "derivatives" / "fairal").glob("sub-*")):
        if folder.name not in keep and (folder / "anat").exists():
            shutil.move(folder / "anat", away / folder.name)


def label(scans: Path, away: Path, participants: Sequence[str]) -> None:
    """Put masks where they belong, as somebody who has labelled the scans would."""
    for participant in participants:
        shutil.move(away / participant, mask_folder(scans, participant))


def import_mine(store: Store, scans: Path) -> Collection:
    """Import the scans as the collection ``mine``."""
    import_folder(Collections(store.home), "mine", Wishes(scans, "group"))
    return Collections(store.home).open("mine")


def look_again(store: Store, scans: Path) -> Report:
    """Look again at the scans of ``mine``."""
    return update_collection(Collections(store.home), "mine", Wishes(scans, "group"))
