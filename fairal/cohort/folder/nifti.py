"""Read NIfTI files that nobody vouches for: the header first, then no byte more than it promised.

Nothing here trusts a number before it was compared with a bound, so that a file of 54 bytes that claims 30 GB costs
54 bytes, and a gzip bomb is put down where the header's promise ends.
"""

import gzip
import zlib
from dataclasses import dataclass
from io import BytesIO
from math import prod
from pathlib import Path
from typing import BinaryIO

import nibabel as nib
import numpy as np
from nibabel.spatialimages import HeaderDataError

from fairal.cohort.folder.limits import AXIS_VOXELS, EDGE_MM, FILE_BYTES_MAX, HEADER_BYTES_MAX, VOXELS_MAX
from fairal.cohort.folder.opening import file_digest, open_plain, read_plain
from fairal.cohort.folder.orientation import check_agreement, is_said
from fairal.errors import InputError
from fairal.plain import plain

ENDINGS = (".nii.gz", ".nii")
TYPES = frozenset(["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"])
_MILLIMETRES = (0, 2)  # not said, or said to be mm
_CHUNK = 2**20


@dataclass(frozen=True)
class Header:
    """What a file says about its voxels, after it was checked.

    Attributes:
        shape: Voxels along the three axes as they are stored.
        dtype: Of the stored numbers, with their byte order.
        slope, intercept: A voxel's value is stored · slope + intercept.
        affine: (4, 4) from voxel indices to mm, RAS+.
        offset: Bytes before the first voxel.
        guessed: Whether nothing in it says how the axes lie, see `orientation.guess`.
    """

    shape: tuple[int, int, int]
    dtype: np.dtype
    slope: float
    intercept: float
    affine: np.ndarray
    offset: int
    guessed: bool

    @property
    def voxels(self) -> int:
        return prod(self.shape)

    @property
    def edges_mm(self) -> tuple[float, float, float]:
        """Voxel edges along the stored axes."""
        return tuple(float(edge) for edge in np.linalg.norm(self.affine[:3, :3], axis=0))

    @property
    def voxel_mm3(self) -> float:
        return float(abs(np.linalg.det(self.affine[:3, :3])))

    @property
    def orientation(self) -> str:
        """The direction in which each stored axis runs, e.g. ``LPS``."""
        return "".join(nib.aff2axcodes(self.affine))


@dataclass(frozen=True)
class Volume:
    """A file read to its end.

    Attributes:
        values: (X, Y, Z) as stored; `scaled` applies slope and intercept.
        digest: Of the file's bytes.
        content: Of shape, affine and voxels: the same for one scan compressed twice.
    """

    header: Header
    values: np.ndarray
    digest: str
    content: str

    def scaled(self) -> np.ndarray:
        """Give the voxels' values, (X, Y, Z) float32; what it cannot hold becomes infinite."""
        if (self.header.slope, self.header.intercept) == (1.0, 0.0):
            with np.errstate(over="ignore"):
                return self.values.astype(np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            return (self.values * self.header.slope + self.header.intercept).astype(np.float32)


def read_header(path: Path) -> Header:
    """Read and check a header alone.

    Raises:
        InputError: One sentence about what is wrong with the file, without its name.
    """
    with open_plain(path, FILE_BYTES_MAX) as file, _decompressed(path, file) as stream:
        return _header(stream)[0]


def read_volume(path: Path) -> Volume:
    """Read and check a whole file: at most `FILE_BYTES_MAX` from the disk, and what the header promises in memory.

    Raises:
        InputError: One sentence about what is wrong with the file, without its name.
    """
    content = read_plain(path, FILE_BYTES_MAX)
    with _decompressed(path, BytesIO(content)) as stream:
        header, read = _header(stream)
        _take(stream, header.offset - read)
        stored = _take(stream, header.voxels * header.dtype.itemsize)
        # Reading on to the end also lets gzip compare its checksum.
        if _read(stream, 1):
            raise InputError("The file holds more than its header says.")
    values = np.frombuffer(stored, header.dtype).reshape(header.shape, order="F")
    about = f"{header.shape} {header.dtype.str} {header.affine.tolist()} {header.slope} {header.intercept}"
    return Volume(header, values, file_digest(content), file_digest(about.encode() + stored))


def _decompressed(path: Path, file: BinaryIO) -> BinaryIO:
    return gzip.GzipFile(fileobj=file, mode="rb") if path.name.lower().endswith(".gz") else file


def _read(stream: BinaryIO, count: int) -> bytes:
    try:
        return stream.read(count)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"The file is not whole gzip ({error}).") from None


def _take(stream: BinaryIO, count: int) -> bytes:
    """Read exactly so many bytes, in pieces: memory grows with what is there, not with what was promised."""
    pieces, missing = [], count
    while missing:
        piece = _read(stream, min(missing, _CHUNK))
        if not piece:
            raise InputError(f"The file ends {missing:,} bytes before its header says.")
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


