"""Experiments made up from known curves: what comes back, and when nothing may come back."""

import json

import numpy as np
import pytest
from known_curves import experiment, law, lose
from tiny import tiny_config
from typer.testing import CliRunner

from fairal.cli import app
from fairal.errors import InputError
from fairal.report.how_many import BackTest, how_many, how_many_json, make_forecast, then
from fairal.report.how_many.chart import curves_chart, curves_frame, seen_frame
from fairal.report.how_many.seen import distinct, seen_of
from fairal.report.results import ExperimentResult, RunResult, read_experiment
from fairal.runs.paths import RunKey

A, B = law(0.10, 0.20, 0.0, 1.0), law(0.10, 0.40, 0.0, 1.0)
"""At 24 of a and 2 of b, entropy's end, errors are 0.1083 and 0.3: the gap is below 0.05 from 0.1 + 0.4 / n < 0.1583,
n > 6.9 on, with 7 of b, 5 more; and below 0.02 from n > 14.1 on, with 15 of b, 13 more."""


def test_known_curves_come_back():
    laws = {"a": law(0.08, 0.30, 0.2, 0.7), "b": law(0.12, 0.50, 0.1, 0.5)}
    curves = make_forecast(experiment(laws, seeds=1)).curves
    assert [(c.a, c.b, c.c, c.k) for c in curves] == [
        pytest.approx((0.08, 0.30, 0.2, 0.7), abs=1e-4), pytest.approx((0.12, 0.50, 0.1, 0.5), abs=1e-4)
    ]  # fmt: skip
    assert [c.seen for c in curves] == [(4, 24), (2, 22)]
    assert curves[0].reach == pytest.approx((4.4, 24.4))  # 4 + 0.2 · 2; 24 + 0.2 · 2; by weighted entropy 4 + 0.2 · 22
    assert max(c.residual for c in curves) < 1e-6


def test_labels_of_others_that_do_harm_come_back_as_a_share_below_0():
    laws = {"a": law(0.10, 0.20, -0.05, 1.0), "b": law(0.10, 0.40, -0.05, 1.0)}
    assert [c.c for c in make_forecast(experiment(laws, seeds=1)).curves] == pytest.approx([-0.05, -0.05], abs=1e-4)


@pytest.mark.parametrize(("wanted", "more"), [(0.05, 5), (0.02, 13)])
def test_the_count_by_hand(wanted, more):
    answer = how_many(make_forecast(experiment({"a": A, "b": B})), wanted)
    assert (answer.group, answer.more, answer.interval) == ("b", more, (more, more))
    assert answer.text == (f"About {more} more of b bring the gap in surface Dice below {wanted} ({more} to {more}).")


def test_one_may_go_on_from_an_earlier_round():
    """Entropy's second: 12 of a, 2 of b; 0.1 + 0.4 / n < 0.1 + 0.2 / 12 + 0.045 from n > 6.5 on."""
    forecast = make_forecast(experiment({"a": A, "b": B}), round_=2)
    assert forecast.now.counts.tolist() == [12, 2]
    assert how_many(forecast, 0.045).more == 5


def test_the_reverse_by_hand():
    forecast = make_forecast(experiment({"a": A, "b": B}))
    found = then(forecast, "b", 8, 0.05)  # 0.1 + 0.4 / 10 − 0.1 − 0.2 / 24
    assert (found.gap, found.interval) == (
        pytest.approx(0.04 - 0.2 / 24),
        pytest.approx([0.04 - 0.2 / 24] * 2, abs=2e-3),
    )
    assert found.text.startswith("8 more of b would leave the gap in surface Dice at 0.032 (0.0")
    assert then(forecast, "b", 21, 0.05) == (
        "21 more of b lie outside of what was seen: up to 22 labelled of b were seen. No number."
    )


def test_where_a_group_pays_for_it_the_answer_says_so():
    """23 of a, 7 of b: 0.05 + 1 / 21.6 against 0.1 + 0.4 / 7; with 19 of b 0.1021 against 0.1211."""
    laws = {"a": law(0.05, 1.0, -0.2, 1.0), "b": law(0.10, 0.40, 0.0, 1.0)}
    answer = how_many(make_forecast(experiment(laws, start=(8, 2)), arm="random"), 0.02)
    assert (answer.group, answer.more) == ("b", 12)
    assert answer.text.endswith("; the error of a rises by 0.006.")


def test_intervals_hold_the_truth_about_as_often_as_they_say(monkeypatch):
    monkeypatch.setattr(
        "fairal.report.how_many.forecast.back_test", lambda seen: BackTest(0.0, 0.0, 1)
    )  # half the time
    held, widths, needed = 0, [], 5  # 20 of a and 2 of b: 0.1 + 0.4 / n < 0.16 from n = 7 on
    for draw in range(50):
        forecast = make_forecast(experiment({"a": A, "b": B}, noise=0.01, rounds=4, draw=draw), draws=60)
        answer = how_many(forecast, 0.05, "b")
        low, high = answer.interval
        held += low <= needed <= (high or np.inf)
        widths.append((high or 20) - low)
    assert held >= 43
    assert 1 <= np.median(widths) <= 6


