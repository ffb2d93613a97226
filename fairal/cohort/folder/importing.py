"""Import a folder of scans as a collection, and look at it again later."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fairal.allowed import changes
from fairal.cohort.folder.collection import Collections
from fairal.cohort.folder.content import Content, Scan, write_content
from fairal.cohort.folder.grid import Grid
from fairal.cohort.folder.intake import GONE, Hear, Intake
from fairal.cohort.folder.volumes import volume_file
from fairal.cohort.folder.wishes import Changes, Report, Wishes, report_on
from fairal.errors import InputError
from fairal.files import new_folder


@changes
def import_folder(collections: Collections, name: str, wishes: Wishes, hear: Hear = lambda *_: None) -> Report:
    """Import a folder as a new collection: whole, or not at all.

    Args:
        collections: Of the home.
        name: Of the collection.
        wishes: What to import, and how.
        hear: Called with (what is done, done, total) after each scan; may raise to stop.

    Raises:
        TooFewGroups: Fewer than two groups have a usable scan; it carries the report.
        InputError: Nothing can be imported as asked.
    """
    target = collections.folder(name)
    with collections.alone():
        if target.exists():
            raise InputError(
                f"There is a collection '{name}' already; --update looks at its scans again, `fairal forget {name}` "
                "removes it."
            )
        intake = Intake(name, wishes, hear)
        intake.check(None)
        with new_folder(target) as temporary:
            content = intake.write(temporary)
            write_content(temporary, content)
    return report_on(content)


@changes
def update_collection(collections: Collections, name: str, wishes: Wishes, hear: Hear = lambda *_: None) -> Report:
    """Look again at the scans of a collection: what is new comes in, what is the same stays, ids keep their place.

    Args and errors as `import_folder`; spacing, box and structure are the collection's.
    """
    folder = collections.folder(name)
    with collections.alone():
        collection = collections.open(name)
        old = collection.content
        wishes.check_same_as(old)
        intake = Intake(name, wishes, hear, old)
        intake.keep_unchanged(folder)
        intake.check(Grid(old.steps.spacing_mm, old.steps.box))
        with _added_or_nothing(folder):
            content = intake.write(folder)
            write_content(folder, content)
        _drop_unused(folder, content)
    return report_on(content, changes_between(old, content))


@contextmanager
def _added_or_nothing(folder: Path) -> Iterator[None]:
    """Remove the volumes that were added if what adds them is stopped."""
    before = set(_volume_files(folder))
    try:
        yield
    except BaseException:
        for path in set(_volume_files(folder)) - before:
            path.unlink(missing_ok=True)
        raise


def _drop_unused(folder: Path, content: Content) -> None:
    used = {volume_file(folder, scan.stored.file) for scan in content.usable}
    for path in set(_volume_files(folder)) - used:
        path.unlink(missing_ok=True)


def _volume_files(folder: Path) -> list[Path]:
    return [path for path in (folder / "volumes").iterdir() if not path.is_dir()]


def changes_between(old: Content, new: Content) -> Changes:
    """Say what changed from one content of a collection to the next."""
    before = {scan.participant_id: scan for scan in old.usable}
    after = {scan.participant_id: scan for scan in new.scans}
    usable = {scan.participant_id: scan for scan in new.usable}
    labelled = [n for n, s in usable.items() if n in before and s.has_mask and not before[n].has_mask]
    gone = [n for n in before if after[n].reason == GONE]
    changed = [n for n, s in before.items() if n not in (*labelled, *gone) and _essence(s) != _essence(after[n])]
    return Changes(tuple(n for n in usable if n not in before), tuple(changed), tuple(labelled), tuple(gone))


def _essence(scan: Scan) -> tuple:
    original = scan.original
    return scan.state, scan.group, original and (original.image_digest, original.mask_digest)
