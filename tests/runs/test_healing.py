"""A home heals from what is there: nothing that was finished is lost, nothing wrong is believed."""

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from threading import Barrier, local

import pytest
from made import ROUNDS, finish, made_home, made_record
from tiny import tiny_config
from trials import try_harms
from typer.testing import CliRunner

from fairal.cli import app
from fairal.cli.app import say
from fairal.errors import InputError
from fairal.files import Overtaken, append_line, write_json
from fairal.plainfiles import TooLarge, read_plain
from fairal.report.comparison import summarise_experiment
from fairal.report.results import read_experiment
from fairal.runs import control
from fairal.runs.claims import claim, end, settle
from fairal.runs.control import finished_rounds
from fairal.runs.healing import Look
from fairal.runs.locks import Lost, try_lock
from fairal.runs.reserve import BYTES, full_sentence, in_reserve, is_full, keep_reserve
from fairal.runs.standing import standing
from fairal.runs.store import Damaged, RunKey, Store

KEPT = Path(__file__).parents[1] / "data" / "schema1" / "home"


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    return made_home(tmp_path_factory.mktemp("whole") / "home")[0].home


@pytest.fixture
def home(whole, tmp_path) -> Store:
    shutil.copytree(whole, tmp_path / "home")
    return Store(tmp_path / "home")


@pytest.fixture
def keys(home) -> list[RunKey]:
    return home.runs(home.experiments()[0])


def rounds_and_state(look: Look) -> tuple[int, str]:
    return len(look.reading.records), look.shown


def test_a_dozen_harms_give_what_was_there_or_say_that_it_is_damaged(tmp_path):
    assert try_harms(tmp_path, 12, seed=20) == (12, [])


@pytest.mark.parametrize("harm", ["", "{", None])
def test_a_lost_state_of_a_finished_run_is_made_again(home, keys, harm):
    path = home.state_file(keys[0])
    path.unlink() if harm is None else path.write_text(harm)
    assert rounds_and_state(home.look(keys[0])) == (ROUNDS, "done")
    assert not control.resume(home, keys[0])
    assert home.stored_state(keys[0]).rounds_done == ROUNDS


def test_a_lost_state_of_an_unfinished_run_keeps_its_rounds_and_resume_goes_on(store):
    experiment, _ = store.create(tiny_config())
    key = store.runs(experiment)[0]
    finish(store, key, rounds=2)
    store.state_file(key).write_bytes(b"")
    look = store.look(key)
    assert rounds_and_state(look) == (2, "failed")
    assert "2 of 3 rounds are finished, and kept. Resume goes on after them" in look.state.reason
    assert "etry" not in look.state.reason
    assert control.resume(store, key)
    assert (store.stored_state(key).state, len(store.rounds(key))) == ("queued", 2)


def test_a_lost_experiment_is_told_by_its_runs_and_written_again(home, keys):
    experiment = keys[0].experiment
    config, path = home.config(experiment), home.experiment_file(experiment)
    path.write_bytes(b"")
    fresh = Store(home.home)
    assert (fresh.experiments(), fresh.config(experiment)) == ([experiment], config)
    assert standing(fresh, experiment).runs_done == 3
    assert fresh.create(tiny_config(), token="made") == (experiment, False)  # launched once, as before
    control.resume(fresh, keys[0])
    assert fresh.stored_about(experiment)["token"] == "made"


def test_the_state_and_the_records_of_another_run_are_not_believed(home, keys):
    shutil.copy(home.state_file(keys[0]), home.state_file(keys[1]))
    assert rounds_and_state(home.look(keys[1])) == (ROUNDS, "done")
    shutil.copy(home.records_file(keys[0]), home.records_file(keys[1]))
    look = home.look(keys[1])
    assert rounds_and_state(look) == (0, "damaged")
    assert f"it is that of {keys[0]}" in look.state.reason
    assert rounds_and_state(home.look(keys[2])) == (ROUNDS, "done")


def test_volumes_of_another_round_or_subject_are_said_to_be_damaged(home, keys):
    shutil.copy(home.volumes_file(keys[0], 0), home.volumes_file(keys[0], 1))
    with pytest.raises(Damaged, match="or of another file"):
        home.volumes(keys[0], 1)
    assert home.volumes(keys[0], 2) is not None


@pytest.mark.parametrize("which", ["state.json", "config.json", "rounds.jsonl", "rounds.aside"])
def test_a_folder_in_a_files_place_is_put_aside_and_the_file_made_again(home, keys, which):
    path = home.run_dir(keys[0]) / which
    path.unlink(missing_ok=True)
    path.mkdir()
    (path / "kept").touch()
    finish(Store(home.home), keys[0])
    assert rounds_and_state(Store(home.home).look(keys[0])) == (ROUNDS, "done")
    [aside] = path.parent.glob(f"{which}-*.aside")
    assert (aside / "kept").exists()


