"""A disk that is really full: a small file system of its own, filled to the last byte."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from made import made_record
from tiny import tiny_config

from fairal.runs.claims import claim, end
from fairal.runs.reserve import in_reserve, keep_reserve
from fairal.runs.store import Store


@pytest.fixture
def small(tmp_path) -> Iterator[Path]:
    """A file system of 90 MB; only root can make one."""
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=90m", "none", str(folder)], check=False)
    if made.returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill_up(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


@pytest.mark.slow
@pytest.mark.parametrize("left_bytes", [0, 100, 1000, 5000])
def test_the_run_says_so_and_keeps_its_rounds(small, left_bytes):
    store = Store(small / "home")
    store.create(tiny_config())
    held = claim(store, set())
    keep_reserve(store)
    store.append_round(held.key, made_record(held.key, 0), None)
    fill = small / "fill"
    with pytest.raises(OSError, match="No space"):
        fill_up(fill)
    with fill.open("r+b") as file:
        file.truncate(fill.stat().st_size - left_bytes)
    with pytest.raises(OSError, match="No space"):
        store.write_state(held.key, replace(held.state, reason="x" * 100_000))
    in_reserve(store, lambda: end(store, held.key, held.state, "failed", "No space is left."))
    assert (store.stored_state(held.key).state, len(store.rounds(held.key))) == ("failed", 1)
    fill.unlink()
    keep_reserve(store)
    assert store.reserve_file.exists()
