"""Files that are none, or more than one: pipes, devices, folders and links in the place of what a home holds."""

import os
import time
from pathlib import Path

import pytest
from made import ROUNDS, finish, made_fit, made_home
from trials import all_of

from fairal.errors import FairalError
from fairal.plainfiles import NotPlain, open_plain, read_plain
from fairal.runs import control
from fairal.runs.claims import settle
from fairal.runs.locks import is_locked, try_lock
from fairal.runs.records import RECORDS_BYTES_MAX
from fairal.runs.reserve import keep_reserve
from fairal.runs.standing import closed, standing
from fairal.runs.store import Damaged, Store

SECONDS = 20.0


@pytest.fixture
def home(tmp_path) -> Store:
    return made_home(tmp_path / "home")[0]


def stand_in(path: Path, how: str) -> None:
    """Put something else in a file's place."""
    path.unlink(missing_ok=True)
    if how == "pipe":
        os.mkfifo(path)
    elif how == "device":
        path.symlink_to("/dev/zero")
    elif how == "link":
        kept = path.parent.parent / f"elsewhere-{path.name}"
        kept.write_text("dear")
        path.symlink_to(kept)
    elif how == "circle":
        path.symlink_to(path.name)
    elif how == "nowhere":
        path.symlink_to(path.parent / "not-there")
    else:
        path.mkdir()


HOWS = ["pipe", "device", "link", "circle", "nowhere", "folder"]


@pytest.mark.parametrize("how", HOWS)
def test_whatever_stands_in_the_place_of_any_file_nobody_waits_and_what_can_be_is_healed(home, how):
    [experiment] = home.experiments()
    before = all_of(home, experiment)
    first, *_ = home.runs(experiment)
    fit = next(home.cache_dirs["fits"].glob("*/weights.npz"))
    replaced = [
        home.state_file(first), home.header_file(first), home.log_file(first), home.run_lock(first),
        home.experiment_file(experiment), home.ledger_file, home.speed_file, home.reserve_file,
        home.worker_sign(0), home.worker_log(0), home.aside_file(first), fit,
    ]  # fmt: skip
    for path in replaced:
        stand_in(path, how)
    started = time.process_time()
    fresh = Store(home.home)
    settle(fresh)
    assert standing(fresh, experiment).state == "done"
    keep_reserve(fresh)
    made_fit(fresh)
    for key in fresh.runs(experiment):
        finish(fresh, key)
    healed = all_of(Store(home.home), experiment)
    assert time.process_time() - started < SECONDS
    assert {name: healed[name] for name in before if name != "speed"} == {n: before[n] for n in before if n != "speed"}
    for path in (home.state_file(first), home.header_file(first), home.experiment_file(experiment)):
        assert path.is_file()
        assert not path.is_symlink()
    for kept in home.home.rglob("elsewhere-*"):
        assert kept.read_text() == "dear", kept


@pytest.mark.parametrize("how", HOWS)
def test_records_and_volumes_that_are_no_files_are_said_to_be_damaged(home, how):
    [experiment] = home.experiments()
    first, second, _ = home.runs(experiment)
    stand_in(home.records_file(first), how)
    stand_in(home.volumes_file(second, 1), how)
    fresh = Store(home.home)
    assert (fresh.look(first).shown, fresh.look(second).shown) == ("damaged", "done")
    if how != "nowhere":
        with pytest.raises(FairalError):
            fresh.volumes(second, 1)
    assert standing(fresh, experiment).state == "damaged"
    assert control.resume(fresh, first)
    finish(fresh, first)
    assert (len(fresh.rounds(first)), fresh.look(first).shown) == (ROUNDS, "done")
    for kept in home.home.rglob("elsewhere-*"):
        assert kept.read_text() == "dear", kept


def test_nothing_is_written_or_removed_through_a_linked_folder(home, tmp_path):
    [experiment] = home.experiments()
    key = home.runs(experiment)[0]
    outside, inside = tmp_path / "outside", home.run_dir(key) / "volumes"
    inside.rename(outside)
    inside.symlink_to(outside)
    before = sorted(path.name for path in outside.iterdir())
    control.retry(home, key, forget=True)
    assert sorted(path.name for path in outside.iterdir()) == before
    with pytest.raises(FairalError, match="is a link"):
        finish(home, key)
    assert sorted(path.name for path in outside.iterdir()) == before


def test_a_cancel_file_that_is_a_link_makes_no_file_elsewhere(home, tmp_path):
    key = home.runs(home.experiments()[0])[0]
    control.retry(home, key, forget=True)
    home.cancel_file(key).symlink_to(tmp_path / "made")
    control.cancel(home, key)
    assert not (tmp_path / "made").exists()
    assert home.state(key).state == "cancelled"


def test_records_that_are_one_file_with_those_of_another_run_are_told_apart_again(home):
    first, second, _ = home.runs(home.experiments()[0])
    home.records_file(second).unlink()
    os.link(home.records_file(first), home.records_file(second))
    fresh = Store(home.home)
    assert (fresh.look(first).shown, fresh.look(second).shown) == ("done", "damaged")
    control.resume(fresh, second)
    finish(fresh, second)
    assert [fresh.look(key).shown for key in (first, second)] == ["done", "done"]
    assert [len(fresh.rounds(key)) for key in (first, second)] == [ROUNDS, ROUNDS]


