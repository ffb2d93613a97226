"""One corpus of files that mean harm, or were harmed, for every entrance that takes a file.

``python tests/hostile_files.py FOLDER`` writes them all.
"""

import bz2
import gzip
import io
import json
import os
import pickle
import stat
import struct
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import numpy as np

Write = Callable[[Path], object]
SCAN = "scans/sub-01/anat/sub-01_T1w.nii.gz"


def _bytes(content: bytes) -> Write:
    return lambda path: path.write_bytes(content)


def _text(text: str, encoding: str = "utf-8") -> Write:
    return _bytes(text.encode(encoding))


def _zip(*members: tuple[str | ZipInfo, bytes], packing: int = ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with ZipFile(stream, "w", packing) as archive:
        for name, content in members:
            archive.writestr(name, content, packing)
    return stream.getvalue()


def _zip_entry(name: str, mode: int) -> ZipInfo:
    entry = ZipInfo(name)
    entry.external_attr = mode << 16
    return entry


def _twice() -> bytes:
    stream = io.BytesIO()
    with ZipFile(stream, "w") as archive:
        for content in (b"first", b"second"):
            archive.writestr(ZipInfo(SCAN), content)
    return stream.getvalue()


def _patched(content: bytes, mark: bytes, offset: int, layout: str, value: int) -> bytes:
    """Change a number of a zip's first directory entry (or of its end), see APPNOTE 4.3.12 and 4.3.16."""
    changed = bytearray(content)
    struct.pack_into(layout, changed, changed.index(mark) + offset, value)
    return bytes(changed)


def _tar() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        entry = tarfile.TarInfo("../../evil")
        entry.size = 4
        archive.addfile(entry, io.BytesIO(b"evil"))
    return stream.getvalue()


def _npz(values: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, a=values)
    return stream.getvalue()


def _nifti(**fields) -> bytes:
    """A NIfTI header with fields overwritten, and a few voxels behind it."""
    places = {"sizeof_hdr": (0, "<i", 348), "dim": (40, "<8h", (3, 4, 4, 4, 1, 1, 1, 1)), "datatype": (70, "<h", 2),
              "bitpix": (72, "<h", 8), "pixdim": (76, "<8f", (1,) * 8), "vox_offset": (108, "<f", 352.0),
              "sform_code": (254, "<h", 1), "srow": (280, "<12f", (1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0)),
              "magic": (344, "<4s", b"n+1\0")}  # fmt: skip
    content = bytearray(352 + 64)
    for name, (offset, layout, usual) in places.items():
        value = fields.get(name, usual)
        struct.pack_into(layout, content, offset, *(value if isinstance(value, tuple) else (value,)))
    return bytes(content)


class _Calls:
    """Unpickled, it would make a file in the working folder."""

    def __reduce__(self):
        return os.mkdir, ("pickle-was-run",)


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(5 * 2**30)


def _socket(path: Path) -> None:
    import socket

    here = Path.cwd()
    os.chdir(path.parent)  # the name of a socket may have 107 signs
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path.name)
    finally:
        os.chdir(here)


