import os
import shutil

import numpy as np
import pytest
from tiny import tiny_config, tiny_record

from fairal.errors import InputError
from fairal.facts.volumes import RoundVolumes
from fairal.files import new_folder, replacing, whole_lines
from fairal.runs import store as store_module
from fairal.runs.locks import is_locked, try_lock
from fairal.runs.paths import EXPERIMENT_ID
from fairal.runs.store import Damaged, RunKey, Store
from fairal.seals import seal_text


@pytest.fixture
def key(store) -> RunKey:
    experiment, _ = store.create(tiny_config())
    return store.runs(experiment)[0]


def test_an_experiment_is_a_folder_with_all_its_runs_queued(store):
    config = tiny_config(name="Strong bias, 5 seeds!", seeds=[0, 1], references=["full_pool"])
    experiment, new = store.create(config)
    assert new
    assert EXPERIMENT_ID.fullmatch(experiment)
    assert experiment.startswith("strong-bias-5-seeds-")
    assert store.config(experiment) == config
    runs = store.runs(experiment)
    assert [k.run for k in runs][:4] == ["random-0", "entropy-0", "weighted_entropy-0", "full_pool-0"]
    assert (str(runs[2].arm), runs[2].seed) == ("weighted_entropy", 0)
    assert {store.state(k).state for k in runs} == {"queued"}
    assert [store.state(k).rounds for k in runs[:4]] == [3, 3, 3, 1]
    assert [r.role for r in store.snapshot(experiment).runs][:4] == ["strategy"] * 3 + ["reference"]


def test_the_same_token_launches_once(store):
    first, new = store.create(tiny_config(), token="abc")
    again, new_again = store.create(tiny_config(), token="abc")
    other, _ = store.create(tiny_config(), token="abd")
    assert (new, new_again) == (True, False)
    assert first == again != other


def test_experiments_are_listed_newest_first(store):
    ids = [store.create(tiny_config())[0] for _ in range(3)]
    assert store.experiments() == ids[::-1]


@pytest.mark.parametrize("name", ["../../etc", "..", "a/b-c-d-e-f", "<script>x</script>", "", "ABCDEFGHIJ", "x" * 65])
def test_an_id_that_is_none_never_becomes_a_path(store, name):
    with pytest.raises(InputError, match="There is no experiment"):
        store.experiment_dir(name)
    with pytest.raises(InputError, match="There is no run"):
        store.run_dir(RunKey("demo-20260101-abcdef", name or "/"))


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "x" * 129, "sub 01"])
def test_a_subject_that_is_none_never_becomes_a_path(store, name):
    with pytest.raises(InputError, match="There is no subject"):
        store.subject_file("demo-20260101-abcdef", 0, name)


def test_an_unwritable_home_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"The home .* cannot be written to \(Not a directory\)"):
        Store(tmp_path / "file" / "home")


