import itertools
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
import torch
from tiny import tiny_config

from fairal.cohort.source import Remembered, open_source
from fairal.config import Arm
from fairal.errors import InputError, RunError
from fairal.facts.record import Cases, Record
from fairal.facts.subject import Subject
from fairal.learner.fit import fit
from fairal.loop.display import for_display, worst_served
from fairal.loop.job import ask, ask_folds, fit_key
from fairal.loop.measure import Measured
from fairal.loop.run import active_learning
from fairal.loop.task import Task, Waiting, initial_set, next_task
from fairal.presets import preset
from fairal.strategies.pool import Picks


@pytest.fixture(scope="module")
def source(smoke):
    return Remembered(open_source(smoke.cohort, 0))


@pytest.fixture(scope="module")
def rounds(smoke, source):
    torch.set_num_threads(1)
    return list(active_learning(smoke, "weighted_entropy", 0, source=source, keep_volumes=True))


def without_timings(record: Record) -> str:
    return replace(record, seconds={}, cached=False).as_line()


def test_rounds_counts_queries(rounds):
    assert [r.record.round for r in rounds] == [0, 1, 2]
    assert [r.labelled for r in rounds] == [3, 5, 7]
    assert [len(r.record.picked or ()) for r in rounds] == [2, 2, 0]
    assert rounds[-1].record.picked is None


def test_the_last_round_says_what_one_error_for_all_would_show(rounds):
    assert [r.record.fair_line is None for r in rounds[:2]] == [True, True]
    assert "fair line" in rounds[-1].record.seconds


def test_what_is_picked_is_labelled_next_and_nothing_twice(rounds):
    for before, after in itertools.pairwise(rounds):
        assert after.record.labelled == (*before.record.labelled, *before.record.picked_ids)
    assert len(set(rounds[-1].record.labelled)) == 7


def test_a_record_holds_the_facts(rounds, smoke):
    record = rounds[0].record
    assert record.labelled_by_group == {"reference": 2, "biased": 1}
    assert set(record.weights) == set(record.labelled_dice) == {"reference", "biased"}
    assert len(record.losses) == smoke.learner.steps
    assert len(record.test.dice) == 8
    assert len(record.labelled_cases.dice) == 3
    assert set(record.seconds) == {"cohort", "fit", "measure", "pick"}
    own = [d for d, g in zip(record.labelled_cases.dice, record.labelled_cases.group, strict=True) if g == "biased"]
    assert record.labelled_dice["biased"] == pytest.approx(np.mean(own))
    errors = {g: 1 - d for g, d in record.labelled_dice.items()}
    mean = sum(errors.values()) / 2
    assert record.weights == pytest.approx({g: e / mean for g, e in errors.items()})


def test_scores_are_weight_times_uncertainty(rounds):
    for pick in rounds[0].record.picked:
        weight = rounds[0].record.weights[pick.group]
        assert pick.score == pytest.approx(weight * pick.uncertainty)


def test_the_worst_served_of_each_group_are_found_with_their_twins():
    dice = {"a0": 0.9, "b0": 0.9, "a1": 0.8, "b1": 0.2, "a2": 0.1, "b2": 0.4, "a3": 0.7, "b3": 0.5, "a4": 0.6,
            "b4": 0.6}  # fmt: skip
    other = ("assd_mm", "hd95_mm", "surface_dice", "volume_mm3", "predicted_mm3", "volume_error")
    cases = Cases(tuple(dice), tuple(i[0] for i in dice), tuple(dice.values()), **dict.fromkeys(other, (0.0,) * 10))
    matched, alone = ([Subject(i, pair, i[0], "test", 1.0) for i, pair in pairs] for pairs in (
        [(i, i[1]) for i in dice], [(i, "") for i in dice]))  # fmt: skip
    assert worst_served(cases, matched) == ["a2", "b1", "b2", "b3", "a4", "a3", "a1", "b4"]
    assert worst_served(cases, alone) == ["a2", "b1", "b2", "b3", "a4", "a3"]


def test_the_last_round_keeps_the_worst_served_as_well(rounds, source, monkeypatch):
    test, last = source.load("test"), rounds[-1].record
    monkeypatch.setattr("fairal.loop.display.probabilities", lambda _, part, at: {part.subjects[i].id: i for i in at})
    kept = [for_display(None, source.load("pool"), test, Measured(last.test, {"test0000biased": 0}, {}), record)
            for record in (last, rounds[0].record)]  # fmt: skip
    assert set(kept[0].probability) == {"test0000biased", *worst_served(last.test, test.subjects)}
    assert set(kept[1].probability) == {"test0000biased", *rounds[0].record.picked_ids}