@pytest.mark.parametrize("how", ["pipe", "folder", "link"])
def test_a_lock_that_is_no_file_can_be_taken(tmp_path, how):
    path = tmp_path / "below" / "lock"
    path.parent.mkdir()
    stand_in(path, how)
    assert not is_locked(path)
    with try_lock(path) as held:
        held.check()
        assert try_lock(path) is None


def test_a_plain_file_alone_is_opened(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert read_plain(path) == b"12345"
    with pytest.raises(OSError, match="takes 5 bytes, at most 4 are read"):
        read_plain(path, 4)
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(OSError, match="symbolic"):
        read_plain(tmp_path / "link")
    with open_plain(tmp_path / "link", links=True) as file:
        assert file.read() == b"12345"
    os.mkfifo(tmp_path / "pipe")
    for mode in ("rb", "ab", "ab+"):
        with pytest.raises(OSError):  # noqa: PT011 - by mode and system, of several kinds
            open_plain(tmp_path / "pipe", mode)
    with pytest.raises(NotPlain):
        open_plain(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_files_that_may_not_be_read_are_said_to_be_damaged(home):
    [experiment] = home.experiments()
    home.records_file(home.runs(experiment)[0]).chmod(0)
    assert standing(Store(home.home), experiment).state == "damaged"


def test_records_that_may_not_be_read_are_said_in_one_true_sentence_and_nothing_of_them_is_lost(home, monkeypatch):
    [experiment] = home.experiments()
    key, store = home.runs(experiment)[0], Store(home.home)
    records = home.records_file(key)
    content, opened = records.read_bytes(), os.open

    def refusing(path, *rest, **more):
        if path == str(records):
            raise PermissionError(13, "Permission denied", path)
        return opened(path, *rest, **more)

    monkeypatch.setattr("fairal.plainfiles.os.open", refusing)
    os.utime(records)  # what was read of it before is forgotten
    sentence = (
        f"The records of run {key.run}, {records}, cannot be read or mended (Permission denied); let whoever runs "
        "fairal read and write them, then Resume goes on after them."
    )
    look = store.look(key)
    assert (look.shown, look.state.reason) == ("damaged", sentence)
    for attempt in (control.resume, control.retry):
        with pytest.raises(Damaged) as refused:
            attempt(store, key)
        assert str(refused.value) == sentence
    monkeypatch.undo()
    assert records.read_bytes() == content
    assert store.look(key).shown == "done"


def test_records_that_are_far_too_large_are_put_aside_by_resume(home):
    [experiment] = home.experiments()
    key, store = home.runs(experiment)[0], Store(home.home)
    with home.records_file(key).open("r+b") as file:
        file.truncate(RECORDS_BYTES_MAX + 1)
    assert store.look(key).shown == "damaged"
    assert control.resume(store, key)
    assert store.state(key).state == "queued"
    [aside] = [path for path in home.run_dir(key).iterdir() if path.suffix == ".aside" and path.stem != "rounds"]
    assert aside.stat().st_size == RECORDS_BYTES_MAX + 1


# ------------------------------------------------------------------ lists know of damage


def test_a_list_says_damaged_and_reads_only_what_was_changed(home, monkeypatch):
    [experiment] = home.experiments()
    key = home.runs(experiment)[0]
    assert closed(home, experiment).state == "done"
    content = bytearray(home.records_file(key).read_bytes())
    content[len(content) // 2] ^= 1
    home.records_file(key).write_bytes(content)
    looked, look = [], Store.look
    monkeypatch.setattr(Store, "look", lambda self, key: looked.append(key) or look(self, key))
    assert (closed(home, experiment).state, closed(home, experiment).runs_done) == ("damaged", 2)
    assert set(looked) == {key}
    settle(home)  # entered as it is: still damaged, still said
    assert standing(Store(home.home), experiment).state == "damaged"
    control.resume(home, key)
    finish(home, key)
    assert closed(home, experiment) is None or closed(home, experiment).state == "done"
    assert standing(home, experiment).state == "done"


def test_records_that_were_touched_and_are_whole_are_no_damage(home):
    [experiment] = home.experiments()
    os.utime(home.records_file(home.runs(experiment)[0]), (1, 1))
    assert closed(home, experiment).state == "done"
    settle(home)
    assert closed(home, experiment).state == "done"


def test_a_ledger_of_any_size_costs_no_memory_and_a_sound_line_of_somebody_else_no_page(home):
    import tracemalloc
    from zlib import crc32

    [experiment] = home.experiments()
    with home.ledger_file.open("ab") as file:
        for text in (b"[]", b"7", b'{"what": "ended"}', b"[" * 5000, b'{"what": "closed", "experiment": []}'):
            file.write(b"\n%08x %s\n" % (crc32(text), text))
        file.truncate(file.tell() + 50_000_000)  # and a line without an end
    tracemalloc.start()
    fresh = Store(home.home)
    assert closed(fresh, experiment) is None
    fresh.ledger.refresh()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert closed(fresh, experiment).state == "done"
    assert peak < 5_000_000


@pytest.mark.parametrize("now", [0.0, -1e9, 4e10])
def test_a_clock_at_1970_or_far_ahead_loses_no_experiment(home, monkeypatch, now):
    monkeypatch.setattr(time, "time", lambda: now)
    monkeypatch.setattr(time, "time_ns", lambda: int(now * 1e9))
    fresh = Store(home.home)
    there = fresh.experiments()
    made, _ = fresh.create(fresh.config(there[0]), token="later")
    assert sorted(fresh.experiments()) == sorted([*there, made])
    control.delete_experiment(fresh, made)
    assert fresh.experiments() == there
