"""A small finished experiment as a bundle, taken apart and put together again."""

import json
import shutil
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from fairal.runs.bundles.manifest import MANIFEST, Member
from fairal.runs.store import Store

EXPERIMENT = "smoke-20261124-1fc33e"
ROUND = "runs/weighted_entropy-0/volumes/round-01.npz"
RECORDS = "runs/entropy-0/rounds.jsonl"
STATE = "runs/entropy-0/state.json"
SUBJECT = "subjects/0-test0000biased.npz"


def kept_home(folder: Path) -> Store:
    """Copy a home with three runs of three rounds, the volumes of one round and one subject."""
    shutil.copytree(Path(__file__).parents[2] / "data" / "schema1" / "home", folder)
    return Store(folder)


def members_of(path: Path) -> dict[str, bytes]:
    """Read all files of a zip."""
    with ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path: Path, members: dict[str, bytes], packing: int = ZIP_DEFLATED) -> Path:
    """Write files as a zip."""
    with ZipFile(path, "w", packing) as archive:
        for name, content in members.items():
            archive.writestr(ZipInfo(name), content, packing)
    return path


def sealed(members: dict[str, bytes], **changes) -> dict[str, bytes]:
    """Give the files a manifest that fits them, as somebody would who knows the format; with changes to it."""
    files = {name: content for name, content in members.items() if name != MANIFEST}
    manifest = json.loads(members[MANIFEST]) | {"members": {n: vars(Member.of(c)) for n, c in files.items()}}
    return files | {MANIFEST: json.dumps(manifest | changes).encode()}
