"""What `doctor` says of locks is what it found."""

from errno import ENOLCK

import pytest

from fairal import doctor
from fairal.doctor import examine
from fairal.runs.locks import try_lock


def found(store) -> str:
    return examine(store, measure=False)["locks"]


def test_locks_that_work(store):
    assert found(store) == "hard locks work"
    assert found(store) == "hard locks work", "nothing is left held"


def test_a_second_holder_that_is_let_in_is_said(store, tmp_path, monkeypatch):
    paths = iter(tmp_path / f"{i}.lock" for i in range(9))
    monkeypatch.setattr(doctor, "try_lock", lambda _: try_lock(next(paths)))
    assert "a second holder was let in" in found(store)


def test_a_file_system_without_locks_is_said(store, monkeypatch):
    def refuse(*_, **__):
        raise OSError(ENOLCK, "No locks available")

    monkeypatch.setattr("fairal.runs.locks.FileLock.acquire", refuse)
    monkeypatch.setattr(doctor, "live_workers", lambda _: 0)
    assert "File locks do not work in" in found(store)


def test_locks_that_somebody_else_tries_are_not_judged(store):
    with try_lock(store.workers_dir / "doctor.lock"):
        assert found(store).startswith("not tried")


@pytest.mark.parametrize("name", ["torch", "streamlit"])
def test_versions_are_those_installed(store, name):
    from importlib.metadata import version

    assert examine(store, measure=False)["packages"][name] == version(name)
