"""Trainings: who is drawn, what the network is told, whose losses are weighed."""

import copy
import math

import numpy as np
import pytest
import torch

from fairal.config import LearnerConfig
from fairal.learner import robust
from fairal.learner.fit import fit
from fairal.learner.folds import two_folds
from fairal.learner.lesson import condition_of, plain_lesson, plan_lesson
from fairal.learner.network import Segmenter, build_network, channels, conditions_of
from fairal.learner.predict import Predictor
from fairal.learner.quick import quicken
from fairal.learner.robust import StratumWeights
from fairal.learner.schedules import SCHEDULES
from fairal.learner.trainings import TRAININGS
from fairal.seeds import stream

SMALL = LearnerConfig(channels=(4, 8), steps=12, batch_size=2)
CPU = torch.device("cpu")
TWO, THREE = ("reference", "biased"), ("a", "b", "c")


def order_of(training, groups, names=TWO, seed=0, **config):
    return plan_lesson(training, groups, names, SMALL.model_copy(update=config), seed).order


# ------------------------------------------------------------------ schedules


def test_plain_draws_are_whole_shuffles_that_depend_on_seed_and_count_alone():
    order = order_of("plain", ["reference"] * 5, steps=10)
    assert order.shape == (10, 2)
    assert all(sorted(order.flatten()[i : i + 5]) == [0, 1, 2, 3, 4] for i in range(0, 20, 5))
    assert np.array_equal(order, order_of("plain", ["biased"] * 5, steps=10))
    assert np.array_equal(order, plain_lesson(5, SMALL.model_copy(update={"steps": 10}), 0).order)
    assert not np.array_equal(order, order_of("plain", ["reference"] * 5, seed=1, steps=10))


def test_plain_draws_are_the_numbers_that_fits_of_earlier_versions_saw():
    rng = stream(7, "batches")
    expected = np.concatenate([rng.permutation(5) for _ in range(6)])[:24].reshape(12, 2)
    assert np.array_equal(order_of("plain", ["reference"] * 5, seed=7), expected)
    assert expected[:3].tolist() == [[1, 2], [0, 4], [3, 4]]


