"""A zip from the browser, imported by a process of its own; the page looks in now and then. Nothing here draws."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from fairal.allowed import changes
from fairal.cohort.folder.collection import Collections
from fairal.cohort.folder.limits import LABEL_MAX
from fairal.errors import InputError
from fairal.files import held_folder, remove_abandoned
from fairal.plain import plain
from fairal.runs.journal import Damaged, read_object

_SAID_CHARACTERS_MAX = 2000


@dataclass
class Upload:
    """One import under way.

    Attributes:
        name: Of the collection that it makes.
        folder: Holds the zip, how far it is, and what came of it; removed by `close`.
        process: Imports.
    """

    name: str
    folder: Path
    process: subprocess.Popen

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def progress(self) -> tuple[str, float]:
        """Say what is being done, and what share of it is done."""
        try:
            row = read_object(self.folder / "progress.json")
        except Damaged:
            return "unpacking and looking through the archive", 0.0
        return plain(row["what"], 60), min(1.0, row["done"] / max(1, row["total"]))

    def report(self) -> dict[str, Any] | None:
        """Give what `fairal import --json` printed; None where it came to nothing. The process has ended."""
        try:
            return json.loads((self.folder / "report.json").read_text())
        except (OSError, ValueError):
            return None

    def reason(self) -> str:
        """Say in a sentence why nothing was imported; empty where something was. The process has ended."""
        if self.process.returncode == 0:
            return ""
        with contextlib.suppress(OSError):
            said = (self.folder / "errors.txt").read_bytes()[-_SAID_CHARACTERS_MAX:].decode(errors="replace")
            if self.process.returncode in (1, 2) and "fairal: " in said:
                return said.rpartition("fairal: ")[2].strip()
        return f"The import ended before it was done (exit {self.process.returncode}); nothing was imported."

    def close(self) -> None:
        """Remove the zip and what was noted beside it; ends the process if it still runs."""
        if self.running:
            self.process.terminate()  # an import that is stopped leaves nothing half
            self.process.wait(timeout=20)
        shutil.rmtree(self.folder, ignore_errors=True)


@changes
def start_upload(home: Path, name: str, group: str, structure: str, archive: BinaryIO) -> Upload:
    """Begin to import a zip.

    Args:
        home: Where the collection goes.
        name: Of the collection.
        group: The column of the archive's table that holds the group.
        structure: Label values with commas between; empty takes the only one.
        archive: What came from the browser.

    Raises:
        InputError: A field is not what it must be; the archive itself is looked at by the process.
    """
    group, labels = group.strip(), structure.replace(" ", "")
    _check_fields(home, name, group, labels)
    home.mkdir(parents=True, exist_ok=True)
    remove_abandoned(home)
    folder, handle = held_folder(home)
    with contextlib.ExitStack() as undone:
        undone.callback(shutil.rmtree, folder, ignore_errors=True)
        with (folder / "scans.zip").open("wb") as file:
            shutil.copyfileobj(archive, file, 2**20)
        # With = between, a value that begins with a dash is no option.
        options = [f"--name={name}", f"--group={group}", f"--structure={labels}", f"--home={home}"]
        upload = Upload(name, folder, _import(folder, options, handle))
        undone.pop_all()
    if handle is not None:
        weakref.finalize(upload, os.close, handle)  # with the session whose page began it
    return upload


def _import(folder: Path, options: list[str], handle: int | None) -> subprocess.Popen:
    """Start the import; it goes on, and holds its folder, also if the server ends."""
    command = [sys.executable, "-m", "fairal", "import", str(folder / "scans.zip"), "--json", *options]
    with (folder / "report.json").open("wb") as report, (folder / "errors.txt").open("wb") as errors:
        return subprocess.Popen(
            [*command, f"--progress={folder / 'progress.json'}"],
            stdin=subprocess.DEVNULL,
            stdout=report,
            stderr=errors,
            env={**os.environ, "OMP_NUM_THREADS": "1"},  # the workers have the cores
            pass_fds=() if handle is None else (handle,),
        )


def _check_fields(home: Path, name: str, group: str, labels: str) -> None:
    if Collections(home).folder(name).exists():
        raise InputError(f"There is a collection '{name}' already; choose another name.")
    if not group or not group.isprintable() or len(group) > 80:
        raise InputError("The group column must be named as in the table, such as sex.")
    if not all(v.isascii() and v.isdigit() and 0 < int(v[:9]) <= LABEL_MAX for v in labels.split(",") if labels):
        raise InputError(f"The structure must be label values in 1..{LABEL_MAX} such as 1,2, or empty.")
