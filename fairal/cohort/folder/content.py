"""What a collection knows about itself: the content of its `collection.json`, typed and checked when read."""

import json
from collections import Counter
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, ValidationError

from fairal.cohort.folder.opening import Shut, read_plain
from fairal.config.fields import Model, digest
from fairal.errors import InputError, RunError
from fairal.files import replacing
from fairal.plain import plain

SCHEMA = 1
FILE = "collection.json"
_FILE_BYTES_MAX = 2**28

Triple = tuple[int, int, int]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Affine = tuple[tuple[Finite, Finite, Finite, Finite], ...]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class Original(Model):
    """What the files of a scan were, as they were read.

    Attributes:
        image_digest, mask_digest: Of the files' bytes.
        content: Of the image's shape, affine and voxels.
        affine: (4, 4), mm, RAS+.
        orientation: Where the stored axes run, e.g. ``LPS``.
        mask_voxels, volume_mm3: Of the structure, at the scan's own resolution.
        labels: All values of the mask but 0.
        assumed: In a sentence, what the image does not say and was assumed; empty where nothing was.
    """

    image_digest: Digest
    mask_digest: Digest | None
    content: Digest
    shape: Triple
    affine: Affine
    orientation: str
    mask_voxels: int | None
    volume_mm3: Finite | None
    labels: tuple[int, ...] = ()
    assumed: str = ""


class Stored(Model):
    """A scan on the collection's grid.

    Attributes:
        file: Digest of its file, which is its name as well.
        affine: (4, 4), mm, RAS+.
        mask_voxels: Of the structure; None where there is no mask.
    """

    file: Digest
    affine: Affine
    mask_voxels: int | None


class Scan(Model):
    """One scan of a collection, whether it can be used or not.

    Attributes:
        image, mask: Files relative to the source folder.
        reason, reason_file: Why it is left out and which file shows it; empty for a usable one.
    """

    participant_id: str
    group: str = ""
    image: str
    mask: str | None = None
    state: Literal["usable", "left out"]
    reason: str = ""
    reason_file: str = ""
    original: Original | None = None
    stored: Stored | None = None

    @property
    def usable(self) -> bool:
        return self.state == "usable"

    @property
    def has_mask(self) -> bool:
        return self.original is not None and self.original.mask_digest is not None

    @property
    def volume_mm3(self) -> float | None:
        """Of the structure at the scan's own resolution; None where there is no mask."""
        return self.original.volume_mm3 if self.original else None


class Other(Model):
    """A file or a participant that became no scan, and why."""

    participant_id: str
    file: str
    reason: str


class Steps(Model):
    """What was done to every scan, in this order.

    Attributes:
        crop: Whether the box was put around the structures.
        box: Voxels kept, counted from the middle of each scan's field of view: (first, one past the last) for X, Y, Z.
    """

    orientation: Literal["RAS"] = "RAS"
    spacing_mm: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    image_interpolation: Literal["bilinear"] = "bilinear"
    mask_interpolation: Literal["nearest"] = "nearest"
    crop: bool
    box: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
    clip_percentiles: tuple[float, float]
    intensities: Literal["z-score"] = "z-score"
    pad_value: float = 0.0
    image_type: Literal["float16"] = "float16"

    @property
    def shape(self) -> Triple:
        return tuple(high - low for low, high in self.box)


class Content(Model):
    """All that is known of a collection.

    Attributes:
        folder, table: Where the scans and their groups come from.
        structure: Label values that were joined into the structure; empty while there is no mask.
        others: What became no scan.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    folder: str
    layout: str
    table: str
    group_column: str
    structure: tuple[int, ...]
    steps: Steps
    imported: str
    updated: str
    scans: tuple[Scan, ...]
    others: tuple[Other, ...] = ()

    @property
    def usable(self) -> tuple[Scan, ...]:
        return tuple(scan for scan in self.scans if scan.usable)

    @property
    def groups(self) -> dict[str, int]:
        """Usable scans of each group, by name."""
        return dict(sorted(Counter(scan.group for scan in self.usable).items()))

    @property
    def digest(self) -> str:
        """Digest over all that enters a computation: ids, groups and volumes in their order, and the grid."""
        rows = [(s.participant_id, s.group, s.has_mask, s.stored.file) for s in self.usable]
        return digest({"schema": SCHEMA, "steps": self.steps.model_dump(mode="json"), "scans": rows})


def write_content(folder: Path, content: Content) -> None:
    """Replace a collection's `collection.json` in one step; it carries a checksum of itself."""
    body = content.model_dump(mode="json")
    whole = {"schema": SCHEMA, "digest": content.digest, "checksum": _checksum(body), "collection": body}
    with replacing(folder / FILE, durable=True) as file:
        file.write(json.dumps(whole, indent=1, allow_nan=False).encode())


def read_content(folder: Path) -> Content:
    """Read what `write_content` wrote.

    Raises:
        RunError: The file is damaged, of a later version, or not ours to read.
    """
    try:
        whole = json.loads(read_plain(folder / FILE, _FILE_BYTES_MAX))
        if whole["schema"] != SCHEMA:
            raise ValueError(f"it has schema {whole['schema']}, this version reads {SCHEMA}")
        if whole["checksum"] != _checksum(whole["collection"]):
            raise ValueError("its checksum is that of another content")
        content = Content.model_validate_json(json.dumps(whole["collection"]))
        if whole["digest"] != content.digest:
            raise ValueError("its digest is that of another collection")
        return content
    except Shut as error:
        raise RunError(shut_sentence(folder, error.why)) from None
    except (ValidationError, InputError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = "a field is not what it should be" if isinstance(error, ValidationError) else error
        raise RunError(f"The collection {folder.name} is damaged ({reason}); forget it and import it again.") from None


def shut_sentence(folder: Path, why: str) -> str:
    """Say of a collection that may not be read that it may not, and what to do; it need not be damaged."""
    return (
        f"The collection {folder.name} cannot be read ({why}): {plain(folder, 200)} is not open to whoever "
        "runs fairal; let that user read it, or leave it alone."
    )


def _checksum(body: object) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=16).hexdigest()
