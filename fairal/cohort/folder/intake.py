"""The scans of a folder on their way into a collection.

Three looks at the files, each sieving out scans with a sentence: the headers (they give the spacing), every voxel (the
masks give the box), and, once all of that is known, one scan after the other onto the grid. One volume and its mask
are in memory at a time.
"""

import shutil
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from math import prod
from pathlib import Path
from typing import TypeVar

from fairal.cohort.folder.checks import Examined, MaskError, check_headers, examine, joined_mask
from fairal.cohort.folder.content import Content, Other, Scan, Steps, Stored
from fairal.cohort.folder.grid import (
    PERCENTILES,
    Grid,
    common_grid,
    common_spacing_mm,
    image_on_grid,
    mask_on_grid,
    sized_grid,
)
from fairal.cohort.folder.layout import MASK_ALONE, Found, LeftOut, Pair, find_scans
from fairal.cohort.folder.limits import FILE_BYTES_MAX
from fairal.cohort.folder.nifti import read_volume
from fairal.cohort.folder.opening import file_digest, read_plain
from fairal.cohort.folder.table import Table, find_table, read_table
from fairal.cohort.folder.volumes import is_whole, write_stored
from fairal.cohort.folder.wishes import Report, TooFewGroups, Wishes, report_on
from fairal.errors import InputError
from fairal.plain import plain

Hear = Callable[[str, int, int], None]
T = TypeVar("T")
GONE = "Its image is gone from the folder."