def test_too_little_disk_is_said_before_anything_is_written(store, monkeypatch):
    usage = type("Usage", (), {"free": 1_000_000})
    monkeypatch.setattr(store_module.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(InputError, match=r"has 1 MB of free disk, this experiment needs about \d+ MB"):
        store.create(tiny_config())
    assert store.experiments() == []
    assert list(store.experiments_dir.iterdir()) == []


def test_half_written_last_line_is_skipped_and_dropped(store, key):
    store.append_round(key, tiny_record(), None)
    path = store.run_dir(key) / "rounds.jsonl"
    with path.open("a") as file:
        file.write('{"schema": 1, "rou')
    assert [r.as_line() for r in store.rounds(key)] == [tiny_record().as_line()]
    store.mend_records(key)
    assert path.read_text() == seal_text(tiny_record().as_line(), str(key)) + "\n"
    store.append_round(key, tiny_record(1), None)
    assert len(store.rounds(key)) == 2


def test_damaged_and_newer_files_say_so_and_leave_the_rest_alone(store, key):
    other = store.runs(key.experiment)[1]
    (store.run_dir(key) / "rounds.jsonl").write_text("no json\n")
    with pytest.raises(Damaged, match=r"records of run .* are damaged"):
        store.rounds(key)
    (store.run_dir(key) / "rounds.jsonl").write_text('{"schema": 2, "round": 0}\n')
    with pytest.raises(Damaged, match="newer fairal"):
        store.rounds(key)
    (store.run_dir(key) / "state.json").write_text("{")
    with pytest.raises(Damaged, match="not readable JSON"):
        store.stored_state(key)
    (store.run_dir(key) / "state.json").write_text('{"schema": 7, "state": "done"}')
    with pytest.raises(Damaged, match="schema 7, from a newer fairal"):
        store.state(key)
    assert store.state(other).state == "queued"
    (store.experiment_dir(key.experiment) / "experiment.json").write_text('{"schema": 1}')
    assert store.config(key.experiment) == tiny_config()  # its runs tell
    for run in store.runs(key.experiment):
        store.header_file(run).unlink()
    store = Store(store.home)
    with pytest.raises(Damaged, match="lacks its configuration"):
        store.config(key.experiment)


def test_volumes_come_back_and_missing_ones_are_none(store, key):
    cube = np.arange(8, dtype=np.uint8).reshape(2, 2, 2)
    maps = {"reference": {"entropy": cube + 1, "error": cube + 2, "truth": cube + 3}}
    store.append_round(key, tiny_record(), RoundVolumes({"test0000reference": cube}, maps))
    back = store.volumes(key, 0)
    assert np.array_equal(back.probability["test0000reference"], cube)
    assert {kind: int(m[0, 0, 0]) for kind, m in back.maps["reference"].items()} == {
        "entropy": 1,
        "error": 2,
        "truth": 3,
    }
    assert store.volumes(key, 1) is None
    store.volumes_file(key, 0).write_bytes(b"PK nonsense")
    with pytest.raises(Damaged):
        store.volumes(key, 0)
    assert store.clean_volumes(key.experiment) > 0
    assert store.volumes(key, 0) is None
    assert len(store.rounds(key)) == 1


def test_a_removed_folder_of_volumes_is_made_again_and_that_of_a_removed_run_is_not(store, key):
    shutil.rmtree(store.volumes_file(key, 0).parent, ignore_errors=True)
    store.append_round(key, tiny_record(0), RoundVolumes({"a": np.ones((2, 2, 2), np.uint8)}, {}))
    assert store.volumes(key, 0).probability["a"].all()
    shutil.rmtree(store.run_dir(key))
    with pytest.raises(FileNotFoundError):
        store.append_round(key, tiny_record(0), RoundVolumes({"a": np.ones((2, 2, 2), np.uint8)}, {}))


def test_a_lock_that_belongs_to_somebody_else_is_not_taken(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", str(tmp_path / "lock"))

    monkeypatch.setattr("fairal.runs.locks.FileLock.acquire", refuse)
    (tmp_path / "lock").touch()
    assert try_lock(tmp_path / "lock") is None
    with pytest.raises(PermissionError):
        try_lock(tmp_path / "not there")


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "state.json"
    path.write_text("old")

    def write_badly():
        with replacing(path) as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_badly()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["state.json"]


def test_a_new_folder_appears_whole_or_not_at_all(tmp_path):
    def fill_badly():
        with new_folder(tmp_path / "entry") as folder:
            (folder / "a").write_text("1")
            assert not (tmp_path / "entry").exists()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fill_badly()
    assert os.listdir(tmp_path) == []


def test_locks_exclude_and_are_free_after_release(tmp_path):
    lock = try_lock(tmp_path / "lock")
    assert try_lock(tmp_path / "lock") is None
    assert is_locked(tmp_path / "lock")
    lock.release()
    assert not is_locked(tmp_path / "lock")
    with (again := try_lock(tmp_path / "lock")):
        assert is_locked(tmp_path / "lock")
    assert not is_locked(tmp_path / "lock"), again  # at the block's end, though the object lives on
    assert not is_locked(tmp_path / "never")


def test_whole_lines_of_a_missing_file(tmp_path):
    assert whole_lines(tmp_path / "none") == ([], 0)
