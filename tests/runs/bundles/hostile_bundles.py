"""Bundles as an attacker makes them: each a change to a sound one, and what the sentence about it says."""

import io
import json
import stat
import struct
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile, ZipInfo

import numpy as np
from kept import RECORDS, ROUND, STATE, SUBJECT, sealed, write

from fairal.runs.bundles.manifest import EXPERIMENT, MANIFEST

Members = dict[str, bytes]
NO_PLACE = "has no place in it"
NO_ZIP = "no zip file, or it was cut short"


def with_name(name: str, content: bytes = b"x"):
    return lambda path, members: write(path, sealed(members | {name: content}))


def patched(change: Callable[[bytearray], bytes | bytearray]):
    """A sound zip whose bytes are changed."""
    return lambda path, members: path.write_bytes(change(bytearray(write(path, members).read_bytes())))


def resealed(name: str, content: bytes | Callable[[bytes], bytes], **manifest):
    """One file has other content, and the manifest fits it."""

    def make(path: Path, members: Members) -> None:
        new = content(members[name]) if callable(content) else content
        write(path, sealed(members | {name: new}, **manifest))

    return make


def in_json(**changes):
    return lambda content: json.dumps(json.loads(content) | changes).encode()


def in_record(**changes):
    def change(content: bytes) -> bytes:
        first, *rest = content.splitlines(keepends=True)
        return json.dumps(json.loads(first) | changes).encode() + b"\n" + b"".join(rest)

    return change


def in_cases(column: str, value):
    """The first record's test cases have one value in a whole column."""

    def change(content: bytes) -> bytes:
        test = json.loads(content.splitlines()[0])["test"]
        return in_record(test=test | {column: [value] * len(test[column])})(content)

    return change


def done_early(path: Path, members: Members) -> None:
    """A run that is done after its first round."""
    first = members[RECORDS].splitlines(keepends=True)[0]
    state = in_json(rounds_done=1)(members[STATE])
    write(path, sealed(members | {RECORDS: first, STATE: state}))


def in_directory(offset: int, layout: str, value: int):
    """Change a field of the first member's entry in the directory, see APPNOTE 4.3.12."""

    def change(content: bytearray) -> bytearray:
        struct.pack_into(layout, content, content.index(b"PK\x01\x02") + offset, value)
        return content

    return patched(change)


def npz(**arrays: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def npz_of(name: str, content: bytes) -> bytes:
    stream = io.BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return stream.getvalue()


def npz_bomb(count: int = 1, claimed: int = 64_000_129) -> bytes:
    """Small arrays that claim to be large ones."""
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 40), np.uint8)
    content = bytearray(npz(**{f"p/{name}": noise for name in "abcde"[:count]}))
    at = -1
    while (at := content.find(b"PK\x01\x02", at + 1)) >= 0:
        struct.pack_into("<L", content, at + 24, claimed)
    return bytes(content)


def header(text: str) -> bytes:
    """An array file whose header says what it likes, with no voxel behind it."""
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


def twice(path: Path, members: Members) -> None:
    write(path, members)
    with ZipFile(path, "a") as archive:
        archive.writestr(ZipInfo(STATE), members[STATE])


def link(path: Path, members: Members) -> None:
    write(path, {name: content for name, content in members.items() if name != STATE})
    with ZipFile(path, "a") as archive:
        entry = ZipInfo(STATE)
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, b"/etc/passwd")


def overlapping(path: Path, members: Members) -> None:
    """Two entries of the directory share one member's bytes."""
    zipped = ZipFile(path, "w", ZIP_DEFLATED)
    for name, content in members.items():
        zipped.writestr(ZipInfo(name), content)
    first, second = zipped.getinfo("runs/random-0/rounds.jsonl"), zipped.getinfo(RECORDS)
    for field in ("header_offset", "CRC", "compress_size", "file_size", "compress_type"):
        setattr(first, field, getattr(second, field))
    zipped.close()


def another_name_inside(content: bytearray) -> bytearray:
    """The name before a member's bytes is another than in the directory."""
    at = content.index(STATE.encode())
    content[at : at + 4] = b"evil"
    return content


def many(path: Path, members: Members) -> None:
    more = {f"subjects/{i}-x.npz": b"" for i in range(20_001)}
    write(path, sealed(members | more), packing=ZIP_STORED)


def second_end(content: bytearray) -> bytes:
    """A locator of a larger end stands where the last entry of the directory ends."""
    end, locator = bytes(content[-22:]), b"PK\x06\x07" + bytes(16)
    fields = list(struct.unpack("<4s4H2LH", end))
    fields[5] += len(locator)
    return bytes(content[:-22]) + locator + struct.pack("<4s4H2LH", *fields)


