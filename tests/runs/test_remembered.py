"""What files said is remembered until they change, and no longer."""

import os

import pytest

from fairal.runs.remembered import Remembered


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_text("one")
    os.utime(path, (1, 1))
    return path


def test_a_file_is_read_again_when_it_has_changed(file):
    read, remembered = [], Remembered(2, settled_seconds=2.0)

    def say() -> str:
        read.append(file.read_text())
        return read[-1]

    assert [remembered.read(file, say) for _ in range(3)] == ["one"] * 3
    assert read == ["one"]
    file.write_text("two")  # of the same length, and just now
    assert [remembered.read(file, say) for _ in range(3)] == ["two"] * 3
    assert read == ["one", *["two"] * 3], "what may change within the same tick is looked at again"


def test_a_file_that_is_not_there_is_said_by_whoever_reads_it(file):
    remembered = Remembered(2)
    assert remembered.read(file, file.read_text) == "one"
    file.unlink()
    with pytest.raises(FileNotFoundError):
        remembered.read(file, file.read_text)


def test_what_was_asked_for_the_longest_ago_is_forgotten_first(tmp_path):
    remembered, read = Remembered(2), []
    files = [tmp_path / name for name in "abc"]
    for path in files:
        path.write_text(path.name)
    for path in (files[0], files[1], files[0], files[2], files[0], files[1]):
        remembered.read(path, lambda path=path: read.append(path.name))
    assert read == ["a", "b", "c", "b"]