def test_volumes_are_kept_for_matched_test_subjects_and_picks(rounds, smoke):
    volumes = rounds[0].volumes
    assert set(rounds[0].record.picked_ids) < set(volumes.probability)
    assert sum(name.startswith("test") for name in volumes.probability) == 6
    for maps in volumes.maps.values():
        assert {m.shape for m in maps.values()} == {smoke.cohort.shape}
        assert {m.dtype for m in maps.values()} == {np.dtype(np.uint8)}
    assert volumes.maps["reference"]["truth"].max() > 200  # every reference subject has its caudate about there


def test_a_run_continues_with_the_same_numbers(smoke, source, rounds):
    for finished in (1, 2):
        rest = list(
            active_learning(smoke, "weighted_entropy", 0, source=source, finished=[r.record for r in rounds[:finished]])
        )
        assert [without_timings(r.record) for r in rest] == [without_timings(r.record) for r in rounds[finished:]]


def test_strategies_of_a_seed_share_their_start(smoke, source, rounds):
    other = next(active_learning(smoke, "random", 0, source=source))
    first = rounds[0].record
    assert other.record.fit == first.fit
    assert other.record.test == first.test
    assert other.record.labelled == first.labelled


def test_the_initial_set_is_that_of_the_configuration(smoke, source):
    rows = source.rows("pool")
    groups = {row.id: row.group for row in rows}
    assert [groups[i] for i in initial_set(smoke, 0, rows)] == ["reference", "reference", "biased"]
    assert initial_set(smoke, 0, rows) == initial_set(smoke, 0, rows) != initial_set(smoke, 1, rows)


def test_a_start_without_a_group_gives_it_weight_as_if_it_had_dice_0(source):
    config = tiny_config(query={"start": {"reference": 3, "biased": 0}})
    record = next(active_learning(config, "weighted_entropy", 0, source=source)).record
    assert record.labelled_dice["biased"] == 0.0
    assert record.weights["biased"] > record.weights["reference"]


def test_references_are_single_fits(smoke, source):
    [only] = active_learning(smoke, "reference_only", 0, source=source)
    [everyone] = active_learning(smoke, "full_pool", 0, source=source)
    assert only.record.labelled_by_group == {"reference": 10, "biased": 0}
    assert everyone.labelled == 16
    assert list(active_learning(smoke, "full_pool", 0, source=source, finished=[everyone.record])) == []


def test_the_start_is_trained_on_its_subjects_alone_with_the_pools_numbers(source):
    config = tiny_config(query={"start": {"reference": 2, "biased": 1}, "rounds": 0})
    asked = []

    class Listening(Remembered):
        def load(self, split, only=None, hear=lambda *_: None):
            asked.append((split, only))
            return source.load(split, only, hear)

    [done] = active_learning(config, "random", 0, source=Listening(source))
    rows = source.rows("pool")
    at = [i for i, row in enumerate(rows) if row.id in done.record.labelled]
    assert asked == [("pool", at), ("pool", None), ("test", None)]
    pool = source.load("pool")
    alone = fit(torch.from_numpy(pool.t1[at]), torch.from_numpy(pool.mask[at]), config.learner, 0)
    assert done.record.losses == tuple(round(loss, 6) for loss in alone.losses)


def test_what_is_next_is_known_before_anything_is_computed(smoke, source, rounds):
    rows, arm, history = source.rows("pool"), Arm("weighted_entropy"), [r.record for r in rounds]
    first = next_task(smoke, arm, 0, rows, [])
    assert (first.round, first.labelled, first.picks) == (0, history[0].labelled, 2)
    last = next_task(smoke, arm, 0, rows, history[:2])
    assert (last.round, last.labelled, last.picks) == (2, history[2].labelled, 0)
    assert next_task(smoke, arm, 0, rows, history) is None


def test_a_round_waits_for_the_masks_of_what_was_picked(smoke, source, rounds):
    picked = rounds[0].record.picked_ids
    rows = [replace(row, has_mask=row.id != picked[1]) for row in source.rows("pool")]
    assert next_task(smoke, Arm("weighted_entropy"), 0, rows, [rounds[0].record]) == Waiting((picked[1],))


def test_the_key_of_a_fit_knows_what_the_numbers_depend_on(smoke):
    def key(labelled=("a", "b"), seed=0, device="cpu", training="plain", **changes) -> str:
        config = tiny_config(**changes)
        task = Task(config, Arm("random", training), seed, 0, labelled, 2)
        return fit_key(task, labelled, open_source(config.cohort, seed), torch.device(device))

    assert key() == key(("b", "a")) == key(strategies=["random"])
    others = (key(("a",)), key(seed=1), key(learner={"steps": 9}), key(device="cuda"), key(training="balanced"))
    assert len({key(), *others}) == 6


