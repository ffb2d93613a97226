"""Unpack a zip of scans: every member is checked by name and size before the first byte is written."""

import os
import re
import shutil
import stat
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from struct import unpack_from
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from fairal.cohort.folder.limits import (
    ARCHIVE_BYTES_MAX,
    ARCHIVE_LIST_BYTES_MAX,
    ARCHIVE_MEMBERS_MAX,
    ARCHIVE_RATIO_MAX,
    ARCHIVE_UNPACKED_BYTES_MAX,
    FILE_BYTES_MAX,
)
from fairal.cohort.folder.opening import open_plain
from fairal.errors import InputError
from fairal.files import passing_folder
from fairal.plain import plain

_WANTED = (".nii", ".nii.gz", ".tsv", ".csv")
"""What an import reads; other files of an archive are not unpacked."""
_ARCHIVES = (".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".zst", ".7z", ".rar")
_OF_FILE_MANAGERS = ("__MACOSX", ".DS_Store")
_PART = re.compile(r"[\w.,+=@#%&()\[\]'! -]{1,200}")
"""A folder's or file's name: no separators, no drive letters, nothing that does not print."""
_DEPTH_MAX, _NAME_CHARACTERS_MAX = 16, 600
_DEFLATE_RATIO_MAX = 1032
_END, _END64 = b"PK\x05\x06", b"PK\x06\x07"
_END_BYTES, _COMMENT_BYTES_MAX = 22, 2**16


@contextmanager
def unpacked(source: Path, home: Path) -> Iterator[Path]:
    """Give the folder of scans that a path names: itself, or, for a zip, what it holds, for as long as it is needed.

    Args:
        source: A folder, or a file whose name ends in .zip.
        home: Holds the temporary folder that a zip is unpacked into.

    Raises:
        InputError: The zip is refused, see `unpack`.
    """
    if source.suffix.lower() != ".zip" or source.is_dir():
        yield source
        return
    home.mkdir(parents=True, exist_ok=True)
    with passing_folder(home) as temporary:
        unpack(source, temporary)
        yield _inner(temporary)


def unpack(archive: Path, target: Path) -> list[str]:
    """Write an archive's scans and tables below a folder.

    Args:
        archive: The zip.
        target: An empty folder of one's own.

    Returns:
        Names of what was written, relative to the folder.

    Raises:
        InputError: One sentence about why the archive is refused; nothing was written, unless its bytes are damaged.
    """
    with open_plain(archive, ARCHIVE_BYTES_MAX) as file:
        size = os.fstat(file.fileno()).st_size
        _check_list_size(file, size)
        try:
            with ZipFile(file) as opened:
                wanted = checked_members(opened.infolist(), size)
                _check_room(wanted, target)
                for member in wanted:
                    _write(opened, member, target)
        except (BadZipFile, EOFError, NotImplementedError, UnicodeDecodeError, ValueError, zlib.error) as error:
            raise InputError(f"The archive is damaged ({plain(error)}).") from None
    return [member.filename for member in wanted]


def checked_members(members: Sequence[ZipInfo], archive_bytes: int) -> list[ZipInfo]:
    """Check all members of an archive, and choose those to unpack.

    Raises:
        InputError: One of them is refused, and so is the archive.
    """
    if len(members) > ARCHIVE_MEMBERS_MAX:
        raise InputError(f"The archive holds {len(members):,} files; at most {ARCHIVE_MEMBERS_MAX:,} are taken.")
    files = [m for m in members if not _is_folder(m) and not set(m.filename.split("/")) & set(_OF_FILE_MANAGERS)]
    for member in members:
        _check_name(member)
        _check_kind(member)
    _check_apart(files)
    _check_sizes(members, archive_bytes)
    wanted = [member for member in files if member.filename.lower().endswith(_WANTED)]
    if not wanted:
        raise InputError("The archive holds no scans: no file in it ends in .nii or .nii.gz.")
    return wanted


def _is_folder(member: ZipInfo) -> bool:
    return member.filename.endswith("/")


def _refuse(member: ZipInfo, reason: str) -> InputError:
    return InputError(f"The archive is refused: {plain(member.filename, 80)} {reason}.")


def _check_name(member: ZipInfo) -> None:
    # zipfile cuts a name at a NUL and turns backslashes; the name as it was written is what counts.
    name = unicodedata.normalize("NFC", member.orig_filename)  # macOS writes accents as signs of their own
    parts = name.removesuffix("/").split("/")
    if name.startswith("/"):
        raise _refuse(member, "is an absolute path, and members must lie inside of the archive")
    if ".." in parts:
        raise _refuse(member, "leads out of the archive")
    if len(parts) > _DEPTH_MAX or len(name) > _NAME_CHARACTERS_MAX:
        raise _refuse(member, f"lies deeper than {_DEPTH_MAX} folders or has more than {_NAME_CHARACTERS_MAX} letters")
    if not all(_PART.fullmatch(part) and part.strip(" ") not in ("", ".") for part in parts):
        raise _refuse(member, "has signs in its name that a file of a data set has not")
    if name.lower().endswith(_ARCHIVES) and not name.lower().endswith(_WANTED):
        raise _refuse(member, "is an archive in the archive; put its files in directly")


def _check_kind(member: ZipInfo) -> None:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFDIR if _is_folder(member) else stat.S_IFREG):
        raise _refuse(member, f"is {'a link' if kind == stat.S_IFLNK else 'no plain file'}; put the file itself there")
    if member.flag_bits & 1:
        raise _refuse(member, "is encrypted")
    if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise _refuse(member, "is packed in an unusual way; only stored and deflated files are read")


