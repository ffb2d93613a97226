"""Files that mean harm, or were harmed: how each is written as a scan, and what its sentence must say."""

import gzip
import os
import struct
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
from scans import SHAPE, blob, brain, mask_path, save, t1_path

FIELDS = nib.Nifti1Header.template_dtype.fields


def _raw(values=None, **fields) -> bytes:
    """A sound file's bytes with fields of its header overwritten."""
    image = nib.Nifti1Image(brain(1) if values is None else values, np.eye(4))
    image.header.set_xyzt_units("mm")
    content = bytearray(image.to_bytes())
    for name, value in fields.items():
        dtype, offset = FIELDS[name][:2]
        content[offset : offset + dtype.itemsize] = np.array(value, dtype).tobytes()
    return bytes(content)


def _bytes(content: bytes, compress=True) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(gzip.compress(content, 1) if compress else content)

    return write


def _values(values: np.ndarray, affine=None, **header) -> Callable[[Path], None]:
    return lambda path: save(path, values, affine, **header)


def _with(place, value) -> np.ndarray:
    values = brain(2)
    values[place] = value
    return values


def _skewed() -> np.ndarray:
    affine = np.eye(4)
    affine[0, 1] = 0.5
    return affine


def _affine(**places) -> bytes:
    """A file with rows of its sform overwritten."""
    return _raw(sform_code=1, qform_code=0, **places)


def _bomb() -> bytes:
    """A gzip file that unpacks to 256 MB behind a header for some kilobytes."""
    return gzip.compress(_raw(), 1) + gzip.compress(bytes(2**28), 1)


WHOLE = gzip.compress(_raw())
IMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "empty": (_bytes(b"", compress=False), "ends within the header"),
    "emptyinside": (_bytes(b""), "ends within the header"),
    "text": (_bytes(b"participant_id\tsex\n" * 40), "not a NIfTI file"),
    "notgzip": (_bytes(_raw(), compress=False), "not whole gzip"),
    "zip": (_bytes(b"PK\x03\x04" + bytes(400), compress=False), "not whole gzip"),
    "pickle": (_bytes(b"\x80\x04cposix\nsystem\n" + bytes(400)), "not a NIfTI file"),
    "fiftyfour": (
        _bytes(gzip.compress(_raw(dim=(3, 3000, 3000, 3000, 1, 1, 1, 1))[:348])[:54], False),
        "not whole gzip",
    ),
    "thirtygigabytes": (_bytes(_raw(dim=(3, 2500, 2500, 2400, 1, 1, 1, 1))[:352]), "claims 15,000,000,000 voxels"),
    "claimsmore": (_bytes(_raw(dim=(3, 500, 500, 500, 1, 1, 1, 1))), "ends .* bytes before"),
    "cutheader": (_bytes(_raw()[:200]), "ends within the header"),
    "cutvoxels": (_bytes(_raw()[:-7]), "ends 7 bytes before"),
    "cutgzip": (_bytes(WHOLE[:-40], compress=False), "not whole gzip"),
    "cutchecksum": (_bytes(WHOLE[:-8], compress=False), "not whole gzip"),
    "flipped": (_bytes(WHOLE[:-6] + bytes([WHOLE[-6] ^ 1]) + WHOLE[-5:], compress=False), "not whole gzip"),
    "bomb": (_bytes(_bomb(), compress=False), "more than its header says"),
    "trailing": (_bytes(_raw() + b"x"), "more than its header says"),
    "nomagic": (_bytes(_raw(magic=b"abc")), "magic word"),
    "pairmagic": (_bytes(_raw(magic=b"ni1")), "magic word"),
    "nodimension": (_bytes(_raw(dim=(0, 16, 18, 14, 1, 1, 1, 1))), "dimensions"),
    "ninedimensions": (_bytes(_raw(dim=(9, 16, 18, 14, 1, 1, 1, 1))), "dimensions"),
    "negative": (_bytes(_raw(dim=(3, -16, 18, 14, 1, 1, 1, 1))), "an axis of -16 voxels"),
    "zeroaxis": (_bytes(_raw(dim=(3, 16, 0, 14, 1, 1, 1, 1))), "an axis of 0 voxels"),
    "longaxis": (_bytes(_raw(dim=(3, 32767, 2, 2, 1, 1, 1, 1))), "each must have"),
    "slice": (_values(brain(3)[:, :, 0]), "a single slice"),
    "oneslice": (_values(brain(3)[:, :, :1]), "each must have"),
    "series": (_values(np.stack([brain(3)] * 2, -1)), "2 volumes"),
    "manyseries": (_bytes(_raw(dim=(7, 16, 18, 14, 32767, 32767, 32767, 32767))), "volumes"),
    "complex": (_values(brain(3).astype(np.complex64)), "of type 32"),
    "colours": (_bytes(_raw(datatype=128, bitpix=24)), "of type 128"),
    "wide": (_bytes(_raw(datatype=1536, bitpix=128)), "of type 1536"),
    "bits": (_bytes(_raw(datatype=1, bitpix=1)), "of type 1;"),
    "unknowntype": (_bytes(_raw(datatype=77)), "of type 77"),
    "wrongbits": (_bytes(_raw(bitpix=8)), "bits a voxel"),
    "nanslope": (_bytes(_raw(scl_slope=np.nan)), "not finite"),
    "infslope": (_bytes(_raw(scl_slope=np.inf)), "not finite"),
    "naninter": (_bytes(_raw(scl_slope=1, scl_inter=np.nan)), "not finite"),
    "overflow": (_bytes(_raw(scl_slope=3e38)), "without a finite value"),
    "nan": (_values(_with((3, 3, 3), np.nan)), "1 voxels without a finite value"),
    "infinite": (_values(_with((slice(2), 0, 0), np.inf)), "2 voxels without a finite value"),
    "huge": (_values(brain(3).astype(np.float64) * 1e300), "without a finite value"),
    "constant": (_values(np.full(SHAPE, 7, np.float32)), "same value everywhere"),
    "nanaffine": (_bytes(_affine(srow_x=(np.nan, 0, 0, 0))), "affine is not finite"),
    "infaffine": (_bytes(_affine(srow_y=(0, 1, 0, np.inf))), "affine is not finite"),
    "faraffine": (_bytes(_affine(srow_y=(0, 1, 0, 1e30))), "affine is not finite"),
    "flataffine": (_bytes(_affine(srow_z=(0, 0, 0, 0))), "edges of"),
    "flatplane": (_bytes(_affine(srow_z=(1, 0, 0, 0), srow_x=(1, 0, 0, 0))), "edges of"),
    "skewed": (_values(brain(3), _skewed()), "skewed"),
    "tinyvoxels": (_values(brain(3), np.diag([1e-4, 1e-4, 1e-4, 1])), "edges of"),
    "hugevoxels": (_values(brain(3), np.diag([900.0, 900, 900, 1])), "edges of"),
    "metres": (_values(brain(3), xyzt_units=1), "metres"),
    "badquaternion": (_bytes(_raw(sform_code=0, qform_code=1, quatern_b=9.0)), "header cannot be understood"),
    "offsetback": (_bytes(_raw(vox_offset=-8)), "begin at byte"),
    "offsetinside": (_bytes(_raw(vox_offset=100)), "begin at byte"),
    "offsetfar": (_bytes(_raw(vox_offset=1e12)), "begin at byte"),
    "offsetnan": (_bytes(_raw(vox_offset=np.nan)), "begin at byte"),
    "offsethalf": (_bytes(_raw(vox_offset=352.5)), "begin at byte"),
    "fifo": (os.mkfifo, "not a plain file"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "leads out"),
    "linkout": (lambda path: path.symlink_to("/etc/passwd"), "leads out"),
    "circle": (lambda path: path.symlink_to(path.name), "leads out"),
    "folder": (lambda path: path.mkdir(), "no image"),
}
"""What is wrong → (writes the image, what its sentence says: a pattern)."""