class Intake:
    """The scans of a folder on their way in.

    Attributes:
        pairs: By participant, in their lasting order: those of `old` first.
        reasons: Why a participant's scan is left out.
        groups, examined: What each look gave, by participant.
        kept: Scans of `old` of which nothing changed.
    """

    def __init__(self, name: str, wishes: Wishes, hear: Hear, old: Content | None = None) -> None:
        self.name, self.wishes, self.old, self._hear = name, wishes, old, hear
        self.folder = wishes.folder.absolute()
        self.found: Found = find_scans(self.folder)
        self.table_path = find_table(self.folder, wishes.table, Path(old.table) if old else None)
        self.table: Table = read_table(self.table_path, wishes.group)
        place = {scan.participant_id: i for i, scan in enumerate(old.scans if old else ())}
        pairs = sorted(self.found.pairs, key=lambda pair: place.get(pair.participant_id, len(place)))
        self.pairs: dict[str, Pair] = {pair.participant_id: pair for pair in pairs}
        self.reasons: dict[str, LeftOut] = {}
        self.kept: dict[str, Scan] = {}
        self.groups: dict[str, str] = self._sieve("groups", lambda pair: self.table.group_of(pair.participant_id))
        self.examined: dict[str, Examined] = {}
        self.structure: tuple[int, ...] = wishes.labels or (old.structure if old else ())
        self.crop: bool = old.steps.crop if old else wishes.crop is not False
        self.grid: Grid | None = None

    def _sieve(self, what: str, look: Callable[[Pair], T]) -> dict[str, T]:
        """Look at every scan that is still in; one that raises is out, with the sentence."""
        pairs = [p for name, p in self.pairs.items() if name not in self.reasons and name not in self.kept]
        results = {}
        for done, pair in enumerate(pairs, 1):
            try:
                results[pair.participant_id] = look(pair)
            except MaskError as error:
                self._leave_out(pair.participant_id, str(error), pair.mask)
            except InputError as error:
                self._leave_out(pair.participant_id, str(error))
            except MemoryError:
                self._leave_out(pair.participant_id, "It does not fit into this machine's memory.")
            self._hear(what, done, len(pairs))
        return results

    def _leave_out(self, name: str, reason: str, file: str | None = None) -> None:
        self.reasons[name] = LeftOut(name, file or self.pairs[name].image, reason)

    def keep_unchanged(self, folder: Path) -> None:
        """Keep the scans of the old content whose files are what they were, and whose volumes are whole."""
        before = {scan.participant_id: scan for scan in self.old.usable}
        shape = self.old.steps.shape

        def look(pair: Pair) -> Scan | None:
            scan = before.get(pair.participant_id)
            same = scan is not None and _digests(self.folder, pair) == (
                scan.original.image_digest,
                scan.original.mask_digest,
            )
            return scan if same and is_whole(folder, scan.stored, shape) else None

        self.kept = {name: scan for name, scan in self._sieve("look for changes", look).items() if scan}

    def check(self, grid: Grid | None) -> None:
        """Check every scan that is still in, and settle the grid.

        Args:
            grid: The collection's, if it has one already.

        Raises:
            TooFewGroups: Nothing needs to be written.
        """
        headers = self._sieve("headers", lambda pair: check_headers(self.folder, pair))
        spacing = grid.spacing_mm if grid else self.wishes.spacing_mm
        if spacing is None and headers:
            spacing = common_spacing_mm(list(headers.values()))
        self.examined = self._sieve("check", lambda pair: examine(self.folder, pair, self.structure, spacing))
        self._leave_out_doubles()
        self._settle_structure()
        self._check_groups()
        self.grid = grid or self._choose_grid(spacing)

    def _leave_out_doubles(self) -> None:
        seen = {scan.original.content: name for name, scan in self.kept.items()}
        for name, examined in self.examined.items():
            first = seen.setdefault(examined.original.content, name)
            if first != name:
                self._leave_out(name, f"The image is that of {plain(first, 60)}, voxel for voxel.")

    def _settle_structure(self) -> None:
        """Take the label that most masks hold, if none was named."""
        labels = Counter(e.labels for name, e in self.examined.items() if e.labels and name not in self.reasons)
        if self.structure or not labels:
            return
        self.structure = min(labels, key=lambda label: (-labels[label], label))
        for name, examined in self.examined.items():
            if name not in self.reasons and examined.labels and examined.labels != self.structure:
                mine, others = examined.labels[0], self.structure[0]
                reason = f"The mask holds label {mine}, most others {others}; --structure {others},{mine} takes both."
                self._leave_out(name, reason, self.pairs[name].mask)

    def _check_groups(self) -> None:
        there = [*self.kept, *(name for name in self.examined if name not in self.reasons)]
        if len({self.groups[name] for name in there}) < 2:
            raise TooFewGroups(Report(self.name, self.found.layout, self._scans({}), self._others()))

    def _choose_grid(self, spacing_mm: float) -> Grid:
        inside = [examined for name, examined in self.examined.items() if name not in self.reasons]
        structures = [examined.structure for examined in inside if examined.structure]
        views = [examined.view for examined in inside]
        if self.wishes.size:
            return sized_grid(structures, views, spacing_mm, self.wishes.size)
        return common_grid(structures if self.crop else [], views, spacing_mm)

    def write(self, folder: Path) -> Content:
        """Bring the scans that are in onto the grid, below a folder.

        Raises:
            TooFewGroups: Too few came through.
            InputError: The disk has no room for them.
        """
        ready = sum(name not in self.reasons for name in self.examined)
        needed, free = ready * prod(self.grid.shape) * 3, shutil.disk_usage(folder).free
        if needed > free:
            raise InputError(f"The volumes take {needed / 1e9:.1f} GB; the disk of the home has {free / 1e9:.1f} left.")
        content = self._content(self._sieve("write", lambda pair: self._bring(pair, folder)))
        if len(content.groups) < 2:
            raise TooFewGroups(report_on(content))
        return content

    def _content(self, stored: dict[str, Stored]) -> Content:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        spacing_mm, box = self.grid.spacing_mm, self.grid.box
        return Content(
            name=self.name,
            folder=str(self.folder),
            layout=self.found.layout,
            table=str(self.table_path),
            group_column=self.wishes.group,
            structure=self.structure,
            steps=Steps(spacing_mm=spacing_mm, crop=self.crop, box=box, clip_percentiles=PERCENTILES),
            imported=self.old.imported if self.old else now,
            updated=now,
            scans=self._scans(stored),
            others=self._others(),
        )

    def _bring(self, pair: Pair, folder: Path) -> Stored:
        examined = self.examined[pair.participant_id]
        image = read_volume(self.folder / pair.image)
        mask = read_volume(self.folder / pair.mask) if pair.mask else None
        if (image.digest, mask and mask.digest) != (examined.original.image_digest, examined.original.mask_digest):
            raise InputError("Its files changed while they were imported; look again with --update.")
        t1, affine = image_on_grid(image, self.grid)
        try:
            structure = mask and mask_on_grid(joined_mask(mask, examined.labels), mask.header, self.grid)
        except InputError as error:
            raise MaskError(error) from None
        return write_stored(folder, t1, affine, structure)

    def _scans(self, stored: dict[str, Stored]) -> tuple[Scan, ...]:
        """Describe every scan, in its lasting place; one whose files are gone keeps it."""
        before = [scan.participant_id for scan in self.old.scans] if self.old else []
        rows = self._gone() | {name: self._scan(name, pair, stored.get(name)) for name, pair in self.pairs.items()}
        return tuple(rows[name] for name in dict.fromkeys([*before, *rows]))

    def _gone(self) -> dict[str, Scan]:
        why = {row.participant_id: row for row in self.found.left_out if row.reason != MASK_ALONE}
        rows = {}
        for scan in self.old.scans if self.old else ():
            if scan.participant_id not in self.pairs:
                row = why.get(scan.participant_id, LeftOut(scan.participant_id, scan.image, GONE))
                out = {"state": "left out", "reason": row.reason, "reason_file": row.file, "stored": None}
                rows[scan.participant_id] = scan.model_copy(update=out)
        return rows

    def _scan(self, name: str, pair: Pair, stored: Stored | None) -> Scan:
        about = {"participant_id": name, "group": self.groups.get(name, ""), "image": pair.image, "mask": pair.mask}
        original = self.examined[name].original if name in self.examined else None
        if name in self.kept:
            return self.kept[name].model_copy(update=about)
        if row := self.reasons.get(name):
            return Scan(**about, state="left out", reason=row.reason, reason_file=row.file, original=original)
        return Scan(**about, state="usable", original=original, stored=stored)

    def _others(self) -> tuple[Other, ...]:
        """List what became no scan: files without a pair, and rows of the table without files."""
        had = {scan.participant_id for scan in (self.old.scans if self.old else ())} - self.pairs.keys()
        without_pair = [row for row in self.found.left_out if row.participant_id not in had]
        known = self.pairs.keys() | had | {row.participant_id for row in without_pair}
        rows = [
            LeftOut(name, self.table.name, "The table has a row for this participant, but there is no image.")
            for name in self.table.groups
            if name not in known
        ]
        return tuple(Other(**vars(row)) for row in (*without_pair, *rows))


def _digests(folder: Path, pair: Pair) -> tuple[str | None, ...]:
    files = (pair.image, pair.mask)
    return tuple(file_digest(read_plain(folder / file, FILE_BYTES_MAX)) if file else None for file in files)