def test_keys_of_plain_synthetic_fits_stay_what_they_are():
    # Of generator 3: a home's cache of cohorts and fits outlives the program's versions.
    config = preset("demo")[0]
    task = Task(config, Arm("entropy"), 0, 0, ("pool0001", "pool0000"), 6)
    source = open_source(config.cohort, 0)
    assert source.key("pool") == "b052ebe856cf2e7f1eec1e9c"
    assert source.key("test") == "52fbab889f42199599bb34f0"
    torch_version = patch.object(torch, "__version__", "2.13.0")
    with torch_version, patch.object(torch, "get_num_threads", lambda: 1):
        assert fit_key(task, task.labelled, source, torch.device("cpu")) == "d1fd98af28099c22a019b5b0"


def test_progress_may_stop_a_run(smoke, source):
    class Enough(Exception):
        pass

    heard = []

    def progress(part, done, total):
        heard.append(part)
        if part == "pick":
            raise Enough

    with pytest.raises(Enough):
        next(active_learning(smoke, "entropy", 0, source=source, progress=progress))
    assert heard[0] == "fit"
    assert "measure" in heard


def test_a_strategy_of_ones_own_is_held_to_its_word(smoke, source):
    def greedy(pool, k, rng):
        return Picks(pool.ids[: k + 1])

    with pytest.raises(InputError, match="must pick 2 distinct subjects"):
        next(active_learning(smoke, greedy, 0, source=source))


def test_a_strategy_is_not_shown_the_pools_masks(smoke, source):
    seen = {}

    def curious(pool, k, rng):
        seen.update({name: getattr(pool, name) for name in vars(pool)})
        return Picks(pool.ids[:k])

    next(active_learning(smoke, curious, 0, source=source))
    assert set(seen) == {
        "ids", "groups", "labelled_dice", "weights", "spacing_mm", "sweep", "embed", "labelled_counts", "held_out",
        "history",
    }  # fmt: skip


def test_a_loss_that_is_not_finite_ends_the_run(source):
    config = tiny_config(learner={"learning_rate": 1e6, "steps": 40})
    with pytest.raises(RunError, match="stopped being finite at step"):
        list(active_learning(config, "random", 0, source=source))


@pytest.mark.parametrize("arm", ["entropy+balanced", "parity", "random+balanced_conditional", "entropy+group_dro"])
def test_every_training_is_an_arm(smoke, source, rounds, arm):
    start, *_ = active_learning(smoke, arm, 0, source=source)
    assert start.record.labelled == rounds[0].record.labelled
    assert (start.record.fit == rounds[0].record.fit) == ("+" not in arm)
    assert len(start.record.picked) == 2


def test_a_query_picks_alike_at_random_whatever_the_training(smoke, source):
    plain, balanced = (next(active_learning(smoke, arm, 0, source=source)) for arm in ("random", "random+balanced"))
    assert plain.record.picked_ids == balanced.record.picked_ids


def test_out_of_fold_results_are_of_networks_that_did_not_see_the_subject(smoke, source):
    rounds = list(active_learning(smoke, "oof_quota", 0, source=source))
    for done in rounds[:-1]:
        assert sorted(done.record.held_out.id) == sorted(done.record.labelled)
        assert done.record.held_out.dice != done.record.labelled_cases.dice
    assert rounds[-1].record.held_out is None  # nothing is picked: nobody asks
    assert Record.from_line(rounds[0].record.as_line()).held_out == rounds[0].record.held_out


def test_folds_train_on_the_other_half(smoke, source, rounds):
    task = next_task(smoke, Arm("oof_quota"), 0, source.rows("pool"), [rounds[0].record])
    job = ask(task, source, torch.device("cpu"))
    first, second = ask_folds(job)
    assert set(first.labelled) | set(second.labelled) == set(job.labelled)
    assert not set(first.labelled) & set(second.labelled)
    assert ask_folds(ask(replace(task, arm=Arm("entropy")), source, torch.device("cpu"))) == ()


def test_weights_may_rest_on_out_of_fold_dice(source, rounds):
    config = tiny_config(query={"dice_from": "out_of_fold", "rounds": 0})
    [done] = active_learning(config, "weighted_entropy", 0, source=source)
    own = [d for d, g in zip(done.record.held_out.dice, done.record.held_out.group, strict=True) if g == "biased"]
    assert done.record.labelled_dice["biased"] == pytest.approx(np.mean(own))
    assert done.record.labelled_dice != rounds[0].record.labelled_dice


def test_an_arm_that_looks_back_continues_with_the_same_numbers(smoke, source):
    whole = list(active_learning(smoke, "learning_curve_quota", 0, source=source))
    kept = [Record.from_line(r.record.as_line()) for r in whole[:2]]
    [last] = active_learning(smoke, "learning_curve_quota", 0, source=source, finished=kept)
    assert without_timings(last.record) == without_timings(whole[2].record)