def _check_apart(files: Sequence[ZipInfo]) -> None:
    """No two files may be one on any disk, and none may be a folder of another."""
    seen = set()
    for member in files:
        name = _same_on_disk(member.filename)
        if name in seen:
            raise _refuse(member, "is there twice")
        seen.add(name)
    for member in files:
        parts = _same_on_disk(member.filename).split("/")
        if any("/".join(parts[:i]) in seen for i in range(1, len(parts))):
            raise _refuse(member, "lies in what is a file at the same time")


def _same_on_disk(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _check_sizes(members: Sequence[ZipInfo], archive_bytes: int) -> None:
    end = 0
    for member in sorted(members, key=lambda m: m.header_offset):
        if member.header_offset < end:
            raise _refuse(member, "shares its bytes with another file")
        end = member.header_offset + member.compress_size
        if member.file_size > FILE_BYTES_MAX:
            raise _refuse(member, f"claims {member.file_size:,} bytes; at most {FILE_BYTES_MAX:,} a file are read")
        if member.file_size > _DEFLATE_RATIO_MAX * max(member.compress_size, 1):
            raise _refuse(member, f"claims {member.file_size:,} bytes out of {member.compress_size:,}")
    total = sum(member.file_size for member in members)
    if total > ARCHIVE_UNPACKED_BYTES_MAX:
        raise InputError(f"The archive unpacks to {total:,} bytes; at most {ARCHIVE_UNPACKED_BYTES_MAX:,} are taken.")
    if total > ARCHIVE_RATIO_MAX * archive_bytes:
        raise InputError(
            f"The archive unpacks to {total:,} bytes, {total // archive_bytes} times its own size; scans reach at most "
            f"{ARCHIVE_RATIO_MAX} times."
        )


def _check_list_size(file: BinaryIO, size: int) -> None:
    """Check how long the archive's list is before it is read: `zipfile` takes in all of it."""
    start = max(0, size - _END_BYTES - _COMMENT_BYTES_MAX - 20)
    file.seek(start)
    tail = file.read()
    plain_end = tail[-_END_BYTES:].startswith(_END) and tail.endswith(b"\0\0")
    at = len(tail) - _END_BYTES if plain_end else tail.rfind(_END)
    if at < 0 or len(tail) < at + _END_BYTES:
        raise InputError("This is not a whole zip archive.")
    if tail[max(0, at - 20) : at].startswith(_END64):
        raise InputError("The archive is written as zip64, which is for more than 4 GB; pack less into one.")
    (list_bytes,) = unpack_from("<I", tail, at + 12)
    if list_bytes > ARCHIVE_LIST_BYTES_MAX:
        raise InputError(
            f"The archive's list of files takes {list_bytes:,} bytes; at most {ARCHIVE_LIST_BYTES_MAX:,} are read."
        )


def _check_room(members: Sequence[ZipInfo], target: Path) -> None:
    needed, free = sum(member.file_size for member in members), shutil.disk_usage(target).free
    if needed > free:
        raise InputError(f"Unpacked it takes {needed / 1e6:,.0f} MB and the disk has {free / 1e6:,.0f} left.")


def _write(opened: ZipFile, member: ZipInfo, target: Path) -> None:
    """Write one member; `zipfile` reads no more than was claimed and compares the checksum."""
    path = target.joinpath(*member.filename.split("/"))
    path.parent.mkdir(parents=True, exist_ok=True)
    with opened.open(member) as packed, path.open("xb") as file:
        shutil.copyfileobj(packed, file, 2**20)


def _inner(folder: Path) -> Path:
    """Step into a folder that holds nothing but one folder: who zips a folder zips it with its name."""
    while len(there := list(folder.iterdir())) == 1 and there[0].is_dir() and not there[0].name.startswith("sub-"):
        if there[0].name in ("imagesTr", "imagesTs"):
            break
        folder = there[0]
    return folder