GOOD_NPY = "{'descr': '|u1', 'fortran_order': False, 'shape': (24, 28, 20), }"
BIG = b'{"schema": 1, "round": ' + b"0" * 60_000_000
CASES: dict[str, tuple[Callable[[Path, Members], object], str]] = {
    # names
    "up": (with_name("../../experiment.json"), NO_PLACE),
    "up_inside": (with_name("runs/../../x/state.json"), NO_PLACE),
    "absolute": (with_name("/etc/passwd"), NO_PLACE),
    "drive": (with_name("C:/x.json"), NO_PLACE),
    "backslashes": (with_name("runs\\..\\..\\x"), NO_PLACE),
    "control": (with_name("subjects/0-\x1b[2J.npz"), r"'subjects/0-\\x1b\[2J.npz', which has no place"),
    "newline": (with_name("manifest.json\n"), NO_PLACE),
    "right_to_left": (with_name("subjects/0-\u202egnp.npz"), NO_PLACE),
    "other_digits": (with_name("subjects/٣-x.npz"), NO_PLACE),
    "zero_byte": (patched(lambda b: b.replace(b"entropy-0/state.json", b"entropy-0/state.js\0n")), NO_PLACE),
    "code": (with_name("runs/entropy-0/run.py", b"import os"), NO_PLACE),
    "pickle": (with_name("state.pkl"), NO_PLACE),
    "nested": (with_name("inner.fairal.zip"), NO_PLACE),
    "folder": (with_name("runs/entropy-0/", b""), NO_PLACE),
    "capitals": (with_name("MANIFEST.JSON"), NO_PLACE),
    "twice": (twice, "state.json is in it twice"),
    "name_inside": (patched(another_name_inside), "cannot be unpacked"),
    # kinds of members
    "link": (link, "is a link"),
    "encrypted": (in_directory(8, "<H", 1), "is encrypted"),
    "lzma": (lambda path, members: write(path, members, ZIP_LZMA), r"packed in a way .* \(method 14\)"),
    "bzip2": (lambda path, members: write(path, members, ZIP_BZIP2), r"\(method 12\)"),
    # sizes
    "bomb": (resealed(RECORDS, BIG), r"is packed \d{3,4} : 1, as only traps are"),
    "claims_4_gb": (in_directory(24, "<L", 0xFFFFFFFE), "would unpack to 4294967294 bytes, at most 8000000"),
    "claims_more": (in_directory(24, "<L", 2000), "is not as its manifest says"),
    "overlapping": (overlapping, "is not as its manifest says|cannot be unpacked"),
    "many": (many, "at most 20000 are allowed"),
    "big_state": (resealed(STATE, b" " * 100_001), "state.json would unpack to 100001 bytes, at most 100000"),
    # how it ends
    "empty": (lambda path, _: path.write_bytes(b""), NO_ZIP),
    "text": (lambda path, _: path.write_text("not a zip file at all"), NO_ZIP),
    "half": (patched(lambda b: b[: len(b) // 2]), NO_ZIP),
    "one_byte_less": (patched(lambda b: b[:-1]), NO_ZIP),
    "before": (patched(lambda b: b"#!/bin/sh\n" + b), "something stands before, after or between"),
    "after": (patched(lambda b: b + b"<script>"), NO_ZIP),
    "comment": (patched(lambda b: b[:-2] + b"\x02\x00hi"), NO_ZIP),
    "second_end": (patched(second_end), "more than 4 GB"),
    "no_directory": (lambda path, _: path.write_bytes(b"PK\x05\x06" + bytes(18)), "it has no manifest.json"),
    # what it says of itself
    "no_manifest": (lambda p, m: write(p, {n: c for n, c in m.items() if n != MANIFEST}), "it has no manifest.json"),
    "manifest_text": (lambda p, m: write(p, m | {MANIFEST: b"hello"}), "manifest.json is not readable JSON"),
    "manifest_deep": (lambda p, m: write(p, m | {MANIFEST: b"[" * 900 + b"]" * 900}), "not readable JSON"),
    "manifest_deeper": (lambda p, m: write(p, m | {MANIFEST: b'{"a":' * 99_999}), "packed|not readable JSON"),
    "newer": (lambda p, m: write(p, sealed(m, format=2)), "of format 2, from a newer fairal"),
    "no_format": (lambda p, m: write(p, sealed(m, format="1")), "does not say its format"),
    "huge_number": (
        lambda p, m: write(p, m | {MANIFEST: b'{"format": ' + b"7" * 7000 + b"}"}, ZIP_STORED),
        "not readable JSON",
    ),
    "id_up": (lambda p, m: write(p, sealed(m, experiment="../../../etc")), "not what a bundle says of itself"),
    "other_id": (lambda p, m: write(p, sealed(m, experiment="other-20260101-aaaaaa")), "of another experiment"),
    "control_name": (lambda p, m: write(p, sealed(m, name="\x1b]0;x\x07")), "text with control characters"),
    "endless_seconds": (
        lambda p, m: write(p, m | {MANIFEST: m[MANIFEST].replace(b'"seconds": ', b'"seconds": 1e999, "x": ')}),
        "not what a bundle says of itself",
    ),
    "wrong_checksum": (
        lambda p, m: write(p, m | {RECORDS: m[RECORDS].replace(b'"round": 0', b'"round": 1')}),
        "rounds.jsonl is damaged: its checksum is another",
    ),
    "not_listed": (lambda p, m: write(p, m | {"subjects/0-new.npz": b"x"}), "0-new.npz' is not as its manifest says"),
    "listed_not_there": (
        lambda p, m: write(p, {n: c for n, c in m.items() if n != STATE}),
        "state.json' is not as its manifest says",
    ),
    # content
    "no_config": (resealed(EXPERIMENT, b"{}"), "its configuration is not valid"),
    "wishful": (resealed(EXPERIMENT, lambda c: c.replace(b'"entropy"', b'"wishful"')), "must be one of random"),
    "run_too_many": (
        lambda p, m: write(p, sealed(m | {"runs/bald-0/state.json": m[STATE], "runs/bald-0/rounds.jsonl": b""})),
        "its runs are not those that its manifest names",
    ),
    "running": (resealed(STATE, in_json(state="running")), "did not end as its manifest says"),
    "state_list": (resealed(STATE, b"[]"), "state.json is not readable JSON"),
    "state_number": (resealed(STATE, in_json(state=7)), "is no state of a run"),
    "terminal": (resealed(STATE, in_json(reason="\x1b[31mred")), "text with control characters"),
    "rounds_missing": (resealed(RECORDS, b""), "has 0 records, its state says 3"),
    "no_record": (resealed(RECORDS, b"{}\n"), "rounds.jsonl is damaged"),
    "newer_record": (resealed(RECORDS, b'{"schema": 2, "round": 0}\n'), "from a newer fairal"),
    "not_a_number": (resealed(RECORDS, in_record(labelled_mm3=float("nan"))), "rounds.jsonl is damaged"),
    "foreign_group": (resealed(RECORDS, in_record(weights={"<img>": 1.0})), "names the group '<img>'"),
    "subject_up": (resealed(RECORDS, in_record(labelled=["../x"])), "names a subject '../x'"),
    "dice_over_one": (resealed(RECORDS, in_cases("dice", 7.5)), "holds a number that cannot be"),
    "negative_volume": (resealed(RECORDS, in_record(labelled_mm3=-1.0)), "holds a number that cannot be"),
    "no_thread": (resealed(RECORDS, in_record(threads=0)), "holds a number that cannot be"),
    "no_weights": (resealed(RECORDS, in_record(weights={})), "does not tell weight, labels and Dice of each group"),
    "one_group_tested": (resealed(RECORDS, in_cases("group", "reference")), "lacks a group, or holds a subject twice"),
    "one_subject_tested": (resealed(RECORDS, in_cases("id", "x")), "lacks a group, or holds a subject twice"),
    "broken_chain": (resealed(RECORDS, in_record(picked=[])), "does not go on from the one before it"),
    "rounds_lacking": (done_early, "is done after 1 of 3 rounds"),
    "control_device": (resealed(RECORDS, in_record(device="\x1b[2J")), "control characters"),
    # volumes
    "pickled": (resealed(ROUND, npz(**{"p/a": np.array([{}], object)})), "no volume of bytes, got object"),
    "floats": (resealed(ROUND, npz(**{"p/a": np.zeros((24, 28, 20))})), "no volume of bytes, got float64"),
    "flat": (resealed(ROUND, npz(**{"p/a": np.zeros(24, np.uint8)})), r"no volume of bytes, got uint8 \(24,\)"),
    "array_up": (resealed(ROUND, npz_of("../p/a.npy", b"x")), NO_PLACE),
    "array_foreign": (resealed(ROUND, npz_of("entropy/nobody.npy", b"x")), NO_PLACE),
    "array_promises": (resealed(ROUND, npz_of("p/a.npy", header(GOOD_NPY))), "as many voxels as it says"),
    "array_negative": (
        resealed(ROUND, npz_of("p/a.npy", header(GOOD_NPY.replace("24", "-2")))),
        "no volume of bytes",
    ),
    "array_calls": (resealed(ROUND, npz_of("p/a.npy", header("__import__('os').abort()"))), "is no array"),
    "array_bomb": (resealed(ROUND, npz_bomb()), "p/a.npy would unpack to 64000129 bytes, at most 64000128"),
    "array_total": (resealed(ROUND, npz_bomb(5, 60_000_000)), "it would unpack to 300000000 bytes, at most 256000000"),
    "array_text": (resealed(ROUND, b"hello"), NO_ZIP),
    "other_shape": (resealed(ROUND, npz(**{"p/a": np.zeros((2, 2, 2), np.uint8)})), "has another shape"),
    "no_mask": (resealed(SUBJECT, npz(t1=np.zeros((24, 28, 20), np.uint8))), "lacks the scan or the mask"),
    "no_such_round": (
        lambda p, m: write(p, sealed(m | {ROUND.replace("01", "07"): m[ROUND]})),
        "belongs to no round",
    ),
}
