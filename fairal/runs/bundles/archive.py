"""Zip files from outside: names, numbers and sizes are checked before anything is unpacked, nothing goes to disk."""

import re
import stat
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

_END = struct.Struct("<4s4H2LH")  # APPNOTE 4.3.16: how a zip file ends
_LOCATOR_BYTES = 20
_ENTRY_BYTES = 512  # of a member's entry in the directory, its name included
_NO_ZIP = "it is no zip file, or it was cut short"


class Unsound(Exception):
    """A file from outside is not what it should be; the text is what a sentence says after "… is damaged:"."""


@dataclass(frozen=True)
class Bounds:
    """What an archive may hold.

    Attributes:
        sizes: The most bytes of a member, unpacked, by a pattern that its whole name matches; other names are refused.
        members: At most so many.
        total_bytes: Of all members, unpacked.
        ratio: The most that a member may be packed by.
    """

    sizes: Mapping[re.Pattern[str], int]
    members: int
    total_bytes: int
    ratio: float


class Archive:
    """A zip file whose directory keeps to its bounds.

    Args:
        file: Open for reading, seekable; closed with the archive.
        bounds: Of what it may hold.

    Raises:
        Unsound: It is no zip file, or it holds what it must not.
    """

    def __init__(self, file: BinaryIO, bounds: Bounds) -> None:
        self._file = file
        try:
            _check_end(file, bounds)
            self._zip = ZipFile(file)
            self._members = _checked(self._zip.infolist(), bounds)
        except Unsound:
            file.close()
            raise
        except Exception as error:  # zipfile raises many kinds for what is no archive
            file.close()
            raise Unsound(f"{_NO_ZIP} ({type(error).__name__})") from None

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes of each member, unpacked, as the directory says; `read` gives no more."""
        return {name: info.file_size for name, info in self._members.items()}

    def read(self, name: str) -> bytes:
        """Unpack a member.

        Raises:
            KeyError: There is none of that name.
            Unsound: It is not what the directory says.
        """
        info = self._members[name]
        try:
            with self._zip.open(info) as stream:
                content = stream.read(info.file_size + 1)
        except Exception as error:  # zlib, struct, the checks of zipfile
            raise Unsound(f"{name} cannot be unpacked ({type(error).__name__})") from None
        if len(content) != info.file_size:
            raise Unsound(f"{name} should hold {info.file_size} bytes, got {len(content)}")
        return content

    def close(self) -> None:
        """Close the file."""
        self._zip.close()
        self._file.close()


def _check_end(file: BinaryIO, bounds: Bounds) -> None:
    # zipfile reads the whole directory into memory, wherever it finds one: so its size and place are checked first. A
    # comment, or anything before or after the archive, has no purpose here and many in an attack.
    size = file.seek(0, 2)
    if size < _END.size:
        raise Unsound(_NO_ZIP)
    file.seek(size - _END.size)
    signature, disk, first_disk, here, count, length, start, comment = _END.unpack(file.read(_END.size))
    if signature != b"PK\x05\x06" or (disk, first_disk, comment) != (0, 0, 0) or here != count:
        raise Unsound(_NO_ZIP)
    if count > bounds.members or length > bounds.members * _ENTRY_BYTES:
        raise Unsound(f"it holds {count} members, at most {bounds.members} are allowed")
    if start + length + _END.size != size:
        raise Unsound("something stands before, after or between its parts, or it was cut short")
    # A second, larger end before it would count for zipfile, and has not been looked at here.
    file.seek(max(0, size - _END.size - _LOCATOR_BYTES))
    if file.read(4) == b"PK\x06\x07":
        raise Unsound("it is a zip file of a kind for more than 4 GB")
    file.seek(0)


def _checked(infos: list[ZipInfo], bounds: Bounds) -> dict[str, ZipInfo]:
    members: dict[str, ZipInfo] = {}
    for info in infos:
        name = info.orig_filename  # zipfile cuts names at a zero byte and rewrites separators
        most = next((size for pattern, size in bounds.sizes.items() if pattern.fullmatch(name)), None)
        if most is None or name != info.filename:
            raise Unsound(f"a member is named {name[:60]!a}, which has no place in it")
        if name in members:
            raise Unsound(f"{name} is in it twice")
        _check_kind(info)
        if info.file_size > most:
            raise Unsound(f"{name} would unpack to {info.file_size} bytes, at most {most} are allowed")
        if info.file_size > bounds.ratio * max(info.compress_size, 1):
            raise Unsound(f"{name} is packed {info.file_size // max(info.compress_size, 1)} : 1, as only traps are")
        members[name] = info
    total = sum(info.file_size for info in members.values())
    if total > bounds.total_bytes:
        raise Unsound(f"it would unpack to {total} bytes, at most {bounds.total_bytes} are allowed")
    return members


def _check_kind(info: ZipInfo) -> None:
    name, kind = info.orig_filename, stat.S_IFMT(info.external_attr >> 16)
    if info.flag_bits & 0x2041:  # encrypted, strongly encrypted, or with a masked directory
        raise Unsound(f"{name} is encrypted")
    if kind not in (0, stat.S_IFREG):
        raise Unsound(f"{name} is a link or another thing that is no file")
    if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise Unsound(f"{name} is packed in a way that has no place in it (method {info.compress_type})")
