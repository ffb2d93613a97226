"""A collection on its way to the nodes of a cluster: packed once, fetched once per node, in its latest state alone."""

import io
import platform
import secrets
import shutil
import tarfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fairal.cohort.folder.collection import Collections
from fairal.cohort.folder.content import FILE
from fairal.cohort.folder.opening import file_digest
from fairal.errors import FairalError, RunError
from fairal.files import new_folder, remove_abandoned
from fairal.runs.kept import POLL_SECONDS
from fairal.runs.locks import Held, is_locked, try_lock
from fairal.runs.store import Store

_in_use: dict[Path, Held] = {}  # the parcel that this process works with


@dataclass(frozen=True)
class Parcel:
    """A collection on its way to the nodes.

    Attributes:
        name: The collection's.
        digest: Of its description, which names every volume by the digest of its bytes.
        fetch: Gives the packed bytes; called on a node that does not have them yet.
    """

    name: str
    digest: str
    fetch: Callable[[], bytes]


def pack(home: Path, name: str) -> tuple[str, bytes]:
    """Pack a collection for its way to the nodes; gives its digest and its bytes."""
    folder = Collections(home).open(name).folder
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:  # volumes are compressed already
        tar.add(folder, arcname=name)
    return digest_of(folder), buffer.getvalue()


def digest_of(folder: Path) -> str:
    """Digest of a collection's description, and with it of every volume that it names."""
    return file_digest((folder / FILE).read_bytes())


def unpacked(store: Store, parcel: Parcel) -> Path:
    """Give the folder on this node in which a collection lies as in a home; fetched by whoever needs it first.

    It is kept while this process works with it. What the collection was before is removed once nobody does.

    Raises:
        RunError: What came is not what was sent.
    """
    # Not on the shelf of cohorts: those are sealed file by file, a collection names the digest of each of its volumes.
    home = store.home / "parcels" / parcel.digest
    home.parent.mkdir(exist_ok=True)
    while home not in _in_use or not home.is_dir():
        lock = try_lock(home.with_suffix(".lock"))
        if lock is None:
            time.sleep(POLL_SECONDS)
            continue
        with lock:
            _use(home)
            if not home.is_dir():
                with new_folder(home) as made, tarfile.open(fileobj=io.BytesIO(parcel.fetch())) as tar:
                    tar.extractall(made / "collections", filter="data")
                    _check(made, parcel)
        _drop_others(home, parcel.name)
    _check(home, parcel)
    return home


def _use(home: Path) -> None:
    """Hold a parcel for this process, and let go of the one before. The caller has the parcel's lock."""
    for held in _in_use.values():
        held.release()
    _in_use.clear()
    _is_used(home)
    # A file for each process: several use a parcel at the same time.
    _in_use[home] = try_lock(home.with_suffix(f".{secrets.token_hex(8)}.lock"))


def _is_used(home: Path) -> bool:
    """Tell whether a process holds a parcel, and remove the files of those that do no longer. As `_use`."""
    users = list(home.parent.glob(f"{home.name}.*.lock"))
    gone = [user for user in users if not is_locked(user)]
    for user in gone:
        user.unlink(missing_ok=True)
    return len(gone) < len(users)


def _drop_others(home: Path, name: str) -> None:
    """Remove what a collection of this name was before, unless somebody uses it."""
    remove_abandoned(home.parent)  # of whoever was killed while it unpacked
    for other in home.parent.glob("[!.]*"):
        if other == home or not (other / "collections" / name).is_dir():
            continue
        lock = try_lock(other.with_suffix(".lock"))
        if lock is not None:
            with lock:
                if not _is_used(other):
                    shutil.rmtree(other, ignore_errors=True)


def _check(home: Path, parcel: Parcel) -> None:
    try:
        came = digest_of(Collections(home).open(parcel.name).folder)
    except (OSError, FairalError):
        came = None
    if came != parcel.digest:
        raise RunError(
            f"The collection {parcel.name} did not reach {platform.node()} whole; what is there can be removed: {home}"
        )
