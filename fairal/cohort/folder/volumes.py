"""The volumes of a collection: one file a scan, named by the digest of its bytes, compared with it when read."""

from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from fairal.cohort.folder.content import Stored
from fairal.cohort.folder.opening import file_digest, read_plain
from fairal.errors import InputError
from fairal.files import replacing

_BYTES_MAX = 2**30


def volume_file(folder: Path, file: str) -> Path:
    """Name the file of a volume below a collection's folder, by its digest."""
    return folder / "volumes" / f"{file}.npz"


def write_stored(folder: Path, t1: np.ndarray, affine: np.ndarray, mask: np.ndarray | None) -> Stored:
    """Write a volume (X, Y, Z) float16 and its mask (X, Y, Z) bool, if it has one, below a collection's folder."""
    buffer = BytesIO()
    np.savez(buffer, **{"t1": t1} | ({} if mask is None else {"mask": mask}))
    content = buffer.getvalue()
    stored = Stored(
        file=file_digest(content), affine=affine.tolist(), mask_voxels=None if mask is None else int(mask.sum())
    )
    path = volume_file(folder, stored.file)
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        with replacing(path, durable=True) as file:
            file.write(content)
    return stored


def read_stored(folder: Path, stored: Stored, shape: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray | None]:
    """Read what `write_stored` wrote, after comparing the checksum.

    Raises:
        InputError: The file is not what it should be.
    """
    content = read_plain(volume_file(folder, stored.file), _BYTES_MAX)
    if file_digest(content) != stored.file:
        raise InputError("its checksum is that of another content")
    try:
        with np.load(BytesIO(content)) as arrays:
            t1 = arrays["t1"]
            mask = arrays["mask"] if stored.mask_voxels is not None else None
    except (ValueError, KeyError, OSError, EOFError, BadZipFile):
        raise InputError("it is no file of volumes") from None
    if t1.shape != shape or t1.dtype != np.float16 or (mask is not None and (mask.shape, mask.dtype) != (shape, bool)):
        raise InputError("its volumes have another shape")
    return t1, mask


def is_whole(folder: Path, stored: Stored, shape: tuple[int, int, int]) -> bool:
    """Tell whether a stored volume can be read."""
    try:
        read_stored(folder, stored, shape)
    except InputError:
        return False
    return True