def test_beyond_what_was_seen_there_is_no_number():
    forecast = make_forecast(experiment({"a": A, "b": B}))
    content = how_many_json(forecast, 0.005)
    assert content["answer"] is None
    assert content["reason"] == (
        "Within what was seen, labels of b alone do not bring the gap in surface Dice below 0.005: up to 22 labelled "
        "of b were seen, where it is 0.010. Beyond that nothing is known: no number."
    )
    assert "outside of what was seen" in how_many(
        make_forecast(experiment({"a": A, "b": B}), arm="weighted_entropy"), 0.005, "b"
    )


def test_one_seed_has_an_answer_without_an_interval():
    answer = how_many(make_forecast(experiment({"a": A, "b": B}, seeds=1)), 0.05)
    assert (answer.more, answer.interval) == (5, None)
    assert answer.text.endswith("below 0.05 (1 seed: no interval, it takes 3).")


def test_of_three_groups_the_one_that_helps_is_named():
    picks = {"random": (2, 1, 1), "entropy": (2, 2, 0), "weighted_entropy": (0, 0, 4), "parity": (0, 4, 0)}
    laws = {"a": A, "b": A, "c": B}
    forecast = make_forecast(experiment(laws, picks, start=(4, 4, 2)))
    answer = how_many(forecast, 0.05)  # entropy ends with 14, 14, 2: 0.1 + 0.4 / n < 0.1643 from n > 6.2 on
    assert (answer.group, answer.more, answer.interval) == ("c", 5, (5, 5))
    assert how_many(forecast, 0.05, "b").startswith("Within what was seen, labels of b alone do not bring the gap in ")


def test_a_flat_curve_gives_no_number():
    forecast = make_forecast(experiment({"a": A, "b": law(0.2, 0.0, 0.0, 1.0)}, noise=0.003))
    assert how_many(forecast, 0.05, "b").startswith("The curve of b is flat: with 20 more its error falls by 0.00")


def test_failures_are_left_out_and_counted():
    forecast = make_forecast(lose(experiment({"a": A, "b": B}), "b", every=4), "assd_mm")
    answer = how_many(forecast, 0.05)
    assert (answer.group, answer.more) == ("b", 5)
    assert "the gap in ASSD below 0.05 mm" in answer.text
    assert forecast.now.failures.tolist() == [0, 5]  # one of each seed
    assert set(forecast.seen.cases[:, 1]) == {3}


def test_a_group_that_is_never_found_has_no_curve():
    result = lose(experiment({"a": A, "b": B}, seeds=3), "b", every=1)
    content = how_many_json(make_forecast(result, "assd_mm"), 0.1)
    assert content["curves"]["b"] is None
    assert content["reason"] == "The error of b was not seen at enough different counts to fit a curve: no number."
    assert content["now"]["error_by_group"] == {"a": pytest.approx(0.1 + 0.2 / 24), "b": None}
    json.dumps(content, allow_nan=False)


def test_curves_that_miss_the_next_round_by_more_than_the_gap_wanted_give_no_number():
    forecast = make_forecast(experiment({"a": A, "b": B}, noise=0.05))
    assert forecast.back_test.error > 0.01
    assert how_many(forecast, 0.01).startswith("The curves do not fit: fitted to earlier rounds they miss the gap in ")
    assert then(forecast, "b", 1, 0.01).startswith("The curves do not fit")


def test_the_back_test_by_hand():
    """A fit takes six points: the shared start and rounds 1 to 3 of two arms. Round 4 is left to predict, once an arm.

    Entropy goes on from 7 and 8 to 8 and 10, random from 10 and 5 to 12 and 6.
    """
    result = experiment({"a": A, "b": B}, {"entropy": (1, 2), "random": (2, 1)}, seeds=1, rounds=4)
    test = make_forecast(result).back_test
    entropy = abs((0.4 / 10 - 0.2 / 8) - (0.4 / 8 - 0.2 / 7))
    random = abs((0.4 / 6 - 0.2 / 12) - (0.4 / 5 - 0.2 / 10))
    assert test.predictions == 2
    assert test.error < 1e-6
    assert test.naive_error == pytest.approx((entropy + random) / 2)


def test_two_rounds_are_too_few_for_a_back_test():
    forecast = make_forecast(experiment({"a": A, "b": B}, rounds=1))
    assert forecast.back_test is None
    assert how_many(forecast, 0.05) == "There are too few rounds to test the curves on: no number."


def test_the_shared_start_counts_once_and_other_trainings_and_references_not_at_all():
    result = experiment({"a": A, "b": B}, seeds=2, rounds=2)
    others = experiment({"a": A, "b": B}, {"entropy+balanced": (1, 1)}, seeds=2, rounds=2).runs
    reference = RunResult(
        RunKey("made-up-1", "full_pool-0"), "full_pool", 0, "reference", "done", "", [], others[0].records
    )
    more = ExperimentResult("made-up-1", "", result.config, [*result.runs, *others, reference])
    seen = seen_of(more, make_forecast(result).measure, "plain")
    assert len(seen) == 2 * 3 * 3
    assert len(distinct(seen)) == 2 * (1 + 3 * 2)


