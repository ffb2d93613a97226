"""A collection as a source of the loop: split, keys, hidden masks, waiting, and what changed since launch."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from scans import bids, blob, brain, mask_path, save, t1_path
from tiny import work_off

from fairal.cohort.folder.collection import Collections
from fairal.cohort.folder.importing import import_folder, update_collection
from fairal.cohort.folder.source import FolderSource, facts_of, look_at
from fairal.cohort.folder.wishes import Wishes
from fairal.cohort.source import Remembered
from fairal.config import Arm, FolderCohort, parse_experiment
from fairal.errors import InputError, RunError
from fairal.loop.run import active_learning
from fairal.loop.task import Waiting, initial_set, next_task
from fairal.presets import own
from fairal.runs.control import wake
from fairal.runs.launch import launch
from fairal.strategies.catalog import CATALOG
from fairal.strategies.pool import Picks

GROUPS = {f"sub-{i:02d}": ("Women", "Older men", "x/y")[i % 3] for i in range(18)}
UNLABELLED = ("sub-00", "sub-01")


@pytest.fixture
def folder(tmp_path):
    return bids(tmp_path / "scans", GROUPS, UNLABELLED)


@pytest.fixture
def wishes(folder):
    return Wishes(folder, "sex", crop=False)


@pytest.fixture
def imported(store, wishes):
    import_folder(Collections(store.home), "mine", wishes, lambda *_: None)
    return store


def configuration(**cohort) -> dict:
    return {
        "name": "own",
        "cohort": {"kind": "folder", "collection": "mine", "test_share": 0.4, **cohort},
        "learner": {"channels": [4, 8], "steps": 6},
        "query": {"start": {"Women": 1, "Older men": 1, "x/y": 1}, "per_round": 2, "rounds": 1},
        "strategies": ["random", "weighted_entropy"],
    }


def source_of(store, seed=0, **cohort) -> FolderSource:
    config = look_at(parse_experiment(configuration(**cohort)), store.home)
    return FolderSource(config.cohort, seed, store.home)


def test_the_test_set_is_labelled_stratified_and_drawn_by_the_seed(imported):
    source, other = source_of(imported), source_of(imported, seed=1)
    test, pool = source.rows("test"), source.rows("pool")
    # 6 of each group, one of two groups' unlabelled: 0.4 × 5 = 2, 0.4 × 6 = 2.4.
    assert Counter(row.group for row in test) == {"Women": 2, "Older men": 2, "x/y": 2}
    assert all(row.has_mask for row in test)
    assert not {row.id for row in test} & {row.id for row in pool}
    assert len(test) + len(pool) == 18
    assert [row.id for row in pool if not row.has_mask] == list(UNLABELLED)
    assert {row.id for row in test} != {row.id for row in other.rows("test")}
    assert source.key("pool") != other.key("pool")


def test_unlabelled_scans_may_be_left_out(imported):
    source = source_of(imported, unlabelled="leave_out")
    assert len(source.rows("pool")) == 10
    assert source.config.pool_size == 10


def test_a_what_if_runs_with_groups_as_they_are_written(imported):
    store, config = imported, configuration(unlabelled="leave_out")
    [experiment] = launch(store, [parse_experiment(config)], crew=Nobody())
    work_off(store)
    for run in store.snapshot(experiment).runs:
        assert run.shown == "done", run.reason
        assert set(run.records[-1].labelled_by_group) == {"Older men", "Women", "x/y"}
        assert len(run.records[-1].test.dice) == 6
    volumes = store.volumes(run.key, 1)
    assert set(volumes.maps) == {"Older men", "Women", "x/y"}
    shown = store.subject(experiment, 0, run.records[0].test.id[0])
    assert shown.context is None
    assert shown.truth.sum() == blob().sum()


class Nobody:
    here = True

    def ensure(self, store, linger_seconds=0.0, warm=False):
        return 0

    def alive(self, store):
        return 0


def test_a_run_that_picked_an_unlabelled_scan_waits_and_goes_on(imported, folder, wishes, monkeypatch):
    store = imported
    config = configuration() | {"strategies": ["random"]}
    [experiment] = launch(store, [parse_experiment(config)], crew=Nobody())
    monkeypatch.setattr("fairal.strategies.random.random", lambda pool, k, rng: Picks(UNLABELLED))
    work_off(store)
    [run] = store.snapshot(experiment).runs
    assert (run.shown, run.reason) == ("waiting", "Waits for the masks of sub-00, sub-01.")
    assert wake(store, "other") == 0
    for i, name in enumerate(UNLABELLED):
        save(mask_path(folder, name), blob(low=(4 + i, 6, 4)), dtype=np.uint8)
    update_collection(Collections(store.home), "mine", wishes, lambda *_: None)
    assert wake(store, "mine") == 1
    work_off(store)
    [run] = store.snapshot(experiment).runs
    assert run.shown == "done", run.reason
    assert run.records[1].labelled[-2:] == UNLABELLED
    assert run.records[1].test.id == run.records[0].test.id  # new masks do not move the split


def test_new_scans_do_not_matter_changed_ones_end_the_run_with_a_sentence(imported, folder, wishes):
    source = source_of(imported)
    before = source.key("pool")
    save(t1_path(folder, "sub-99"), brain(99))
    with (folder / "participants.tsv").open("a") as file:
        file.write("sub-99\tWomen\n")
    update_collection(Collections(imported.home), "mine", wishes, lambda *_: None)
    later = FolderSource(source.config, 0, imported.home)
    assert later.rows("pool") == source.rows("pool")
    assert later.key("pool") != before  # the digest of the collection is in every key
    save(t1_path(folder, "sub-05"), brain(55))
    update_collection(Collections(imported.home), "mine", wishes, lambda *_: None)
    with pytest.raises(RunError, match=r"sub-05 of the collection mine has changed since this experiment was launched"):
        FolderSource(source.config, 0, imported.home).load("pool")


def test_another_structure_or_another_place_of_the_box_is_not_mixed_with_what_was_launched(imported):
    facts = source_of(imported).config.facts
    assert facts.structure
    for change, said in (
        ({"structure": (*facts.structure, 99)}, "The structure of the collection mine is another than at launch"),
        ({"origin_mm": (9.0, 9.0, 9.0)}, "The grid of the collection mine has changed since launch"),
    ):
        config = source_of(imported).config.model_copy(update={"facts": facts.model_copy(update=change)})
        with pytest.raises(RunError, match=said):
            FolderSource(config, 0, imported.home).load("pool")
    earlier = source_of(imported).config.model_copy(update={"facts": facts.model_copy(update={"structure": ()})})
    assert FolderSource(earlier, 0, imported.home).load("pool").subjects


@pytest.mark.parametrize("strategy", CATALOG)
def test_hidden_masks_move_no_pick(imported, strategy):
    """A canary: with every mask replaced that a pick must not know of, each strategy picks the same."""
    config = look_at(parse_experiment(configuration(unlabelled="leave_out")), imported.home)
    source = source_of(imported, unlabelled="leave_out")

    class Canary(Remembered):
        def load(self, split, only=None, hear=lambda done, total: None):
            cohort = super().load(split, only, hear)
            known = set(initial_set(config, 0, source.rows("pool")))
            hidden = [split == "test" or subject.id not in known for subject in cohort.subjects]
            mask = cohort.mask.copy()
            mask[hidden] = ~mask[hidden]
            return replace(cohort, mask=mask)

    plain, canary = (next(active_learning(config, strategy, 0, source=s)) for s in (Remembered(source), Canary(source)))
    assert plain.record.test.dice != canary.record.test.dice
    assert plain.record.picked == canary.record.picked


def test_wrong_collections_and_groups_are_sentences(imported):
    with pytest.raises(InputError, match="There is no collection 'others'; there are: mine"):
        look_at(parse_experiment(configuration(collection="others")), imported.home)
    with pytest.raises(
        InputError, match=r"cohort.groups must name groups of mine \(Older men, Women, x/y\), got 'Men'"
    ):
        look_at(parse_experiment(configuration(groups=["Women", "Men"])), imported.home)
    content = configuration() | {"query": {"start": {"Women": 9}, "per_round": 1, "rounds": 1}}
    with pytest.raises(InputError, match=r"query.start must take at most 3 of group 'Women', got 9"):
        look_at(parse_experiment(content), imported.home)
    with pytest.raises(InputError, match="cohort must have a kind of synthetic or folder"):
        parse_experiment(configuration(kind="cloud"))


def test_the_preset_for_ones_own_runs_as_it_is(imported):
    cohort = FolderCohort(collection="mine")
    [config] = own(cohort.model_copy(update={"facts": facts_of(cohort, imported.home)}))
    assert config.cohort.unlabelled == "leave_out"
    assert config.query.budget <= config.cohort.pool_size
    source = FolderSource(config.cohort, 0, imported.home)
    assert not isinstance(next_task(config, Arm("random"), 0, source.rows("pool"), ()), Waiting)