MASKS: dict[str, tuple[Callable[[Path], None], str]] = {
    "maskempty": (_values(np.zeros(SHAPE, np.uint8)), "The mask: no voxel is labelled"),
    "maskhalf": (_values(blob() * np.float32(0.5)), "whole label numbers, got 0.5"),
    "masknan": (_values(np.where(blob(), np.nan, 0).astype(np.float32)), "whole label numbers, got nan"),
    "masknegative": (_values(-blob().astype(np.int16)), "must lie in 0"),
    "masklarge": (_values(blob() * np.int32(2**30)), "must lie in 0"),
    "masklabels": (_values(blob() * np.uint8(7)), "none of the labels 1, 2"),
    "maskshape": (_values(blob((16, 18, 15)).astype(np.uint8)), "must have one grid"),
    "maskmoved": (_values(blob().astype(np.uint8), np.diag([1, 1, 1, 1]) + np.eye(4, k=3) * 2), "2 mm from"),
    "maskflipped": (_values(blob().astype(np.uint8), np.diag([-1.0, 1, 1, 1])), "mm from"),
    "maskbomb": (_bytes(_bomb(), compress=False), "more than its header says"),
    "masktext": (_bytes(b"mask" * 100), "not a NIfTI file"),
    "maskseries": (_values(np.stack([blob()] * 3, -1).astype(np.uint8)), "3 volumes"),
}


def write_corpus(folder: Path) -> dict[str, str]:
    """Write every hostile file as a scan of a BIDS folder; returns what each participant's sentence must match."""
    expected = {}
    for kind, (write, pattern) in IMAGES.items():
        path = t1_path(folder, f"sub-{kind}")
        path.parent.mkdir(parents=True)
        write(path)
        expected[f"sub-{kind}"] = pattern
    for i, (kind, (write, pattern)) in enumerate(MASKS.items()):
        path = mask_path(folder, f"sub-{kind}")
        path.parent.mkdir(parents=True)
        write(path)
        save(t1_path(folder, f"sub-{kind}"), brain(1000 + i))
        expected[f"sub-{kind}"] = pattern
    return expected


def nifti2(values: np.ndarray) -> bytes:
    """A sound NIfTI-2 file."""
    return nib.Nifti2Image(values, np.eye(4)).to_bytes()


def big_endian(values: np.ndarray) -> bytes:
    """A sound NIfTI-1 file with its bytes the other way round."""
    image = nib.Nifti1Image(values.astype(">f4"), np.eye(4), nib.Nifti1Header(endianness=">"))
    assert struct.unpack(">i", image.to_bytes()[:4]) == (348,)
    return image.to_bytes()
