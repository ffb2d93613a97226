"""What is kept so that finished runs need not be read: right, missing, cut, garbled and stale."""

from dataclasses import replace

import pytest
from made import finish
from tiny import tiny_config

from fairal.runs import control
from fairal.runs.claims import claim, settle, to_do
from fairal.runs.standing import closed, standing
from fairal.runs.store import Store


@pytest.fixture
def history(store) -> Store:
    """Three experiments of three finished runs each, and one with an open run among finished ones."""
    for i in range(4):
        experiment, _ = store.create(tiny_config(name=f"number {i}"))
        for key in store.runs(experiment)[: 3 if i < 3 else 2]:
            finish(store, key)
    settle(store)
    return store


def what_is_open(store: Store) -> list[str]:
    return [key.run for key, _ in to_do(store)]


@pytest.fixture
def reads(monkeypatch) -> list:
    """Every state that is read from now on."""
    seen, read = [], Store.state
    monkeypatch.setattr(Store, "state", lambda self, key: seen.append(key) or read(self, key))
    return seen


def test_finished_runs_are_not_read(history, reads):
    fresh = Store(history.home)
    held = claim(fresh, set())
    held.lock.release()
    assert held.key.run == "weighted_entropy-0"
    assert {key.run for key in reads} == {"weighted_entropy-0"}
    assert {key.experiment for key in reads} == {history.experiments()[0]}


def test_a_closed_experiment_is_summed_up_without_reading(history, reads):
    fresh = Store(history.home)
    fresh.ledger.refresh()
    stands = [closed(fresh, experiment) for experiment in fresh.experiments()]
    assert stands[0] is None
    assert [(s.state, s.runs, s.runs_done, s.rounds_done) for s in stands[1:]] == [("done", 3, 3, 9)] * 3
    assert reads == []
    assert [standing(fresh, e) for e in fresh.experiments()[1:]] == stands[1:]


@pytest.mark.parametrize("harm", ["gone", "empty", "cut", "garbled", "flipped", "foreign"])
def test_a_ledger_that_is_missing_or_wrong_is_made_anew(history, harm, reads):
    path, content = history.ledger_file, history.ledger_file.read_bytes()
    harmed = {
        "empty": b"",
        "cut": content[: len(content) // 2],
        "garbled": b"\x00\xff" * 500,
        "flipped": content.replace(b'"closed"', b'"clOsed"').replace(b'"ended"', b'"enDed"'),
        "foreign": b'00000000 {"what": "closed", "experiment": "x", "runs": 0}\n' + content[::-1],
    }
    path.unlink() if harm == "gone" else path.write_bytes(harmed[harm])
    fresh = Store(history.home)
    assert what_is_open(fresh) == ["weighted_entropy-0"]
    del reads[:]
    assert what_is_open(fresh) == ["weighted_entropy-0"]
    assert {key.run for key in reads} == {"weighted_entropy-0"}  # and the finished ones are known again


def test_what_stands_in_the_ledgers_place_and_is_no_file_costs_speed_alone(history):
    history.ledger_file.unlink()
    history.ledger_file.mkdir()
    fresh = Store(history.home)
    settle(fresh)
    assert what_is_open(fresh) == ["weighted_entropy-0"]
    assert len(fresh.experiments()) == 4


def test_a_run_that_goes_on_is_found_again(history):
    experiment = history.experiments()[1]
    key = history.runs(experiment)[0]
    control.retry(history, key, forget=True)
    assert closed(history, experiment) is None
    assert next(k for k, _ in to_do(Store(history.home))) == key  # the older experiment goes first
    control.cancel(history, key)
    settle(history)
    assert closed(history, experiment).state == "cancelled"


def test_a_state_put_back_by_hand_is_noticed(history):
    key = history.runs(history.experiments()[2])[0]
    history.write_state(key, replace(history.state(key), state="queued"))  # nobody struck it out
    assert what_is_open(history) == ["weighted_entropy-0"]
    settle(Store(history.home))
    assert what_is_open(history) == ["random-0", "weighted_entropy-0"]


def test_a_deleted_run_leaves_its_experiment_closed(history):
    experiment = history.experiments()[1]
    control.delete_run(history, history.runs(experiment)[0])
    settle(history)
    assert closed(history, experiment).runs == 2
    control.delete_experiment(history, experiment)
    assert experiment not in history.experiments()


def test_closing_and_going_on_at_the_same_time_never_hides_a_run(history):
    experiment = history.experiments()[1]
    key = history.runs(experiment)[0]
    control.retry(history, key, forget=True)
    history.ledger.close(experiment, 3)  # somebody counted three ended runs just before
    assert closed(history, experiment) is None
    assert what_is_open(history)[0] == key.run


def test_two_processes_see_each_others_lines(history):
    other = Store(history.home)
    assert what_is_open(other) == ["weighted_entropy-0"]
    launched, _ = history.create(tiny_config(name="later"))
    assert len(what_is_open(other)) == 4
    assert other.experiments()[0] == launched
