"""Limits and costs are checked by the launch function, whoever calls it."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
import torch
from tiny import tiny_config

from fairal.errors import InputError, NeedsYes
from fairal.runs import claims, control, costs, memory
from fairal.runs.claims import to_do
from fairal.runs.costs import Cost, cost_of, doubts, worker_bytes
from fairal.runs.crew import Team
from fairal.runs.launch import launch
from fairal.runs.locks import try_lock
from fairal.runs.quota import within_quota
from fairal.runs.reporting import reason_of
from fairal.runs.store import Store

GB = 10**9


class Nobody:
    """A crew that does not come."""

    here = True

    def ensure(self, store, linger_seconds=0.0, warm=False) -> int:
        return 0

    def alive(self, store) -> int:
        return 0


@pytest.fixture
def store(tmp_path, monkeypatch) -> Store:
    monkeypatch.setattr(costs, "team", lambda: Team(2, 1, 0))
    monkeypatch.setattr(costs, "total_bytes", lambda: 32 * GB)
    monkeypatch.setattr(costs, "available_bytes", lambda: 16 * GB)
    monkeypatch.setattr(costs.shutil, "disk_usage", lambda _: SimpleNamespace(free=100 * GB))
    return Store(tmp_path / "home")


def test_what_is_within_all_limits_raises_no_doubt(store):
    assert doubts(store, Cost(runs=5_000, seconds=86_400, workers=2, memory_bytes=14 * GB, disk_bytes=99 * GB)) == []


def test_each_doubt_names_its_figure(store):
    assert doubts(store, Cost(30_000, 217_440_000, 2, 37_800_000_000, 200 * GB)) == [
        "2 workers with their cohorts and networks need about 37.8 GB of memory; of the 32.0 GB of this machine "
        "16.0 GB can be had now",
        "it needs about 200.0 GB of disk and 100.0 GB are free",
        "it takes about 2,516.7 days (60,400 hours)",
        "it has 30,000 runs, more than 5,000",
    ]


def test_of_other_machines_neither_memory_nor_speed_is_doubted(store):
    cost = Cost(30_000, 217_440_000, 2, 37_800_000_000, 200 * GB)
    assert [said.split()[0:3] for said in doubts(store, cost, here=False)] == [
        ["it", "needs", "about"],
        ["it", "has", "30,000"],
    ]


def test_a_worker_holds_itself_its_cohorts_and_a_training_network():
    """By hand: 24 × 28 × 20 voxels of the smoke preset, 3 bytes each, for all its subjects, twice."""
    config = tiny_config(learner={"channels": [4, 8], "batch_size": 2}, seeds=[0, 1, 2])
    voxels, subjects = 24 * 28 * 20, config.cohort.pool_size + config.cohort.test_size
    outputs = 4 * 2 * (4 * voxels + 8 * voxels / 8)
    weights = 4 * 27 * 3 * 4 * 8
    assert config.cohort.shape == (24, 28, 20)
    assert worker_bytes(config) == int(600_000_000 + 2 * 3 * voxels * subjects + 4 * outputs + 4 * weights)


def test_costs_of_several_experiments_add_up_in_time_and_disk_not_in_memory(store):
    one, two = (cost_of(store, [tiny_config()] * n) for n in (1, 2))
    assert (two.runs, two.seconds, two.disk_bytes) == (2 * one.runs, 2 * one.seconds, 2 * one.disk_bytes)
    assert two.memory_bytes == one.memory_bytes


@pytest.mark.parametrize(
    ("changes", "figure"),
    [
        ({"seeds": range(10_000), "strategies": ["random", "entropy", "bald"]}, "30,000 runs"),
        ({"cohort": {"field_of_view": "brain", "spacing_mm": 1.0, "pool_size": 1000, "test_pairs": 500}}, "of memory"),
        ({"learner": {"steps": 5000, "batch_size": 64}, "seeds": range(200)}, "days"),
    ],
)
def test_what_is_too_much_is_launched_only_when_confirmed(store, changes, figure):
    config = tiny_config(**{name: list(v) if isinstance(v, range) else v for name, v in changes.items()})
    with pytest.raises(NeedsYes, match=figure):
        launch(store, [config], crew=Nobody())
    assert store.experiments() == []


def test_a_yes_launches_what_is_doubtful(store, monkeypatch):
    monkeypatch.setattr(costs, "available_bytes", lambda: GB)
    with pytest.raises(
        NeedsYes, match=r"This needs a yes: 2 workers .* about 1\.2 GB .* machine 1\.0 GB can be had now\."
    ):
        launch(store, [tiny_config()], crew=Nobody())
    [experiment] = launch(store, [tiny_config()], crew=Nobody(), confirmed=True)
    assert store.experiments() == [experiment]


def test_a_yes_does_not_help_against_the_quota(store, monkeypatch):
    runs = len(tiny_config().runs())
    monkeypatch.setenv("FAIRAL_MAX_QUEUED", str(2 * runs))
    for _ in range(2):
        launch(store, [tiny_config()], crew=Nobody())
    with pytest.raises(InputError, match=f"at most {2 * runs} runs at a time .* {2 * runs} are open .* add {runs}"):
        launch(store, [tiny_config()], crew=Nobody(), confirmed=True)
    assert len(list(to_do(store))) == 2 * runs
    monkeypatch.setenv("FAIRAL_MAX_QUEUED", "0")
    with pytest.raises(InputError, match="at most 0 runs"):
        launch(store, [tiny_config()], crew=Nobody())


def test_what_a_token_has_launched_is_neither_counted_again_nor_refused_when_the_quota_is_full(store, monkeypatch):
    configs = [tiny_config(), tiny_config(name="another")]
    runs = sum(len(config.runs()) for config in configs)
    monkeypatch.setenv("FAIRAL_MAX_QUEUED", str(runs))
    ids = launch(store, configs, token="t", crew=Nobody())
    monkeypatch.setattr(costs.shutil, "disk_usage", lambda _: SimpleNamespace(free=0))  # the next would not fit
    assert launch(store, configs, token="t", crew=Nobody()) == ids
    monkeypatch.setattr(costs.shutil, "disk_usage", lambda _: SimpleNamespace(free=100 * GB))
    with pytest.raises(InputError, match=f"at most {runs} runs at a time"):
        launch(store, configs, token="u", crew=Nobody())
    assert sorted(store.experiments()) == sorted(ids)


def test_of_a_launch_that_was_cut_off_the_rest_alone_is_counted(store, monkeypatch):
    configs = [tiny_config(), tiny_config(name="another")]
    monkeypatch.setenv("FAIRAL_MAX_QUEUED", str(sum(len(config.runs()) for config in configs)))
    first, _ = store.create(configs[0], "t-0")
    ids = launch(store, configs, token="t", crew=Nobody())
    assert (len(ids), ids[0]) == (2, first)


def test_of_two_clicks_at_once_the_second_finds_what_the_first_has_launched(store, monkeypatch):
    """The first one writes between the second one's look for the token and its turn."""
    monkeypatch.setenv("FAIRAL_MAX_QUEUED", str(len(tiny_config().runs())))
    made = []

    @contextmanager
    def after_the_other(store, runs):
        made.append(store.create(tiny_config(), "t-0")[0])
        with within_quota(store, runs):
            yield

    monkeypatch.setattr("fairal.runs.launch.within_quota", after_the_other)
    assert launch(store, [tiny_config()], token="t", crew=Nobody()) == made
    assert store.experiments() == made


