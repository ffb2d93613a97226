"""Writing files so that a reader, and a crash, only ever meets whole ones."""

import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_UMASK = os.umask(0)
os.umask(_UMASK)


@contextmanager
def replacing(path: Path, durable: bool = False):
    """Open a temporary file beside `path` for writing; on success it takes the path's place."""
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.chmod(name, 0o666 & ~_UMASK)  # temporary files are private; what takes their place is not
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def new_folder(path: Path):
    """Give a temporary folder beside `path` to fill; on success it is renamed, unless the path is there by then."""
    temporary = Path(tempfile.mkdtemp(prefix=".new-", dir=path.parent))
    try:
        yield temporary
        temporary.chmod(0o755)
        if not path.exists():
            os.replace(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_json(path: Path, content: Any, durable: bool = False) -> None:
    """Replace a JSON file in one step."""
    with replacing(path, durable) as file:
        file.write(json.dumps(content, indent=1, allow_nan=False).encode())


def append_line(path: Path, line: str) -> None:
    """Append one line and wait until the disk has it: the line is the commit."""
    with path.open("ab") as file:
        file.write(line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def whole_lines(path: Path) -> tuple[list[bytes], int]:
    """Read a file's complete lines, and how many bytes they take; a half-written last line is left out."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return [], 0
    end = content.rfind(b"\n") + 1
    return content[:end].splitlines(), end


def folder_size(path: Path) -> int:
    """Sum the bytes of all files below a folder; what vanishes meanwhile counts as nothing."""
    total = 0
    for root, _, names in os.walk(path):
        for name in names:
            try:
                total += os.stat(os.path.join(root, name)).st_size
            except OSError:
                continue
    return total
