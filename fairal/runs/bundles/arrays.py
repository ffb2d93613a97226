"""Display volumes from outside: what numpy's archive says of an array is checked before its bytes are unpacked."""

import io
import math
import re
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.lib import format as npy

from fairal.facts.volumes import MAPS
from fairal.runs.bundles.archive import Archive, Bounds, Unsound
from fairal.runs.paths import SUBJECT_ID

MOST_BYTES = 256_000_000
"""Of one file's arrays together, unpacked."""
MOST_VOXELS = 64_000_000
MOST_ARRAYS = 4_096
_MOST_RATIO = 1_100.0  # a mask is mostly zeros: deflate packs it as far as it can, 1032 : 1
_HEADER_BYTES = 128

SUBJECT_ARRAYS = re.compile(r"(t1|truth|context)\.npy")


def round_arrays(groups: Iterable[str]) -> re.Pattern[str]:
    """Give the pattern of a round's arrays: probabilities by subject, maps by group."""
    of = "|".join(map(re.escape, groups))
    return re.compile(rf"p/{SUBJECT_ID.pattern.strip('^$')}\.npy|({'|'.join(MAPS)})/({of})\.npy")


def unpacked_bytes(content: bytes, names: re.Pattern[str]) -> int:
    """Say how many bytes `read_arrays` would unpack.

    Raises:
        Unsound: It holds what has no place in it.
    """
    return sum(_archive(content, names).sizes.values())


def read_arrays(content: bytes, names: re.Pattern[str]) -> Mapping[str, np.ndarray]:
    """Read the arrays of an `.npz` file: (X, Y, Z) uint8 each; no other kind is read.

    Args:
        content: Of the file.
        names: What its members may be called.

    Raises:
        Unsound: It holds what has no place in it, or cannot be read.
    """
    archive = _archive(content, names)
    return {name.removesuffix(".npy"): _array(name, archive.read(name)) for name in archive.sizes}


def _archive(content: bytes, names: re.Pattern[str]) -> Archive:
    bounds = Bounds({names: MOST_VOXELS + _HEADER_BYTES}, MOST_ARRAYS, MOST_BYTES, _MOST_RATIO)
    return Archive(io.BytesIO(content), bounds)


def _array(name: str, content: bytes) -> np.ndarray:
    stream = io.BytesIO(content)
    try:
        if npy.read_magic(stream) != (1, 0):
            raise ValueError
        shape, fortran, dtype = npy.read_array_header_1_0(stream)
    except Exception:  # numpy parses the header as Python's literals, which fail in many ways
        raise Unsound(f"{name} is no array") from None
    if dtype != np.uint8 or len(shape) != 3 or not all(isinstance(n, int) and 1 <= n <= 1024 for n in shape):
        raise Unsound(f"{name} is no volume of bytes, got {dtype} {ascii(shape)[:60]}")
    if len(content) - stream.tell() != math.prod(shape):
        raise Unsound(f"{name} does not hold as many voxels as it says")
    flat = np.frombuffer(content, np.uint8, offset=stream.tell())
    return flat.reshape(shape, order="F" if fortran else "C")
