"""The records of a run as they are stored: one a line, each sealed with the run that it is of.

Whatever happened to the file, what is sound in it is found: the records are the longest chain from the first round on,
each going on from the one before it, wherever their lines stand.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

from fairal.facts.record import SCHEMA, Record
from fairal.files import append_line, replacing
from fairal.plainfiles import open_plain, read_plain
from fairal.seals import Broken, is_sealed, seal_text

_MEMBERS = {field.name for field in fields(Record)} | {"schema"}
_TAIL_BYTES = 2**16
RECORDS_BYTES_MAX = 2**28
"""Of a run; a round takes some 20 kB."""
_LINE_END = re.compile(rb'\n|(?<="\})[^\n](?=\{"schema": |\Z)')  # the second: one whose byte was damaged
_START = b'{"schema": '
_Sound = dict[int, tuple[bytes, Record]]


class NewerLine(ValueError):
    """A line is of a newer version."""


@dataclass(frozen=True)
class Reading:
    """What a file of records holds.

    Attributes:
        records: The sound ones, from round 0 without a gap.
        lines: Theirs, without ends.
        rest: What else stands in the file: damaged, of another run, behind a gap, or twice.
        damage: What was lost, for a sentence; empty where nothing was, whatever the rest is.
        shut: Why a file that is there could not be read, so that nobody knows what it holds; empty where it could.
    """

    records: tuple[Record, ...] = ()
    lines: tuple[bytes, ...] = ()
    rest: tuple[bytes, ...] = ()
    damage: str = ""
    shut: str = ""


def read_records(content: bytes, of: str) -> Reading:
    """Read all of a file.

    Args:
        content: Of the file.
        of: The run whose records they should be.

    Raises:
        NewerLine: A line is of a newer version; nothing may be mended.
    """
    *whole, last = _split(content)
    sound, broken = _sort_out([*whole, last], of)
    broken.pop(len(whole), None)  # a last line without its end is one that was being written
    chain = _chain(sound, [])
    lines = tuple(line for line, _ in chain)
    used = set(lines)
    left = tuple(line for line in whole if line and line not in used)
    last_used = max((i for i, line in enumerate(whole) if line in used), default=-1)
    behind = [why for i, why in broken.items() if i > last_used]
    damage = ""
    if behind or any(number >= len(chain) for number in sound):
        why = next(iter(broken.values()), "a round before it is missing")
        damage = f"damaged from round {len(chain)} on ({why})"
    return Reading(tuple(record for _, record in chain), lines, left, damage)


def _split(content: bytes) -> list[bytes]:
    # The pattern looks at every byte. Where each line but the first begins behind a sound end, it finds no more.
    starts = content.count(_START)
    if content.startswith(_START) and content.endswith(b"\n") and content.count(b'"}\n' + _START) == starts - 1:
        return content.split(b"\n")
    return _LINE_END.split(content)


def sound_rounds(path: Path, aside: Path, of: str) -> set[int]:
    """Give the rounds of which a sound record is left, in the file or among what was put aside, gap or none.

    Raises:
        NewerLine: A line is of a newer version.
    """
    lines = [line for file in (path, aside) for line in _split(_content(file))]
    return set(_sort_out(lines, of)[0])


def read_line(line: bytes, of: str) -> Record:
    """Read one sealed line, or one of an earlier version.

    Raises:
        NewerLine: It is of a newer version.
        ValueError: It is no record of this run; the text says why.
    """
    sealed = is_sealed(line, of)
    if _schema(line) > SCHEMA:
        raise NewerLine("from a newer fairal")
    if not sealed and not _is_plain(line):
        raise Broken("a line is not readable")
    try:
        return Record.from_line(line)
    except ValueError:
        raise Broken("a line is no record") from None


def parse_records(lines: list[bytes]) -> tuple[Record, ...]:
    """Read a run's records where something else vouches for them, one a line, in the order of their rounds.

    Raises:
        ValueError: Some are from a newer version, or are none; the text says which.
    """
    if any(_schema(line) > SCHEMA for line in lines):
        raise ValueError("from a newer fairal")
    try:
        records = tuple(Record.from_line(line) for line in lines)
    except ValueError:
        records = None
    if records is None or any(record.round != i for i, record in enumerate(records)):
        raise ValueError("damaged")
    return records


def read_last(path: Path, of: str) -> Record | None:
    """Read the last record alone; None where the file does not end with a sound one."""
    try:
        with open_plain(path) as file:
            file.seek(max(0, file.seek(0, 2) - _TAIL_BYTES))
            lines = file.read().splitlines()
        return read_line(lines[-1], of) if lines else None
    except (OSError, ValueError):
        return None


def append_record(path: Path, record: Record, of: str) -> None:
    """Commit a record; the file must hold exactly those of the rounds before it. Errors as `append_line`."""
    append_line(path, seal_text(record.as_line(), of), after=record.round)


def mend(path: Path, aside: Path, of: str) -> str:
    """Bring a file of records in order; nothing is thrown away, what is left over is put aside.

    Args:
        path: The file; the caller holds the run's lock.
        aside: Where the rest goes, and where sound records behind a gap come back from once the gap is closed.
        of: The run.

    Returns:
        What was done, for a log; empty where nothing was to do.

    Raises:
        NewerLine: A line is of a newer version.
    """
    content, kept = _content(path), [line for line in _content(aside).split(b"\n") if line]
    reading = read_records(content, of)
    back = [line for line, _ in _chain(_sort_out(kept, of)[0], list(reading.records))]
    tidy = _joined([*reading.lines, *back])
    if content == tidy:
        return ""
    if reading.rest:
        with replacing(aside, durable=True) as file:
            file.write(_joined(dict.fromkeys([*kept, *reading.rest])))
    with replacing(path, durable=True) as file:
        file.write(tidy)
    return f"records mended: {len(reading.lines)} sound, {len(reading.rest)} put aside, {len(back)} taken back"


def _sort_out(lines: Iterable[bytes], of: str) -> tuple[_Sound, dict[int, str]]:
    """Tell the sound lines, by round, from the broken, by position, with what is wrong with them."""
    sound: _Sound = {}
    broken: dict[int, str] = {}
    for position, line in enumerate(lines):
        if not line:
            continue
        try:
            record = read_line(line, of)
        except NewerLine:
            raise
        except ValueError as error:
            broken[position] = str(error)
        else:
            sound.setdefault(record.round, (line, record))
    return sound, broken


def _chain(sound: _Sound, before: list[Record]) -> list[tuple[bytes, Record]]:
    """Give the lines that go on, one after another, where some records end."""
    chain: list[tuple[bytes, Record]] = []
    last = before[-1] if before else None
    while (following := sound.get(len(before) + len(chain))) is not None:
        record = following[1]
        if last is not None and record.labelled != (*last.labelled, *last.picked_ids):
            break
        chain.append(following)
        last = record
    return chain


def _joined(lines: Iterable[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def _content(path: Path) -> bytes:
    try:
        return read_plain(path, RECORDS_BYTES_MAX)
    except FileNotFoundError:
        return b""


def _is_plain(line: bytes) -> bool:
    """Whether a line has what records had before they were sealed, and nothing else."""
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.keys() <= _MEMBERS


def _schema(line: bytes) -> int:
    # Every line begins with it; parsing all of a newer line to find it would be asking for trouble.
    head = line[:20].removeprefix(b'{"schema": ').partition(b",")[0]
    return int(head) if head.isdigit() else SCHEMA