def _header(stream: BinaryIO) -> tuple[Header, int]:
    """Parse what stands at the beginning; returns it and the bytes taken."""
    start = _take_header(stream, 4)
    sizes = {int.from_bytes(start, "little"), int.from_bytes(start, "big")}
    kind = nib.Nifti1Header if 348 in sizes else nib.Nifti2Header if 540 in sizes else None
    if kind is None:
        raise InputError("This is not a NIfTI file: its first bytes are those of something else.")
    size = kind.template_dtype.itemsize
    raw = start + _take_header(stream, size - 4)
    try:
        found = kind(raw, check=False)
        affine = np.asarray(found.get_best_affine(), float)
    except (HeaderDataError, ValueError, OverflowError, FloatingPointError, np.linalg.LinAlgError) as error:
        raise InputError(f"Its header cannot be understood ({plain(error)}).") from None
    if bytes(found["magic"].item()).rstrip(b"\0")[:3] not in (b"n+1", b"n+2"):
        raise InputError("This is not a single-file NIfTI: its header has another magic word.")
    shape = _shape(found["dim"])
    slope, intercept = _scale(found)
    affine = _affine(found, affine)
    check_agreement(found)
    return Header(shape, _dtype(found), slope, intercept, affine, _offset(found, size), not is_said(found)), size


def _take_header(stream: BinaryIO, count: int) -> bytes:
    try:
        return _take(stream, count)
    except InputError as error:
        if "gzip" in str(error):
            raise
        raise InputError("This is not a NIfTI file: it ends within the header.") from None


def _shape(dim: np.ndarray) -> tuple[int, int, int]:
    """Three axes; a fourth to seventh axis of one volume is no axis."""
    axes, sizes = int(dim[0]), [int(n) for n in dim[1:]]
    if not 1 <= axes <= 7:
        raise InputError(f"Its header says {axes} dimensions; NIfTI has 1 to 7.")
    if any(n < 1 for n in sizes[:axes]):
        raise InputError(f"Its header gives an axis of {min(sizes[:axes])} voxels.")
    if axes < 3 or (further := prod(sizes[3:axes])) != 1:
        what = "a single slice" if axes < 3 else f"{further:,} volumes"
        raise InputError(f"It holds {what}; one three-dimensional volume is wanted.")
    shape = tuple(sizes[:3])
    low, high = AXIS_VOXELS
    if not all(low <= n <= high for n in shape):
        raise InputError(f"Its axes have {_times(shape)} voxels; each must have {low} to {high}.")
    if prod(shape) > VOXELS_MAX:
        raise InputError(f"Its header claims {prod(shape):,} voxels; at most {VOXELS_MAX:,} are read.")
    return shape


def _dtype(header: nib.Nifti1Header) -> np.dtype:
    code = int(header["datatype"])
    try:
        dtype = header.get_data_dtype()
    except (HeaderDataError, KeyError):
        dtype = np.dtype("V")
    if dtype.str[1:] not in TYPES:
        raise InputError(f"Its voxels are of type {code}; whole and real numbers of 8 to 64 bits are read.")
    if int(header["bitpix"]) != 8 * dtype.itemsize:
        raise InputError(f"Its header says {int(header['bitpix'])} bits a voxel; {dtype} has {8 * dtype.itemsize}.")
    return dtype


def _scale(header: nib.Nifti1Header) -> tuple[float, float]:
    slope, intercept = float(header["scl_slope"]), float(header["scl_inter"])
    if slope == 0:  # the standard's way of saying that nothing is scaled
        return 1.0, 0.0
    if not (np.isfinite(slope) and np.isfinite(intercept)):
        raise InputError(f"Its header scales the voxels by {slope} and {intercept}, which are not finite.")
    return slope, intercept


def _affine(header: nib.Nifti1Header, affine: np.ndarray) -> np.ndarray:
    """Check that the voxels lie in space as a grid with axes at right angles, in millimetres."""
    units = int(header["xyzt_units"]) & 7
    if units not in _MILLIMETRES:
        raise InputError("Its header gives lengths in metres or micrometres; millimetres are wanted.")
    if not np.isfinite(affine).all() or np.abs(affine).max() > 1e5:
        raise InputError("Its affine is not finite, so nobody knows where it lies.")
    edges = np.linalg.norm(affine[:3, :3], axis=0)
    low, high = EDGE_MM
    if not ((edges >= low) & (edges <= high)).all():
        raise InputError(
            f"Its voxels have edges of {_times(f'{e:.3g}' for e in edges)} mm; {low:g} to {high:g} are read."
        )
    axes = affine[:3, :3] / edges
    if np.abs(axes.T @ axes - np.eye(3)).max() > 0.02:
        raise InputError(
            "Its affine is skewed: the axes are not at right angles, so it is no grid of box-shaped voxels."
        )
    return affine


def _offset(header: nib.Nifti1Header, size: int) -> int:
    """Where the voxels begin; 0 stands for right behind header and extension flag in some old files."""
    offset = float(header["vox_offset"]) or size + 4.0
    if not (np.isfinite(offset) and offset == int(offset) and size <= offset <= HEADER_BYTES_MAX):
        raise InputError(f"Its header says the voxels begin at byte {offset:g}, which cannot be.")
    return int(offset)


def _times(values) -> str:
    return " × ".join(str(value) for value in values)
