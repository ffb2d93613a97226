"""The spreadsheet beside the scans: which group is whose."""

import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize

from fairal.cohort.folder.limits import GROUP_CHARACTERS_MAX, TABLE_BYTES_MAX, TABLE_ROWS_MAX
from fairal.cohort.folder.opening import leads_out, read_plain
from fairal.errors import InputError
from fairal.plain import listing, plain

ID_COLUMN = "participant_id"


@dataclass(frozen=True)
class Table:
    """The group of each participant, as written.

    Attributes:
        name: Of the file, to be shown.
        groups: By participant; empty where the table gives none (``n/a`` or an empty cell).
        twice: Participants with more than one row; whose group is right nobody can tell.
    """

    name: str
    groups: dict[str, str]
    twice: frozenset[str]

    def group_of(self, participant: str) -> str:
        """Find a participant's group.

        Raises:
            InputError: There is none, or no single one.
        """
        participant = normalize("NFC", participant)
        if participant in self.twice:
            raise InputError(f"{self.name} has more than one row for this participant.")
        if participant not in self.groups:
            raise InputError(f"{self.name} has no row for this participant.")
        group = self.groups[participant]
        if not group:
            raise InputError(f"{self.name} gives no group for this participant (n/a or empty).")
        if len(group) > GROUP_CHARACTERS_MAX:
            raise InputError(f"Its group has {len(group)} characters; at most {GROUP_CHARACTERS_MAX} are taken.")
        return group


def find_table(folder: Path, wished: Path | None, before: Path | None) -> Path:
    """Find the table: the one named now, else the one named before, else the folder's own.

    Raises:
        InputError: There is none.
    """
    if wished:
        return wished.absolute()
    if before and before.exists():
        return before
    for path in (folder / "participants.tsv", folder / "participants.csv"):
        if path.exists():
            if leads_out(path, folder):
                raise InputError(f"{path.name} is a link that leads out of the folder; name it with --participants.")
            return path
    raise InputError(
        f"{plain(folder)} has no participants.tsv; name the table that says who belongs to which group with "
        "--participants FILE."
    )


def read_table(path: Path, column: str) -> Table:
    """Read the groups from a table separated by tabs, commas or semicolons, in UTF-8 with or without BOM.

    An accent may be a sign of its own or part of its letter: to a person both are the same, and so they are here.

    Args:
        path: Its first column is ``participant_id``.
        column: Names the one that holds the group.

    Raises:
        InputError: It cannot be read as such a table.
    """
    name = plain(path.name, 60)
    try:
        text = normalize("NFC", read_plain(path, TABLE_BYTES_MAX).decode("utf-8-sig"))
    except InputError as error:
        raise InputError(f"The table {plain(path)} is not read: {error}") from None
    except UnicodeDecodeError:
        raise InputError(
            f"The table {name} is not UTF-8 text; save it as UTF-8, separated by tabs or commas."
        ) from None
    rows = _rows(text, name)
    column = normalize("NFC", column)
    at, counts, groups = _place(column, [cell.strip() for cell in rows[0]], name), Counter(), {}
    for cells in rows[1:]:
        participant, group = cells[0].strip(), cells[at].strip() if at < len(cells) else ""
        counts[participant] += 1
        groups[participant] = "" if group.lower() == "n/a" else group
    return Table(name, groups, frozenset(p for p, n in counts.items() if n > 1))


def _place(column: str, header: list[str], name: str) -> int:
    if header[0] != ID_COLUMN:
        raise InputError(f"The first column of {name} must be {ID_COLUMN}, got '{plain(header[0], 40)}'.")
    if header.count(column) != 1:
        there = listing(header[1:], 12) or "no other column"
        raise InputError(f"{name} must have one column '{plain(column, 40)}' for --group; it has {there}.")
    return header.index(column)


def _rows(text: str, name: str) -> list[list[str]]:
    first = text.partition("\n")[0]
    delimiter = next((sign for sign in "\t;," if sign in first), "\t")
    try:
        rows = [
            row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(map(str.strip, row))
        ]
    except csv.Error as error:
        raise InputError(f"The table {name} cannot be read ({error}).") from None
    if not rows:
        raise InputError(f"The table {name} is empty.")
    if len(rows) > TABLE_ROWS_MAX:
        raise InputError(f"The table {name} has {len(rows):,} rows; at most {TABLE_ROWS_MAX:,} are read.")
    return rows