def test_a_network_with_too_many_levels_is_refused_before_launch():
    with pytest.raises(ValueError, match=r"learner\.channels must hold at most 5 levels .* 24 × 28 × 20 voxels"):
        tiny_config(learner={"channels": [4] * 6}, cohort={"spacing_mm": 3.0})


@pytest.mark.parametrize("shape", [(2**60,), (2**40, 2**4)])
def test_an_allocation_that_torch_is_refused_is_a_sentence(store, shape):
    with pytest.raises(RuntimeError) as refused:
        torch.empty(shape)
    assert reason_of(refused.value, store).startswith("The memory did not suffice; a smaller batch")


def test_a_run_whose_workers_were_killed_for_memory_says_so(store, monkeypatch):
    monkeypatch.setattr(claims, "killed_for_memory", lambda: 3)
    assert claims._memory_says().startswith(" The system has killed 3 processes here for lack of memory: fewer workers")
    monkeypatch.setattr(claims, "killed_for_memory", lambda: 0)
    assert claims._memory_says() == ""


def test_kills_and_limits_are_read_from_the_control_group(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "meminfo")
    assert memory.available_bytes() == memory.total_bytes(), "where nothing is said"
    assert memory.killed_for_memory() == 0
    assert memory.total_bytes() > 0
    (tmp_path / "memory.events").write_text("low 0\nhigh 0\nmax 7\noom 2\noom_kill 2\noom_group_kill 0\n")
    (tmp_path / "memory.max").write_text("123456\n")
    assert memory.killed_for_memory() == 2
    assert memory.total_bytes() == 123_456
    (tmp_path / "meminfo").write_text("MemTotal: 4000 kB\nMemAvailable: 1000 kB\n")
    (tmp_path / "memory.current").write_text("100000\n")
    (tmp_path / "memory.stat").write_text("anon 60000\ninactive_file 5000\n")
    assert memory.available_bytes() == 123_456 - 100_000 + 5_000, "the group has less left than the machine"
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.available_bytes() == 1_024_000
    assert memory.total_bytes() > 123_456


def test_what_living_workers_hold_is_not_missing_twice(store, monkeypatch):
    monkeypatch.setattr(costs, "available_bytes", lambda: 14 * GB)
    cost = Cost(runs=1, seconds=1, workers=2, memory_bytes=13_500_000_000, disk_bytes=0)
    assert len(doubts(store, cost)) == 1
    with try_lock(store.worker_lock(0)), try_lock(store.worker_lock(1)):
        assert doubts(store, cost) == [], "14.0 + 2 · 0.6 GB, nine tenths of which are 13.7"


def test_what_is_queued_again_counts_as_well(store, monkeypatch):
    experiment, _ = store.create(tiny_config(strategies=["random", "entropy"]))
    first, second = store.runs(experiment)
    for key in (first, second):
        control.cancel(store, key)
    monkeypatch.setenv("FAIRAL_MAX_QUEUED", "1")
    assert control.resume(store, first)
    for again in (control.resume, control.retry):
        with pytest.raises(InputError, match="at most 1 runs at a time"):
            again(store, second)
    assert store.state(second).state == "cancelled"
