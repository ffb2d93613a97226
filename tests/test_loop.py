import itertools

import numpy as np
import pytest
import torch
from tiny import tiny_config

from fairal.errors import InputError, RunError
from fairal.learner.fit import fit
from fairal.loop.run import active_learning, build_both, fit_key, initial_set
from fairal.strategies.pool import Picks


@pytest.fixture(scope="module")
def cohorts(smoke):
    drawn = build_both(smoke.cohort, 0, lambda *_: None)
    return lambda config, seed, progress: drawn


@pytest.fixture(scope="module")
def rounds(smoke, cohorts):
    torch.set_num_threads(1)
    return list(active_learning(smoke, "weighted_entropy", 0, cohorts=cohorts, keep_volumes=True))


def without_timings(record: dict) -> dict:
    return {name: value for name, value in record.items() if name not in ("seconds", "cached")}


def test_rounds_counts_queries(rounds):
    assert [r.record["round"] for r in rounds] == [0, 1, 2]
    assert [r.labelled for r in rounds] == [3, 5, 7]
    assert [len(r.record["picked"] or []) for r in rounds] == [2, 2, 0]
    assert rounds[-1].record["picked"] is None


def test_what_is_picked_is_labelled_next_and_nothing_twice(rounds):
    for before, after in itertools.pairwise(rounds):
        assert after.record["labelled"] == before.record["labelled"] + [p["id"] for p in before.record["picked"]]
    assert len(set(rounds[-1].record["labelled"])) == 7


def test_a_record_holds_the_facts(rounds, smoke):
    record = rounds[0].record
    assert record["labelled_by_group"] == {"reference": 2, "biased": 1}
    assert set(record["weights"]) == set(record["labelled_dice"]) == {"reference", "biased"}
    assert len(record["losses"]) == smoke.learner.steps
    assert len(record["test"]["dice"]) == 8
    assert len(record["labelled_cases"]["dice"]) == 3
    assert set(record["seconds"]) == {"cohort", "fit", "measure", "pick"}
    own = [
        d
        for d, g in zip(record["labelled_cases"]["dice"], record["labelled_cases"]["group"], strict=True)
        if g == "biased"
    ]
    assert record["labelled_dice"]["biased"] == pytest.approx(np.mean(own))
    errors = {g: 1 - d for g, d in record["labelled_dice"].items()}
    mean = sum(errors.values()) / 2
    assert record["weights"] == pytest.approx({g: e / mean for g, e in errors.items()})


def test_scores_are_weight_times_uncertainty(rounds):
    for pick in rounds[0].record["picked"]:
        weight = rounds[0].record["weights"][pick["group"]]
        assert pick["score"] == pytest.approx(weight * pick["uncertainty"])


def test_volumes_are_kept_for_matched_test_subjects_and_picks(rounds, smoke):
    volumes = rounds[0].volumes
    assert {p["id"] for p in rounds[0].record["picked"]} < set(volumes.probability)
    assert sum(name.startswith("test") for name in volumes.probability) == 6
    for maps in volumes.maps.values():
        assert {m.shape for m in maps.values()} == {smoke.cohort.shape}
        assert {m.dtype for m in maps.values()} == {np.dtype(np.uint8)}
    assert volumes.maps["reference"]["truth"].max() > 200  # every reference subject has its caudate about there


def test_a_run_continues_with_the_same_numbers(smoke, cohorts, rounds):
    for finished in (1, 2):
        rest = list(
            active_learning(
                smoke, "weighted_entropy", 0, cohorts=cohorts, finished=[r.record for r in rounds[:finished]]
            )
        )
        assert [without_timings(r.record) for r in rest] == [without_timings(r.record) for r in rounds[finished:]]


def test_strategies_of_a_seed_share_their_start(smoke, cohorts, rounds):
    other = next(active_learning(smoke, "random", 0, cohorts=cohorts))
    first = rounds[0].record
    assert other.record["fit"] == first["fit"]
    assert other.record["test"] == first["test"]
    assert other.record["labelled"] == first["labelled"]