def test_rounds_that_are_gone_are_missed_and_made_again(home, keys):
    path = home.records_file(keys[0])
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    look = home.look(keys[0])
    assert rounds_and_state(look) == (2, "damaged")
    assert "Its records are gone from round 2 on. Resume mends them" in look.state.reason
    assert control.resume(home, keys[0])
    finish(home, keys[0])
    assert rounds_and_state(home.look(keys[0])) == (ROUNDS, "done")


def test_a_worker_mends_by_itself_what_a_crash_left(store):
    experiment, _ = store.create(tiny_config())
    key = store.runs(experiment)[0]
    finish(store, key, rounds=2)
    lines = store.records_file(key).read_bytes().splitlines()
    store.records_file(key).write_bytes(lines[1] + b"\n" + lines[0] + b'\n{"half')
    finish(store, key)
    assert rounds_and_state(store.look(key)) == (ROUNDS, "done")
    assert "2 sound" in store.log_tail(key)


def test_a_state_that_is_older_than_the_records_says_nothing_stale(home, keys):
    home.write_state(keys[0], replace(home.state(keys[0]), state="running", rounds_done=1))
    assert home.last_round(keys[0]).round == ROUNDS - 1
    assert home.look(keys[0]).shown == "interrupted"
    finish(home, keys[0])
    assert home.state(keys[0]).rounds_done == ROUNDS


def test_retry_forgets_nothing_unasked(home, keys):
    assert finished_rounds(home, keys) == 3 * ROUNDS
    with pytest.raises(InputError, match="Resume goes on after them"):
        control.retry(home, keys[0])
    assert finished_rounds(home, keys) == 3 * ROUNDS


def test_a_home_of_before_seals_heals_as_far_as_it_tells(tmp_path):
    shutil.copytree(KEPT, tmp_path / "home")
    old = Store(tmp_path / "home")
    [experiment] = old.experiments()
    key = old.runs(experiment)[0]
    old.state_file(key).write_bytes(b"")
    assert old.look(key).shown == "done"
    old.experiment_file(experiment).write_bytes(b"")
    with pytest.raises(Damaged, match="Its runs and their records are still there"):
        Store(old.home).config(experiment)


# ------------------------------------------------------------------ locks and tokens


def test_a_lock_removed_under_its_holder_stops_the_commit_and_harms_nothing(store):
    store.create(tiny_config())
    held = claim(store, set())
    store.append_round(held.key, made_record(held.key, 0), None, fence=held.lock.check)
    store.run_lock(held.key).unlink()
    with pytest.raises(Lost, match="was removed under whoever held it"):
        store.append_round(held.key, made_record(held.key, 1), None, fence=held.lock.check)
    other = claim(store, set())  # another worker holds the new lock, and commits
    assert other.key == held.key
    store.append_round(other.key, made_record(other.key, 1), None, fence=other.lock.check)
    with pytest.raises(Overtaken):
        store.append_round(held.key, made_record(held.key, 1), None)
    assert [record.round for record in store.rounds(held.key)] == [0, 1]


def test_two_launches_whose_tokens_share_a_digest_are_both_there(store):
    seen: dict[str, str] = {}
    pair = None
    for i in range(30_000):
        digest = blake2b(f"{i}".encode(), digest_size=3).hexdigest()
        if digest in seen:
            pair = seen[digest], f"{i}"
            break
        seen[digest] = f"{i}"
    first, second = (store.create(tiny_config(), token=token) for token in pair)
    assert (first[1], second[1], first[0] != second[0]) == (True, True, True)
    assert sorted(store.experiments()) == sorted([first[0], second[0]])
    assert [store.create(tiny_config(), token=token) for token in pair] == [(first[0], False), (second[0], False)]


def test_one_token_from_several_at_the_same_moment_launches_once(store, monkeypatch):
    looked, look = Barrier(4), Store._launched
    first = local()

    def all_look_before_one_writes(self, tail, token):
        there = look(self, tail, token)
        if not getattr(first, "looked", False):
            first.looked = True
            looked.wait(10)
        return there

    monkeypatch.setattr(Store, "_launched", all_look_before_one_writes)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: store.create(tiny_config(), token="clicked"), range(4)))
    assert len({experiment for experiment, _ in made}) == 1
    assert sorted(new for _, new in made) == [False, False, False, True]
    assert store.experiments() == [made[0][0]]


def test_a_damaged_experiment_stops_no_launch(home):
    [experiment] = home.experiments()
    home.experiment_file(experiment).write_text("{")
    for key in home.runs(experiment):
        home.header_file(key).write_text("{")
    made, new = Store(home.home).create(tiny_config(), token="made")
    assert (new, made != experiment) == (True, True)


@pytest.mark.parametrize("hours", [-24, 0, 24])
def test_a_clock_that_was_set_changes_nothing(home, keys, hours, monkeypatch):
    home.write_state(keys[0], replace(home.state(keys[0]), state="running", updated=time.time()))
    now = time.time() + 3600 * hours
    monkeypatch.setattr(time, "time", lambda: now)
    assert home.look(keys[0]).shown == "interrupted"
    with try_lock(home.run_lock(keys[0])):
        assert home.look(keys[0]).shown == "running"