@pytest.mark.parametrize(("groups", "batch"), [("aaaaab", 2), ("aaaabbbbbb", 4), ("aab", 3)])
def test_balanced_batches_hold_both_groups_equally(groups, batch):
    order = order_of("balanced", list(groups), "ab", steps=20, batch_size=batch)
    drawn = np.array(list(groups))[order]
    assert (drawn == "a").sum() == (drawn == "b").sum() == 10 * batch
    if batch % 2 == 0:
        assert ((drawn == "a").sum(axis=1) == batch // 2).all()


def test_balanced_draws_three_groups_in_turns_and_shuffles_whole_groups():
    groups = list("aaaabbc")
    order = order_of("balanced", groups, THREE, steps=24).flatten()
    drawn = np.array(groups)[order]
    assert all(sorted(drawn[i : i + 3]) == list("abc") for i in range(0, 48, 3))
    assert len({tuple(drawn[i : i + 3]) for i in range(0, 48, 3)}) > 1
    of_a = order[drawn == "a"]
    assert all(sorted(of_a[i : i + 4]) == [0, 1, 2, 3] for i in range(0, 16, 4))


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_schedule_works_with_one_subject_and_with_a_group_that_has_none(schedule):
    alone = SCHEDULES[schedule](["a"], SMALL, stream(0, "x"))
    assert (alone == 0).all()
    two_of_three = SCHEDULES[schedule](["a", "c", "c"], SMALL, stream(0, "x"))
    assert set(two_of_three.flatten()) == {0, 1, 2}


# ------------------------------------------------------------------ lessons


@pytest.mark.parametrize("training", TRAININGS)
def test_every_training_says_what_the_network_is_told(training):
    lesson = plan_lesson(training, ["biased", "reference", "biased"], TWO, SMALL, 0)
    told = TRAININGS[training].needs_group_at_prediction
    assert ("must be known" in TRAININGS[training].does) == told
    assert (lesson.condition is not None) == told
    if told:
        assert lesson.condition.tolist() == [[-1], [1], [-1]]
    assert (lesson.strata is None) == (training != "group_dro")


def test_three_groups_are_told_apart_by_two_channels_that_sum_to_nothing():
    codes = condition_of("conditional", list("abc"), THREE)
    assert codes.tolist() == [[1, 0], [0, 1], [-1, -1]]
    assert codes.dtype == np.float32
    assert plan_lesson("group_dro", list("cab"), THREE, SMALL, 0).strata.tolist() == [2, 0, 1]


@pytest.mark.parametrize("groups", ["a", "ab", "aaaaab", "aaabbbc", "aabbccdde"])
def test_folds_are_even_inside_groups_and_in_all(groups):
    fold = two_folds(list(groups), seed=3)
    for own in (fold, *(fold[np.array(list(groups)) == group] for group in set(groups))):
        assert abs((own == 0).sum() - (own == 1).sum()) <= 1
    assert np.array_equal(fold, two_folds(list(groups), seed=3))


def test_folds_are_drawn_by_the_seed():
    assert len({tuple(two_folds(list("aaaabb"), seed)) for seed in range(9)}) > 1


# ------------------------------------------------------------------ group DRO


def test_the_weights_of_strata_by_hand(monkeypatch):
    monkeypatch.setattr(robust, "STEP_SIZE", math.log(2))
    weights = StratumWeights(torch.tensor([0, 0, 1]))
    # Losses 1 and 2: factors 2 and 4 on a half each, normalised to 1/3 and 2/3.
    losses = torch.tensor([0.5, 2.0, 1.5], requires_grad=True)
    loss = weights.weigh(losses, torch.tensor([0, 1, 0]))
    assert weights.q.tolist() == pytest.approx([1 / 3, 2 / 3])
    assert loss.item() == pytest.approx(1 / 3 * 1 + 2 / 3 * 2)
    loss.backward()
    assert losses.grad.tolist() == pytest.approx([1 / 6, 2 / 3, 1 / 6])  # no slope goes through the weights
    # A batch of stratum 0 alone: 1/3 · 2 against 2/3 gives a half each.
    assert weights.weigh(torch.tensor([1.0]), torch.tensor([0])).item() == pytest.approx(0.5)
    assert weights.q.tolist() == pytest.approx([0.5, 0.5])


def test_a_stratum_without_subjects_has_no_weight():
    weights = StratumWeights(torch.tensor([0, 2, 2]))
    assert weights.q.tolist() == [0.5, 0, 0.5]
    weights.weigh(torch.tensor([0.3, 0.9]), torch.tensor([0, 2]))
    assert weights.q[1] == 0
    assert weights.q.sum() == pytest.approx(1)


# ------------------------------------------------------------------ a network that is told the group


def test_channels_are_the_volume_and_the_volume_times_its_condition():
    volumes = torch.randn(2, 3, 4, 5)
    told = channels(volumes, torch.tensor([[1.0, 0.0], [-1.0, -1.0]]))
    assert told.shape == (2, 3, 3, 4, 5)
    assert torch.equal(told[:, 0], volumes)
    assert torch.equal(told[0, 1:], torch.stack([volumes[0], torch.zeros(3, 4, 5)]))
    assert torch.equal(told[1, 1:], torch.stack([-volumes[1], -volumes[1]]))


@pytest.mark.parametrize("units", [0, 2])
@pytest.mark.parametrize("conditions", [1, 2])
def test_a_network_that_is_told_starts_where_one_starts_that_is_not(units, conditions):
    config = LearnerConfig(channels=(4, 8, 16), residual_units=units)
    plain, told = build_network(config, 5).eval(), build_network(config, 5, conditions=conditions).eval()
    assert conditions_of(plain.state_dict()) == 0
    assert conditions_of(told.state_dict()) == conditions
    volumes = torch.randn(2, 16, 8, 12)
    same = plain(channels(volumes)), told(channels(volumes, torch.randn(2, conditions)))
    assert torch.allclose(*same, atol=1e-5)


def test_a_quickened_network_that_is_told_has_the_originals_output():
    torch.manual_seed(0)
    plain = Segmenter(LearnerConfig(channels=(4, 8, 16), dropout=0.0), conditions=1)
    quick = copy.deepcopy(plain)
    quicken(quick)
    volumes = torch.randn(2, 2, 16, 24, 8)
    assert torch.allclose(plain(volumes), quick(volumes), atol=1e-5)


def test_a_predictor_wants_to_be_told_what_the_network_was_told():
    config = LearnerConfig(channels=(4, 8))
    volumes, groups = torch.randn(3, 8, 8, 8), torch.tensor([[1.0], [-1.0], [1.0]])
    plain = Predictor(build_network(config, 0).state_dict(), config, CPU)
    told = Predictor(build_network(config, 0, conditions=1).state_dict(), config, CPU)
    with pytest.raises(ValueError, match="told 1 conditions in training, got 0"):
        told.probabilities(volumes)
    with pytest.raises(ValueError, match="told 0 conditions in training, got 1"):
        plain.probabilities(volumes, groups)
    assert told.probabilities(volumes, groups).shape == (3, 8, 8, 8)
    assert told.embeddings(volumes, groups).shape == (3, 8)
    passes = told.dropout_passes(volumes[0], 4, 5, groups[0])
    assert passes.shape == (4, 8, 8, 8)
    assert not torch.equal(passes[0], passes[1])


# ------------------------------------------------------------------ fits


@pytest.fixture(scope="module")
def opposites():
    """Blobs that only the group tells from what is to be left out: bright in one group, dark in the other."""
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    groups = ["reference", "biased"] * 3
    volumes = 0.1 * torch.randn(6, 12, 12, 12, generator=generator)
    bright, dark = torch.zeros(12, 12, 12, dtype=torch.bool), torch.zeros(12, 12, 12, dtype=torch.bool)
    bright[2:6, 2:6, 2:6] = dark[7:11, 7:11, 7:11] = True
    masks = torch.stack([bright if group == "reference" else dark for group in groups])
    for volume in volumes:
        volume[bright], volume[dark] = volume[bright] + 2, volume[dark] - 2
    return volumes, masks, groups


@pytest.mark.parametrize("training", TRAININGS)
def test_every_training_learns_and_is_a_pure_function_of_its_input(training, opposites):
    volumes, masks, groups = opposites
    config = LearnerConfig(channels=(8, 16), steps=60, batch_size=2)
    lesson = plan_lesson(training, groups, TWO, config, 0)
    trained, again = (fit(volumes, masks, config, 0, lesson=lesson) for _ in range(2))
    assert trained.losses == again.losses
    assert np.mean(trained.losses[-5:]) < 0.8 * np.mean(trained.losses[:5])


def test_plain_is_what_a_fit_does_that_is_given_no_lesson(opposites):
    volumes, masks, groups = opposites
    given = fit(volumes, masks, SMALL, 0, lesson=plan_lesson("plain", groups, TWO, SMALL, 0))
    left = fit(volumes, masks, SMALL, 0)
    assert given.losses == left.losses
    assert all(torch.equal(given.weights[name], value) for name, value in left.weights.items())


def test_a_network_that_is_told_the_group_answers_by_it(opposites):
    volumes, masks, groups = opposites
    config = LearnerConfig(channels=(8, 16), steps=120, batch_size=2, dropout=0.0)
    trained = fit(volumes, masks, config, 0, lesson=plan_lesson("balanced_conditional", groups, TWO, config, 0))
    predictor, told = (
        Predictor(trained.weights, config, CPU),
        torch.from_numpy(condition_of("conditional", groups, TWO)),
    )
    right, wrong = (predictor.probabilities(volumes, c) > 0.5 for c in (told, -told))
    assert (right & masks).sum() > 0.9 * masks.sum()
    assert (wrong & masks).sum() < 0.1 * masks.sum()


def test_group_dro_with_equal_weights_is_the_balanced_training(opposites, monkeypatch):
    volumes, masks, groups = opposites
    monkeypatch.setattr(robust, "STEP_SIZE", 0.0)
    losses = [
        fit(volumes, masks, SMALL, 0, lesson=plan_lesson(training, groups, TWO, SMALL, 0)).losses
        for training in ("balanced", "group_dro")
    ]
    assert np.allclose(*losses, atol=1e-3)