def test_a_gap_that_is_small_already_needs_no_more():
    answer = how_many(make_forecast(experiment({"a": A, "b": B})), 0.2)
    assert answer.more == 0
    assert answer.text == (
        "By the curves the gap in surface Dice is below 0.2 already, at 0.192; 0.192 was measured (0 to 0)."
    )


def test_the_draws_are_the_same_each_time():
    result = experiment({"a": A, "b": B}, noise=0.01)
    assert how_many(make_forecast(result), 0.05) == how_many(make_forecast(result), 0.05)


def test_json_has_the_promised_shape():
    content = how_many_json(make_forecast(experiment({"a": A, "b": B}, noise=0.005)), 0.05, more=5)
    assert set(content) == {
        "experiment", "measure", "gap_wanted", "seeds", "now", "curves", "back_test", "answer", "reason", "then",
        "then_reason",
    }  # fmt: skip
    assert {"a", "b", "c", "k", "seen"} <= set(content["curves"]["a"])
    assert set(content["back_test"]) == {"error", "naive_error", "predictions"}
    assert set(content["answer"]) == {"group", "more", "interval", "text"}
    assert set(content["then"]) == {"group", "more", "gap", "interval", "text"}
    assert content["now"]["labelled_by_group"] == {"a": 24, "b": 2}
    json.dumps(content, allow_nan=False)


def test_the_figure_draws_nothing_beyond_what_was_seen():
    forecast = make_forecast(experiment({"a": A, "b": B}, noise=0.005))
    curves, points = curves_frame(forecast), seen_frame(forecast)
    spans = {g: (own.labelled.min(), own.labelled.max()) for g, own in curves.groupby("group")}
    assert spans["a"][0] >= 4
    assert spans["a"][1] <= 24
    assert spans["b"][0] >= 2
    assert spans["b"][1] <= 22
    assert ((curves.low <= curves.error) & (curves.error <= curves.high)).mean() > 0.9
    assert len(points) <= 2 * len(forecast.seen)
    assert len(curves_chart(forecast).to_dict()["layer"]) == 4


def test_one_seed_has_no_band():
    assert curves_frame(make_forecast(experiment({"a": A, "b": B}, seeds=1))).low.isna().all()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (lambda f, r: how_many(f, 0.05, "x"), "The group must be one of a, b, got 'x'."),
        (lambda f, r: how_many(f, 0.0), "The gap wanted must lie above 0, got 0."),
        (lambda f, r: then(f, "a", -1, 0.05), "The number of further labels must be at least 0, got -1."),
        (lambda f, r: make_forecast(r, arm="x"), "The arm must be one of random, entropy, weighted_entropy, got 'x'."),
        (lambda f, r: make_forecast(r, round_=6), "The round must lie in 0..5, as far as entropy has come, got 6."),
        (lambda f, r: make_forecast(r, "x"), "The measure must be one of dice, surface_dice, "),
    ],
)
def test_a_mistake_is_one_sentence(asked, said):
    result = experiment({"a": A, "b": B}, seeds=1)
    with pytest.raises(InputError) as error:
        asked(make_forecast(result), result)
    assert str(error.value).startswith(said)


@pytest.fixture
def stored(store):
    result = experiment({"reference": A, "biased": B}, seeds=3)
    name, _ = store.create(tiny_config(seeds=[0, 1, 2], query={"rounds": 5}))
    for key in store.runs(name):
        [run] = [run for run in result.runs if run.key.run == key.run]
        for r in run.records:
            store.append_round(key, r, None)
    return store, name


def test_the_command_line_answers(stored):
    store, name = stored
    told = CliRunner().invoke(app, ["more", name, "--gap", "0.05", "--add", "8", "--home", str(store.home)])
    assert told.exit_code == 0
    lines = told.stdout.splitlines()
    assert lines[0] == (
        f"{name}, entropy, round 5: 24 of reference, 2 of biased labelled, the gap in surface Dice between the "
        "means over seeds is 0.192; 48 fits, 3 seeds."
    )
    assert (
        lines[1] == "About 5 more of biased bring the gap in surface Dice below 0.05 (5 to 5, too narrow with 3 seeds)."
    )
    assert lines[2].startswith("8 more of biased would leave the gap in surface Dice at 0.032 (")
    assert lines[3].startswith("Back-test: fitted to earlier rounds the curves miss ")
    content = json.loads(CliRunner().invoke(app, ["more", name, "--json", "--home", str(store.home)]).stdout)
    assert content == json.loads(json.dumps(how_many_json(make_forecast(read_experiment(store, name)), 0.02)))
    assert (content["experiment"], content["measure"], content["gap_wanted"]) == (name, "surface_dice", 0.02)