def test_the_initial_set_is_that_of_the_configuration(smoke, cohorts):
    pool, _ = cohorts(smoke.cohort, 0, None)
    groups = {s.id: s.group for s in pool.subjects}
    assert [groups[i] for i in initial_set(smoke, 0)] == ["reference", "reference", "biased"]
    assert initial_set(smoke, 0) == initial_set(smoke, 0) != initial_set(smoke, 1)


def test_a_start_without_a_group_gives_it_weight_as_if_it_had_dice_0(cohorts):
    config = tiny_config(query={"start": {"reference": 3, "biased": 0}})
    record = next(active_learning(config, "weighted_entropy", 0, cohorts=cohorts)).record
    assert record["labelled_dice"]["biased"] == 0.0
    assert record["weights"]["biased"] > record["weights"]["reference"]


def test_references_are_single_fits(smoke, cohorts):
    [only] = active_learning(smoke, "reference_only", 0, cohorts=cohorts)
    [everyone] = active_learning(smoke, "full_pool", 0, cohorts=cohorts)
    assert only.record["labelled_by_group"] == {"reference": 10, "biased": 0}
    assert everyone.labelled == 16
    assert list(active_learning(smoke, "full_pool", 0, cohorts=cohorts, finished=[everyone.record])) == []


def test_the_start_is_trained_on_its_subjects_alone_with_the_pools_numbers(cohorts):
    config = tiny_config(query={"start": {"reference": 2, "biased": 1}, "rounds": 0})
    heard = []

    def late(*request):
        heard.append("cohort")
        return cohorts(*request)

    def fits(key, train):
        trained = train()
        heard.append("trained")
        pool, at = cohorts(config.cohort, 0, None)[0], sorted(initial_set(config, 0))
        rows = [i for i, s in enumerate(pool.subjects) if s.id in at]
        volumes, masks = torch.from_numpy(pool.t1[rows]), torch.from_numpy(pool.mask[rows])
        assert fit(volumes, masks, config.learner, 0).losses == trained.losses
        return trained, False

    next(active_learning(config, "random", 0, cohorts=late, fits=fits))
    assert heard == ["trained", "cohort"]


def test_the_key_of_a_fit_knows_what_the_numbers_depend_on(smoke):
    cpu = torch.device("cpu")
    key = fit_key(smoke, ["b", "a"], 0, cpu)
    assert key == fit_key(smoke, ["a", "b"], 0, cpu)
    assert key == fit_key(smoke.model_copy(update={"strategies": ("random",)}), ["a", "b"], 0, cpu)
    assert key != fit_key(smoke, ["a"], 0, cpu)
    assert key != fit_key(smoke, ["a", "b"], 1, cpu)
    assert key != fit_key(tiny_config(learner={"steps": 9}), ["a", "b"], 0, cpu)
    assert key != fit_key(smoke, ["a", "b"], 0, torch.device("cuda"))


def test_progress_may_stop_a_run(smoke, cohorts):
    class Enough(Exception):
        pass

    heard = []

    def progress(part, done, total):
        heard.append(part)
        if part == "pick":
            raise Enough

    with pytest.raises(Enough):
        next(active_learning(smoke, "entropy", 0, cohorts=cohorts, progress=progress))
    assert heard[0] == "fit"
    assert "measure" in heard


def test_a_strategy_of_ones_own_is_held_to_its_word(smoke, cohorts):
    def greedy(pool, k, rng):
        return Picks(pool.ids[: k + 1])

    with pytest.raises(InputError, match="must pick 2 distinct subjects"):
        next(active_learning(smoke, greedy, 0, cohorts=cohorts))


def test_a_strategy_is_not_shown_the_pools_masks(smoke, cohorts):
    seen = {}

    def curious(pool, k, rng):
        seen.update({name: getattr(pool, name) for name in vars(pool)})
        return Picks(pool.ids[:k])

    next(active_learning(smoke, curious, 0, cohorts=cohorts))
    assert set(seen) == {
        "ids", "groups", "labelled_dice", "weights", "spacing_mm", "sweep", "embed", "labelled_counts", "held_out",
        "history",
    }  # fmt: skip


def test_a_loss_that_is_not_finite_ends_the_run(cohorts):
    config = tiny_config(learner={"learning_rate": 1e6, "steps": 40})
    with pytest.raises(RunError, match="stopped being finite at step"):
        list(active_learning(config, "random", 0, cohorts=cohorts))
