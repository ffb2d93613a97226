"""Checksums that files carry inside of themselves. A seal says of what the file is as well, so that one that was
swapped, copied or renamed is noticed like one that was damaged.

A sealed JSON object ends with ``"of"`` and ``"checksum"``; an archive of arrays has its seal as the comment that every
zip file may have; a folder has a file with the checksums of the others. Files of versions before seals have none: they
are told by having no trace of one, and whoever reads them says what they may hold.
"""

import json
import os
import re
from collections.abc import Collection, Mapping
from hashlib import blake2b, file_digest
from pathlib import Path
from typing import Any

from fairal.plainfiles import open_plain, read_plain

FOLDER_SEAL = "seal.json"
_TRACE_BYTES = 400
_ENDS = re.compile(rb'^(.*), "of": ("[^"]{0,300}"), "checksum": "([0-9a-f]{32})"\}$', re.DOTALL)
_COMMENT = b"fairal "
_COMMENT_BYTES = len(_COMMENT) + 32
_END_BYTES = 22  # of a zip file without a comment; the last two are the comment's length


class Broken(ValueError):
    """A file is not the one that was written; the text is what a sentence says after "… is damaged:"."""


def seal_text(text: str, of: str) -> str:
    """Seal a JSON object.

    Args:
        text: The object, written, with at least one member.
        of: What it is, in this home: for instance an experiment and a run.
    """
    named = f'{text.rstrip().removesuffix("}").rstrip()}, "of": {json.dumps(of)}'
    return f'{named}, "checksum": "{_digest(named.encode())}"}}'


def is_sealed(content: bytes, of: str) -> bool:
    """Tell whether a JSON object is sealed, and check that the seal is right.

    Returns:
        False for one that has no trace of a seal.

    Raises:
        Broken: The seal is not that of this content, or it is of something else.
    """
    content = content.rstrip()
    ends = _ENDS.match(content)
    if ends is None:
        if b'"checksum"' in content[-_TRACE_BYTES:] or b'"of"' in content[-_TRACE_BYTES:]:
            raise Broken("its checksum is damaged")
        return False
    _, named, checksum = ends.groups()
    if checksum != _digest(content[: ends.end(2)]).encode():
        raise Broken("its checksum is that of another content")
    if json.loads(named) != of:
        raise Broken(f"it is that of {json.loads(named)}")
    return True


def open_object(content: bytes, of: str, unsealed: Collection[str]) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        content: As it was stored.
        of: See `seal_text`.
        unsealed: Names of the members of which one without a seal may consist; none where it must have one.

    Returns:
        The object without its seal.

    Raises:
        Broken: It is not the one that was written.
    """
    sealed, found = is_sealed(content, of), parse_object(content)
    if not sealed and not found.keys() <= set(unsealed):
        raise Broken("it has no checksum")
    return {name: value for name, value in found.items() if name not in ("of", "checksum")} if sealed else found


def parse_object(content: bytes) -> dict[str, Any]:
    """Read a JSON object, sealed or not.

    Raises:
        Broken: It is none.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise Broken("it is not readable JSON") from None
    if not isinstance(found, dict):
        raise Broken("it should hold an object")
    return found


def seal_archive(content: bytes, of: str) -> bytes:
    """Seal a zip file that has no comment; whoever reads zip files can read the sealed one."""
    plain, length = content[:-2], _COMMENT_BYTES.to_bytes(2, "little")
    return plain + length + _COMMENT + _archive_digest(plain, of)


def open_archive(content: bytes, of: str) -> bytes:
    """Give a zip file without its seal; one of an earlier version as it is, for it has checksums of its members.

    Raises:
        Broken: It is not the one that was written.
    """
    plain, comment = content[: -_COMMENT_BYTES - 2], content[-_COMMENT_BYTES:]
    if comment.startswith(_COMMENT):
        if comment != _COMMENT + _archive_digest(plain, of):
            raise Broken("its checksum is that of another content, or of another file")
        return plain + b"\0\0"
    if content[-_END_BYTES:][:4] != b"PK\x05\x06" or content[-2:] != b"\0\0":
        raise Broken("it was cut, or its checksum is damaged")
    return content


def seal_folder(folder: Path, of: str) -> None:
    """Note the checksums of all files of a folder in another file beside them."""
    (folder / FOLDER_SEAL).write_text(_folder_seal(_files(folder), of))


def seal_files(files: Mapping[str, bytes], of: str) -> dict[str, bytes]:
    """Give files with the seal that their folder will have, for one that is written elsewhere."""
    measures = {name: [len(files[name]), blake2b(files[name], digest_size=16).hexdigest()] for name in sorted(files)}
    return {**files, FOLDER_SEAL: _folder_seal(measures, of).encode()}


def check_folder(folder: Path, of: str) -> None:
    """Hold a folder against its seal.

    Raises:
        Broken: A file is not the one that was written, is missing, or was not there.
        FileNotFoundError: The folder has no seal.
    """
    said: Mapping[str, Any] = open_object(read_plain(folder / FOLDER_SEAL), of, unsealed=())
    there = _files(folder)
    if wrong := sorted(name for name in {*said["files"], *there} if said["files"].get(name) != there.get(name)):
        raise Broken(f"{wrong[0]} is not as it was written")


def _folder_seal(measures: Mapping[str, list], of: str) -> str:
    return seal_text(json.dumps({"schema": 1, "files": measures}), of)


def _files(folder: Path) -> dict[str, list]:
    return {name: _measure(folder / name) for name in sorted(os.listdir(folder)) if name != FOLDER_SEAL}


def _measure(path: Path) -> list:
    with open_plain(path) as file:
        digest = file_digest(file, lambda: blake2b(digest_size=16)).hexdigest()
        return [os.fstat(file.fileno()).st_size, digest]


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=16).hexdigest()


def _archive_digest(plain: bytes, of: str) -> bytes:
    return _digest(of.encode() + b"\0" + plain).encode()
