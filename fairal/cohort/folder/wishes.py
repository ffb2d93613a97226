"""What a person asks of an import, checked before anything is opened; and what it came to."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from fairal.cohort.folder.content import Content, Other, Scan
from fairal.cohort.folder.limits import EDGE_MM, LABEL_MAX, SIZE, VOXELS_MAX
from fairal.errors import InputError
from fairal.plain import plain


@dataclass(frozen=True)
class Wishes:
    """What to import, and how.

    Attributes:
        folder: Holds the scans.
        group: The table's column that holds the group.
        table: None takes the folder's own participants.tsv or .csv.
        structure: Label values that make up the structure; empty takes the only one.
        spacing_mm: None takes the median over the scans.
        size: Voxels along X, Y, Z; None takes what the structures need, or the whole field of view.
        crop: Whether to crop around the structures; None does, or leaves an update as it is.

    Raises:
        InputError: A number is out of its range.
    """

    folder: Path
    group: str
    table: Path | None = None
    structure: tuple[int, ...] = ()
    spacing_mm: float | None = None
    size: tuple[int, int, int] | None = None
    crop: bool | None = None

    def __post_init__(self) -> None:
        if not all(0 < label <= LABEL_MAX for label in self.structure):
            raise InputError(f"--structure must name labels in 1..{LABEL_MAX}, such as 1,2.")
        low, high = EDGE_MM
        if self.spacing_mm is not None and not low <= self.spacing_mm <= high:
            raise InputError(f"--spacing must lie in {low:g}..{high:g} mm, got {self.spacing_mm:g}.")
        if self.size is not None and not (all(SIZE[0] <= n <= SIZE[1] for n in self.size) and len(self.size) == 3):
            raise InputError(f"--size must be three numbers in {SIZE[0]}..{SIZE[1]}, such as 48,64,48.")
        if self.size is not None and prod(self.size) > VOXELS_MAX:
            raise InputError(f"--size asks for {prod(self.size):,} voxels a scan; at most {VOXELS_MAX:,} are held.")

    @property
    def labels(self) -> tuple[int, ...]:
        """The structure's label values, sorted, each once."""
        return tuple(sorted(set(self.structure)))

    def check_same_as(self, content: Content) -> None:
        """Check that an update asks for nothing that would need every volume anew.

        Raises:
            InputError: It does.
        """
        steps = content.steps
        pairs = [
            (f"--group {plain(self.group)}", f"--group {plain(content.group_column)}"),
            (f"--spacing {self.spacing_mm or steps.spacing_mm:g}", f"--spacing {steps.spacing_mm:g}"),
            (f"--size {_commas(self.size or steps.shape)}", f"--size {_commas(steps.shape)}"),
        ]
        if self.crop is not None:
            pairs.append(tuple("--crop" if crop else "--no-crop" for crop in (self.crop, steps.crop)))
        if self.structure and content.structure:
            pairs.append((f"--structure {_commas(self.labels)}", f"--structure {_commas(content.structure)}"))
        for wanted, there in pairs:
            if wanted != there:
                raise InputError(
                    f"{content.name} was imported with {there} and keeps that; for {wanted} import the folder under "
                    "another name."
                )


def _commas(numbers: Sequence[int]) -> str:
    return ",".join(map(str, numbers))


@dataclass(frozen=True)
class Changes:
    """What an update found, by participant; groups and masks that changed count as changed."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    new_masks: tuple[str, ...]
    gone: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """What an import came to.

    Attributes:
        shape, spacing_mm: Of the collection; None where it did not come that far.
        changes: Of an update.
    """

    collection: str
    layout: str
    scans: Sequence[Scan]
    others: Sequence[Other]
    shape: tuple[int, int, int] | None = None
    spacing_mm: float | None = None
    structure: tuple[int, ...] = ()
    changes: Changes | None = None

    @property
    def usable(self) -> list[Scan]:
        return [scan for scan in self.scans if scan.usable]

    @property
    def labelled(self) -> int:
        return sum(scan.has_mask for scan in self.usable)

    @property
    def groups(self) -> dict[str, int]:
        """Usable scans of each group, by name."""
        return dict(sorted(Counter(scan.group for scan in self.usable).items()))

    @property
    def left_out(self) -> list[Other]:
        """What did not come in, scans first."""
        out = (scan for scan in self.scans if not scan.usable)
        scans = [Other(participant_id=s.participant_id, file=s.reason_file, reason=s.reason) for s in out]
        return [*scans, *self.others]

    @property
    def warnings(self) -> list[Other]:
        """What had to be assumed about usable scans, each with its image."""
        assumed = ((scan, scan.original.assumed) for scan in self.usable if scan.original and scan.original.assumed)
        return [Other(participant_id=s.participant_id, file=s.image, reason=text) for s, text in assumed]

    @property
    def other_labels(self) -> tuple[int, ...]:
        """Label values of usable masks that are not the structure."""
        seen = {label for scan in self.usable if scan.original for label in scan.original.labels}
        return tuple(sorted(seen - set(self.structure)))

    def as_json(self) -> dict[str, Any]:
        """Give the report as `fairal import --json` prints it; ``warnings`` is there where there are some."""
        content = {
            "collection": self.collection,
            "usable": len(self.usable),
            "labelled": self.labelled,
            "unlabelled": len(self.usable) - self.labelled,
            "left_out": [row.model_dump() for row in self.left_out],
            "groups": self.groups,
            "shape": list(self.shape) if self.shape else None,
            "spacing_mm": self.spacing_mm,
        }
        if self.warnings:
            content["warnings"] = [row.model_dump() for row in self.warnings]
        return content | ({} if self.changes is None else {k: list(v) for k, v in vars(self.changes).items()})


def report_on(content: Content, changes: Changes | None = None) -> Report:
    """Report on a collection as it stands."""
    steps = content.steps
    return Report(
        content.name, content.layout, content.scans, content.others, steps.shape, steps.spacing_mm, content.structure,
        changes,
    )  # fmt: skip


class TooFewGroups(InputError):
    """Fewer than two groups have a usable scan, so there is nobody to be fair to.

    Attributes:
        report: What was found nevertheless.
    """

    def __init__(self, report: Report) -> None:
        count = len(report.groups)
        super().__init__(
            f"Nothing was imported: {'no group has' if not count else 'only one group has'} usable scans, at least two "
            "groups must; the reasons of what was left out say what to mend."
        )
        self.report = report
