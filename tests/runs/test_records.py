"""Records: what is sound is found wherever it stands, what is not is said, and mending throws nothing away."""

import json

import pytest
from made import made_record

from fairal.files import Overtaken
from fairal.runs import records
from fairal.runs.paths import RunKey
from fairal.runs.records import append_record, mend, read_last, read_records
from fairal.seals import seal_text

KEY = RunKey("smoke-20261124-aaaaaa", "entropy-0")
OF = str(KEY)


def line(round_: int, key: RunKey = KEY, of: str = OF) -> bytes:
    return seal_text(made_record(key, round_).as_line(), of).encode()


A, B, C = (line(i) for i in range(3))
FOREIGN = line(1, RunKey(KEY.experiment, "random-0"), f"{KEY.experiment}/random-0")
RELABELLED = seal_text(made_record(RunKey(KEY.experiment, "random-0"), 1).as_line(), OF).encode()
LIAR = B.replace(b'"round": 1', b'"round": 2')
GARBLED = B[:40] + b"9" + B[41:]


@pytest.mark.parametrize(
    ("lines", "sound", "damaged"),
    [
        ([A, B, C], 3, False),
        ([C, A, B], 3, False),  # swapped
        ([A, B, B, C], 3, False),  # twice
        ([A, FOREIGN, B, C], 3, False),  # one of another run in between
        ([A, FOREIGN, C], 1, True),  # in its place
        ([A, GARBLED, C], 1, True),
        ([A, LIAR, C], 1, True),  # valid JSON, another round's number
        ([A, RELABELLED, C], 1, True),  # sealed, but does not go on from the first
        ([B, C], 0, True),
        ([A, B, b""], 2, False),
        ([A, B, GARBLED], 2, True),
        ([], 0, False),
    ],
)
def test_the_sound_ones_are_found_and_what_is_lost_is_said(lines, sound, damaged):
    reading = read_records(b"".join(each + b"\n" for each in lines), OF)
    assert [record.round for record in reading.records] == list(range(sound))
    assert bool(reading.damage) == damaged
    assert not damaged or f"damaged from round {sound} on" in reading.damage


def test_a_file_cut_at_any_byte_holds_the_rounds_that_are_whole():
    content = b"".join(each + b"\n" for each in (A, B, C))
    ends = [len(A), len(A) + len(B) + 1, len(content) - 1]
    for at in range(0, len(content), 7):
        reading = read_records(content[:at], OF)
        assert len(reading.records) == sum(end <= at for end in ends)
        assert reading.damage == ""


@pytest.mark.parametrize("end", [len(A), len(A) + len(B) + 1, len(A + B + C) + 2])
def test_a_damaged_line_end_costs_no_round(end):
    content = bytearray(b"".join(each + b"\n" for each in (A, B, C)))
    content[end] = ord("x")
    assert len(read_records(bytes(content), OF).records) == 3


def test_what_earlier_versions_wrote_is_read_and_nothing_that_only_looks_like_it():
    plain = made_record(KEY, 0).as_line().encode()
    assert len(read_records(plain + b"\n", OF).records) == 1
    strange = json.dumps(json.loads(plain) | {"cecksum": "0"}).encode()
    assert read_records(strange + b"\n", OF).damage


def test_mending_puts_aside_and_takes_back(tmp_path):
    path, aside = tmp_path / "rounds.jsonl", tmp_path / "rounds.aside"
    path.write_bytes(b"\n".join([A, GARBLED, C, b'{"half']))
    assert "1 sound, 2 put aside, 0 taken back" in mend(path, aside, OF)
    assert path.read_bytes() == A + b"\n"
    assert aside.read_bytes() == GARBLED + b"\n" + C + b"\n"
    append_record(path, made_record(KEY, 1), OF)
    assert "1 taken back" in mend(path, aside, OF)  # round 2 was sound: it is not computed again
    assert path.read_bytes() == b"".join(each + b"\n" for each in (A, B, C))
    assert mend(path, aside, OF) == ""


def test_a_commit_needs_exactly_the_rounds_before_it(tmp_path):
    path = tmp_path / "rounds.jsonl"
    append_record(path, made_record(KEY, 0), OF)
    for round_ in (0, 2):
        with pytest.raises(Overtaken):
            append_record(path, made_record(KEY, round_), OF)
    path.write_bytes(path.read_bytes() + b"half")
    with pytest.raises(Overtaken):
        append_record(path, made_record(KEY, 1), OF)


def test_the_last_one_is_read_alone(tmp_path):
    path = tmp_path / "rounds.jsonl"
    path.write_bytes(GARBLED + b"\n" + C + b"\n")
    assert read_last(path, OF).round == 2
    path.write_bytes(C + b"\n" + GARBLED + b"\n")
    assert read_last(path, OF) is None
    assert read_last(tmp_path / "none", OF) is None


def test_sound_lines_are_parted_at_once_and_harmed_ones_as_the_pattern_parts_them():
    whole = b"".join(line(i) + b"\n" for i in range(3))
    ends = [i for i, byte in enumerate(whole) if byte == ord("\n")]
    harmed = [whole[:at] + b"x" + whole[at + 1 :] for at in (*ends, *(end + 1 for end in ends[:-1]), ends[0] - 1)]
    nested = whole.replace(b'"f"', b'"{\\"schema\\": "', 1)
    for content in (b"", b"\n", b"x\n" + whole, whole, whole + b"x", whole[:-1], whole + whole[:40], nested, *harmed):
        assert records._split(content) == records._LINE_END.split(content)