def test_show_says_where_the_other_arms_stand_when_one_has_lost_its_first_round(finished, tmp_path):
    shutil.copytree(finished[0].home, tmp_path / "home")
    store, experiment = Store(tmp_path / "home"), finished[1]
    lost = [key for key in store.runs(experiment) if str(key.arm) == "random"]
    for key in lost:
        content = store.records_file(key).read_bytes()
        store.records_file(key).write_bytes(content.replace(b'"round": 0', b'"round": 7', 1))
    result = read_experiment(store, experiment)
    said = CliRunner().invoke(app, ["show", experiment, "--home", str(store.home)]).stdout
    assert "no round is finished yet" not in said
    assert "of random there is no finished round that can be read. Where the other arms stand in round 2" in said
    rows = {line.split()[0]: line.split() for line in said.splitlines() if line.strip()}
    [entropy] = [r.level for r in summarise_experiment(result, at_round=2) if r.strategy == "entropy"]
    means = "/".join(f"{mean:.3f}" for mean in entropy.by_group.values())
    assert rows["Entropy"][1:] == ["7", means, f"{entropy.signed_gap:+.3f}", "2"]
    assert "Random" not in rows
    for key in lost:
        assert f"{key.run}: damaged, 0/3 rounds. Its records are damaged from round 0 on" in said


def test_show_of_an_experiment_none_of_whose_rounds_can_be_read_says_so(home, keys):
    for key in keys:
        content = home.records_file(key).read_bytes()
        home.records_file(key).write_bytes(content.replace(b'"round": 0', b'"round": 7', 1))
    said = CliRunner().invoke(app, ["show", "latest", "--home", str(home.home)]).stdout
    assert f"{keys[0].experiment}: no finished round can be read." in said


# ------------------------------------------------------------------ a full disk


def test_the_last_words_are_written_in_the_reserve(store, monkeypatch):
    store.create(tiny_config())
    held = claim(store, set())
    keep_reserve(store)
    assert store.reserve_file.stat().st_size >= BYTES
    replace_file = os.replace

    def full(source, target):
        if store.reserve_file.exists():
            raise OSError(28, "No space left on device")
        replace_file(source, target)

    monkeypatch.setattr(os, "replace", full)
    in_reserve(store, lambda: end(store, held.key, held.state, "failed", "No space is left."))
    assert (store.state(held.key).state, store.state(held.key).reason) == ("failed", "No space is left.")
    monkeypatch.undo()
    keep_reserve(store)
    assert store.reserve_file.exists()


LIMITED = """
import resource, sys
from pathlib import Path
from fairal.files import append_line, new_folder, replacing

from fairal.runs.reserve import full_sentence, is_full
import numpy as np
home, how = Path(sys.argv[1]), sys.argv[2]
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    if how == "replaced":
        with replacing(home / "state.json") as file:
            file.write(bytes(10_000))
    elif how == "appended":
        append_line(home / "rounds.jsonl", "x" * 10_000)
    else:
        with new_folder(home / "entry") as folder:
            np.save(folder / "t1.npy", np.zeros(10_000))
except OSError as error:
    assert is_full(error)
    print(full_sentence(error, home))
"""


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("replaced", "{home}/state.json may not grow as large as it must (`ulimit -f`); raise that limit"),
        ("appended", "{home}/rounds.jsonl may not grow as large as it must (`ulimit -f`); raise that limit"),
        ("saved by numpy", "{home} could not be written whole: no space is left there, or files may not grow so large"),
    ],
)
def test_a_file_that_may_not_grow_is_named_and_nothing_of_it_is_left(tmp_path, how, said):
    ran = subprocess.run([sys.executable, "-c", LIMITED, tmp_path, how], capture_output=True, text=True, timeout=60)
    assert ran.stderr == ""
    assert ran.stdout.startswith(said.format(home=tmp_path))
    assert [path.name for path in tmp_path.iterdir() if path.stat().st_size] == []


def test_a_full_disk_is_named_by_its_file_and_a_file_too_large_to_read_is_no_full_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space") as full:
        write_json(tmp_path / "state.json", {}, durable=True)
    assert full_sentence(full.value).startswith(f"No space is left in {tmp_path / 'state.json'}; free some")
    assert say(full.value) == 1
    (tmp_path / "large").write_bytes(bytes(100))
    with pytest.raises(TooLarge) as large:
        read_plain(tmp_path / "large", 99)
    assert not is_full(large.value)


def test_the_command_line_says_of_a_full_disk_what_would_be_right(capsys):
    assert say(OSError(28, "No space left on device", "x.zip")) == 1
    assert capsys.readouterr().err == (
        "fairal: No space is left in x.zip; free some (`fairal clean`), then try again or resume.\n"
    )


def test_a_line_that_does_not_fit_leaves_nothing_behind(tmp_path, monkeypatch):
    path = tmp_path / "rounds.jsonl"
    append_line(path, "whole")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        append_line(path, "the next")
    assert path.read_bytes() == b"whole\n"


def test_settling_writes_a_lost_state_again(home, keys):
    home.state_file(keys[0]).write_bytes(b"")
    settle(home)
    assert home.stored_state(keys[0]).state == "done"