STUDY = {"schema": 1, "study": "", "experiments": [{"name": "x"}]}
DEEP = "[" * 100_000
FILES: dict[str, Write] = {
    # nothing, and noise
    "empty": _bytes(b""),
    "newline": _bytes(b"\n"),
    "zero_bytes": _bytes(bytes(4096)),
    "noise": _bytes(np.random.default_rng(0).bytes(4096)),
    "long_line": _bytes(b"a" * 3_000_000),
    "steers": _text("\x1b[2J\x1b]0;title\x07\u202eparticipant_id\tsex\n"),
    "utf16": _text("participant_id\tsex\nsub-01\ta\n", "utf-16"),
    "latin1": _text("participant_id\tsex\nsub-é\tmännlich\n", "latin-1"),
    "html": _text("<!doctype html><script>alert(1)</script>"),
    "svg": _text('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><image href="http://evil/x.png"/></svg>'),
    "shell": _text("#!/bin/sh\nrm -rf /\n"),
    "picture": _bytes(b"\x89PNG\r\n\x1a\n" + bytes(200)),
    "program": _bytes(b"\x7fELF" + bytes(200)),
    "database": _bytes(b"SQLite format 3\0" + bytes(200)),
    # JSON
    "json_list": _text("[]"),
    "json_object": _text("{}"),
    "json_deep": _text(DEEP),
    "json_deep_closed": _text('{"a":' * 50_000 + "1" + "}" * 50_000),
    "json_digits": _text('{"schema": ' + "7" * 5000 + "}"),
    "json_nan": _text('{"schema": NaN, "experiments": [Infinity]}'),
    "json_twice": _text(json.dumps(STUDY)[:-1] + ', "schema": 2}'),
    "json_surrogate": _text('{"schema": 1, "study": "\\ud800", "experiments": [{"name": "\\u0000"}]}'),
    "json_paths": _text('{"schema": 1, "experiments": [{"name": "../../x", "__class__": "os.system"}]}'),
    "json_many": _text('{"schema": 1, "experiments": [' + ",".join(["{}"] * 1001) + "]}"),
    "json_marked": _bytes(b"\xef\xbb\xbf" + json.dumps(STUDY).encode()),
    # tables
    "table_no_ids": _text("name,sex\nsub-01,a\n"),
    "table_formula": _text("=cmd|' /C calc'!A0\tsex\nsub-01\ta\n"),
    "table_zero": _text("participant_id\tsex\nsub-01\t\x00\n"),
    "table_open_quote": _text('participant_id,"sex\n' + "sub-01,a\n" * 20),
    "table_long_cell": _text("participant_id\tsex\nsub-01\t" + "a" * 200_000 + "\n"),
    "table_many": _text("participant_id\tsex\n" + "".join(f"sub-{i}\ta\n" for i in range(50_001))),
    # zip
    "zip_empty": _bytes(b"PK\x05\x06" + bytes(18)),
    "zip_cut": _bytes(_zip((SCAN, _nifti()))[:-30]),
    "zip_up": _bytes(_zip(("../../evil.nii", b"evil"))),
    "zip_absolute": _bytes(_zip(("/tmp/evil.nii", b"evil"))),
    "zip_drive": _bytes(_zip(("C:\\evil.nii", b"evil"))),
    "zip_link": _bytes(_zip((_zip_entry(SCAN, stat.S_IFLNK | 0o777), b"/etc/passwd"))),
    "zip_device": _bytes(_zip((_zip_entry(SCAN, stat.S_IFCHR | 0o666), b""))),
    "zip_twice": _bytes(_twice()),
    "zip_same_on_disk": _bytes(_zip(("a/é.nii", b"1"), ("a/e\u0301.nii", b"2"))),
    "zip_capitals": _bytes(_zip(("a/scan.nii", b"1"), ("A/SCAN.NII", b"2"))),
    "zip_file_and_folder": _bytes(_zip(("a.nii", b"1"), ("a.nii/b.nii", b"2"))),
    "zip_bomb": _bytes(_zip((SCAN, bytes(2**26)))),
    "zip_claims": _bytes(_patched(_zip((SCAN, b"x" * 200)), b"PK\x01\x02", 24, "<L", 0xFFFFFFFE)),
    "zip_encrypted": _bytes(_patched(_zip((SCAN, b"x" * 200)), b"PK\x01\x02", 8, "<H", 1)),
    "zip_long_list": _bytes(_patched(_zip((SCAN, b"x")), b"PK\x05\x06", 12, "<L", 0x7FFFFFFF)),
    "zip_in_zip": _bytes(_zip(("inner.zip", _zip((SCAN, b"x"))))),
    "zip_steers": _bytes(_zip(("\x1b[2J.nii", b"x"))),
    "zip_deep": _bytes(_zip(("a/" * 100 + "x.nii", b"x"), packing=ZIP_STORED)),
    "zip_of_nothing_wanted": _bytes(_zip(("readme.md", b"x"))),
    # other archives, and what would be run
    "tar": _bytes(_tar()),
    "bzip2": _bytes(bz2.compress(_nifti())),
    "pickle": _bytes(pickle.dumps(_Calls())),
    "npz_pickle": _bytes(_npz(np.array([_Calls()], object))),
    # gzip and NIfTI
    "gzip_bomb": _bytes(gzip.compress(_nifti(), 1) + gzip.compress(bytes(2**26), 1)),
    "gzip_cut": _bytes(gzip.compress(_nifti())[:-9]),
    "gzip_garbage_behind": _bytes(gzip.compress(_nifti()) + b"garbage"),
    "gzip_many_members": _bytes(b"".join(gzip.compress(bytes([byte])) for byte in _nifti() + b"more")),
    "nifti_54_bytes": _bytes(gzip.compress(_nifti(dim=(3, 3000, 3000, 3000, 1, 1, 1, 1)))[:54]),
    "nifti_30_gigabytes": _bytes(gzip.compress(_nifti(dim=(3, 3000, 3000, 3000, 1, 1, 1, 1)))),
    "nifti_negative": _bytes(gzip.compress(_nifti(dim=(3, -4, 4, 4, 1, 1, 1, 1)))),
    "nifti_nan_affine": _bytes(gzip.compress(_nifti(srow=(float("nan"),) * 12))),
    "nifti_offset": _bytes(gzip.compress(_nifti(vox_offset=-1e30))),
    "nifti_objects": _bytes(gzip.compress(_nifti(datatype=0x7FF))),
    # no files
    "pipe": os.mkfifo,
    "socket": _socket,
    "folder": lambda path: path.mkdir(),
    "device": lambda path: path.symlink_to("/dev/zero"),
    "nowhere": lambda path: path.symlink_to(path.parent / "not-there"),
    "circle": lambda path: path.symlink_to(path.name),
    "passwords": lambda path: path.symlink_to("/etc/passwd"),
    "five_gigabytes": _sparse,
}
"""What is wrong → writes the file."""


def main() -> None:
    """Write every file into a folder."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, write in FILES.items():
        write(folder / name)


if __name__ == "__main__":
    main()
