"""Seals: whatever bit is flipped, whatever is swapped, a file is what was written or it is refused."""

import io
import json

import numpy as np
import pytest

from fairal.seals import (
    FOLDER_SEAL,
    Broken,
    check_folder,
    is_sealed,
    open_archive,
    open_object,
    seal_archive,
    seal_folder,
    seal_text,
)

CONTENT = {"schema": 1, "state": "done", "seconds": 2.125, "name": "a b"}


def flipped(content: bytes):
    """All that one bit can do to a content."""
    for i in range(8 * len(content)):
        changed = bytearray(content)
        changed[i // 8] ^= 1 << i % 8
        yield bytes(changed)


@pytest.mark.parametrize("indent", [None, 1])
def test_no_flipped_bit_of_an_object_goes_unnoticed(indent):
    sealed = seal_text(json.dumps(CONTENT, indent=indent), "one").encode()
    assert open_object(sealed, "one", ()) == CONTENT
    assert json.loads(sealed) == {**CONTENT, "of": "one", "checksum": json.loads(sealed)["checksum"]}
    wrong = 0
    for changed in flipped(sealed):
        try:
            wrong += open_object(changed, "one", CONTENT) != CONTENT
        except Broken:
            continue
    assert wrong == 0


@pytest.mark.parametrize("harm", [lambda c: c[:-1], lambda c: c[: len(c) // 2], lambda c: b"", lambda c: c + c])
def test_a_cut_empty_or_doubled_object_is_refused(harm):
    with pytest.raises(Broken):
        open_object(harm(seal_text(json.dumps(CONTENT), "one").encode()), "one", CONTENT)


def test_a_seal_is_of_one_thing_alone():
    with pytest.raises(Broken, match="it is that of one"):
        is_sealed(seal_text(json.dumps(CONTENT), "one").encode(), "another")


def test_without_a_seal_an_object_may_hold_only_what_it_held_before_seals():
    plain = json.dumps(CONTENT).encode()
    assert open_object(plain, "one", CONTENT) == CONTENT
    with pytest.raises(Broken, match="it has no checksum"):
        open_object(plain, "one", ("schema", "state"))
    with pytest.raises(Broken, match="not readable JSON"):
        open_object(b'{"a": ' * 100_000, "one", ("a",))


def archive() -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, p=np.arange(8, dtype=np.uint8))
    return buffer.getvalue()


def test_no_flipped_bit_of_an_archive_goes_unnoticed():
    plain = archive()
    sealed = seal_archive(plain, "one")
    assert open_archive(sealed, "one") == plain
    assert np.load(io.BytesIO(sealed))["p"].tolist() == list(range(8))  # a seal does not keep others from reading
    wrong = 0
    for changed in flipped(sealed):
        try:
            wrong += open_archive(changed, "one") != plain
        except Broken:
            continue
    assert wrong == 0
    with pytest.raises(Broken):
        open_archive(sealed, "another")


def test_an_archive_of_before_seals_is_given_as_it_is():
    assert open_archive(archive(), "one") == archive()
    with pytest.raises(Broken, match="it was cut"):
        open_archive(archive()[:-1], "one")


def test_a_folder_is_what_it_was_or_says_which_file_is_not(tmp_path):
    (tmp_path / "a").write_text("1")
    seal_folder(tmp_path, "one")
    check_folder(tmp_path, "one")
    with pytest.raises(Broken, match="it is that of one"):
        check_folder(tmp_path, "another")
    (tmp_path / "b").write_text("")
    with pytest.raises(Broken, match="b is not as it was written"):
        check_folder(tmp_path, "one")
    (tmp_path / "b").unlink()
    (tmp_path / "a").write_text("2")
    with pytest.raises(Broken, match="a is not as it was written"):
        check_folder(tmp_path, "one")
    (tmp_path / FOLDER_SEAL).write_text('{"schema": 1, "files": {}}')
    with pytest.raises(Broken, match="it has no checksum"):
        check_folder(tmp_path, "one")
