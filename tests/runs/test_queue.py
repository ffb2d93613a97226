import time
from dataclasses import replace

import pytest
from tiny import tiny_config, tiny_record

from fairal.errors import InputError, RunError
from fairal.runs import control
from fairal.runs.claims import claim, to_do
from fairal.runs.locks import try_lock
from fairal.runs.standing import find, overall, standing
from fairal.runs.store import RunKey, Store


@pytest.fixture
def experiment(store) -> str:
    return store.create(tiny_config(seeds=[0, 1]))[0]


def set_state(store: Store, key: RunKey, **changes) -> None:
    store.write_state(key, replace(store.state(key), **changes))


def test_a_run_is_held_by_one_worker(store, experiment):
    first, second = claim(store, set()), claim(store, set())
    assert first.key.run == "random-0"
    assert second.key.run == "entropy-0"
    first.lock.release()
    assert claim(store, set()).key == first.key


def test_strategies_of_the_lowest_seed_grow_side_by_side(store, experiment):
    keys = {k.run: k for k in store.runs(experiment)}
    set_state(store, keys["random-0"], rounds_done=2)
    set_state(store, keys["entropy-0"], rounds_done=1)
    assert [k.run for k, _ in to_do(store)][:4] == ["weighted_entropy-0", "entropy-0", "random-0", "random-1"]


def test_the_oldest_experiment_goes_first(store, experiment):
    store.create(tiny_config())
    assert claim(store, set()).key.experiment == experiment


def test_running_with_a_free_lock_means_interrupted_and_is_taken_up(store, experiment):
    key = store.runs(experiment)[0]
    set_state(store, key, state="running", updated=time.time() - 60)
    assert store.shown_state(key, store.state(key)) == "interrupted"
    with try_lock(store.run_lock(key)):
        assert store.shown_state(key, store.state(key)) == "running"
    assert claim(store, set()).key == key


def test_a_queued_run_is_cancelled_at_once_and_resumed(store, experiment):
    key = store.runs(experiment)[0]
    control.cancel(store, key)
    assert store.state(key).state == "cancelled"
    assert claim(store, set()).key != key
    assert control.resume(store, key)
    assert store.state(key).state == "queued"
    assert not store.cancel_file(key).exists()
    assert not control.resume(store, key)


def test_a_held_run_is_asked_to_stop(store, experiment):
    held = claim(store, set())
    set_state(store, held.key, state="running", updated=time.time())
    control.cancel(store, held.key)
    assert store.cancel_file(held.key).exists()
    assert store.state(held.key).state == "running"


def test_the_third_take_up_without_a_round_fails_with_the_reason(store, experiment):
    key = store.runs(experiment)[0]
    set_state(store, key, state="running", attempts=3, updated=0.0)
    assert claim(store, set()).key != key
    state = store.state(key)
    assert state.state == "failed"
    assert "Taken up 3 times without finishing round 0" in state.reason


def test_retry_starts_over(store, experiment):
    key = store.runs(experiment)[0]
    store.append_round(key, tiny_record(), None)
    set_state(store, key, state="failed", rounds_done=1, reason="why")
    with pytest.raises(InputError, match="has 1 finished rounds, which Retry forgets; Resume goes on after them"):
        control.retry(store, key)
    control.retry(store, key, forget=True)
    assert store.rounds(key) == ()
    assert (store.state(key).state, store.state(key).rounds_done, store.state(key).reason) == ("queued", 0, "")


def test_a_held_run_cannot_be_retried_or_deleted(store, experiment, monkeypatch):
    held = claim(store, set())
    with pytest.raises(RunError, match="still held by a worker"):
        control.retry(store, held.key)
    with pytest.raises(RunError, match="did not stop within 0 s"):
        control.stop(store, held.key, wait_seconds=0.1)


def test_deleting_runs_and_experiments(store, experiment):
    keys = store.runs(experiment)
    control.delete_run(store, keys[0])
    assert store.runs(experiment) == keys[1:]
    control.delete_experiment(store, experiment)
    assert store.experiments() == []
    with pytest.raises(InputError, match="There is no experiment"):
        control.delete_experiment(store, experiment)


def test_progress_sums_up(store, experiment):
    keys = store.runs(experiment)
    for round_ in range(3):
        store.append_round(keys[0], tiny_record(round_), None)
    set_state(store, keys[0], state="done", rounds_done=3, round_seconds=2.0)
    stand = standing(store, experiment)
    assert (stand.state, stand.runs, stand.runs_done) == ("running", 6, 1)
    assert (stand.rounds_done, stand.rounds) == (3, 18)
    assert stand.seconds_left == pytest.approx(15 * 2.0)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["done", "done"], "done"),
        (["done", "queued"], "running"),
        (["queued", "queued"], "queued"),
        (["running", "interrupted"], "running"),
        (["done", "interrupted"], "interrupted"),
        (["done", "failed", "cancelled"], "failed"),
        (["done", "cancelled"], "cancelled"),
    ],
)
def test_an_experiments_state_follows_its_runs(states, expected):
    assert overall(states) == expected


def test_ids_are_found_by_their_beginning(store, experiment):
    assert find(store, experiment[:12]) == experiment
    assert find(store, "latest") == experiment
    store.create(tiny_config())
    with pytest.raises(InputError, match="could be 2 experiments"):
        find(store, "smoke")
    with pytest.raises(InputError, match="There is no experiment 'nope'"):
        find(store, "nope")
    longer, _ = store.create(tiny_config(name="mine, other arms"))
    mine, _ = store.create(tiny_config(name="mine"))
    assert find(store, "mine") == mine
    assert find(store, "mine-o") == longer
    assert find(store, longer) == longer


def test_retry_asks_also_for_sound_rounds_behind_a_damaged_one(store, experiment):
    key = store.runs(experiment)[0]
    for round_ in range(3):
        store.append_round(key, tiny_record(round_), None)
    set_state(store, key, state="failed", rounds_done=3)
    file = store.records_file(key)
    content = bytearray(file.read_bytes())
    content[40] ^= 1
    file.write_bytes(content)
    assert control.finished_rounds(store, [key]) == 2
    with pytest.raises(InputError, match="has 2 finished rounds"):
        control.retry(store, key)
    assert file.read_bytes() == bytes(content)
