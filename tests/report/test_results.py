import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny import tiny_config, tiny_record

from fairal.facts.record import Cases, Pick, Record
from fairal.facts.state import RunState
from fairal.fairness.disparity import who_paid
from fairal.fairness.judgement import judge
from fairal.fairness.measures import MEASURES
from fairal.report.comparison import summarise_experiment
from fairal.report.evidence import verdicts
from fairal.report.frames import (
    cases_frame,
    groups_frame,
    measures_frame,
    picks_frame,
    readable,
    rounds_frame,
    summary_frame,
)
from fairal.report.quantity import RETRAINING_SD, retraining_sd
from fairal.report.results import comparable_round, read_experiment
from fairal.report.summary import experiment_json, headline, paid_sentence

GROUPS = ("reference", "biased")


def record(round_: int, reference: list[float], biased: list[float], last=False) -> Record:
    """A record of matched test cases with the given Dice."""
    pairs = list(zip(reference, biased, strict=True))
    dice = tuple(d for pair in pairs for d in pair)
    ids = tuple(f"t{i}{g}" for i in range(len(pairs)) for g in GROUPS)
    others = ("assd_mm", "hd95_mm", "surface_dice", "volume_mm3", "predicted_mm3", "volume_error")
    cases = Cases(id=ids, group=GROUPS * len(pairs), dice=dice, **dict.fromkeys(others, (1.0,) * len(ids)))
    return tiny_record(
        round_, labelled=tuple(f"s{i}" for i in range(3 + 2 * round_)), labelled_mm3=1000.0 * (round_ + 1),
        labelled_by_group={"reference": 2, "biased": 1 + 2 * round_}, weights={"reference": 0.5, "biased": 1.5},
        picked=None if last else tuple(Pick(f"x{round_}{i}", "biased") for i in range(2)),
        labelled_dice={"reference": 0.9, "biased": 0.7}, test=cases,
    )  # fmt: skip


@pytest.fixture
def made_up(store):
    """Three seeds; final gaps of entropy 0.10, 0.12, 0.08, of weighted entropy 0.02, 0.03, 0.01; random none yet."""
    config = tiny_config(seeds=[0, 1, 2], query={"rounds": 1})
    experiment, _ = store.create(config)
    final = {"entropy": (0.10, 0.12, 0.08), "weighted_entropy": (0.02, 0.03, 0.01)}
    for key in store.runs(experiment):
        store.append_round(key, record(0, [0.8, 0.9], [0.6, 0.7]), None)
        if str(key.arm) in final:
            gap = final[str(key.arm)][key.seed]
            top = 0.90 if key.arm.query == "entropy" else 0.87
            store.append_round(key, record(1, [top, top], [top - gap, top - gap], last=True), None)
            store.write_state(key, RunState("done", rounds=2, rounds_done=2))
    return store, experiment


def test_a_round_is_judged_by_hand():
    judged = judge(record(0, [0.8, 1.0], [0.6, 0.8]), GROUPS)
    assert judged.dice_by_group == pytest.approx({"reference": 0.9, "biased": 0.7})
    assert (judged.dice, judged.gap, judged.signed_gap) == pytest.approx((0.8, 0.2, 0.2))
    assert judged.es_dice == pytest.approx(0.8 / 1.2)
    assert judged.picked_by_group == {"reference": 0, "biased": 2}


def test_the_summary_by_hand(made_up):
    store, experiment = made_up
    result = read_experiment(store, experiment)
    assert comparable_round(result) == 0
    rows = {row.strategy: row for row in summarise_experiment(result, at_round=1)}
    assert set(rows) == {"entropy", "weighted_entropy"}
    weighted, against = rows["weighted_entropy"], rows["weighted_entropy"].against
    assert rows["entropy"].against is None
    assert (against.reduction.value, against.reduction.over) == (pytest.approx(1 - 0.02 / 0.10), "seeds")
    low, high = against.reduction.interval
    assert low < 0.8 < high
    assert weighted.level.seeds == against.seeds == (0, 1, 2)
    assert against.difference.mean == pytest.approx(-0.08)
    assert (against.paid.worst_gain, against.paid.best_loss) == pytest.approx((0.05, 0.03))
    assert weighted.over.picked_share == {"reference": 0.0, "biased": 1.0}
    assert against.p_holm == against.difference.p < 0.01
    assert weighted.over.area["gap"] == pytest.approx((0.2 + 0.02) / 2)  # two budgets: the trapezoid's mean
    assert weighted.over.area["worst_group"] == pytest.approx((0.65 + 0.85) / 2)


def test_a_comparison_rests_on_shared_seeds_alone(made_up):
    store, experiment = made_up
    lone = next(key for key in store.runs(experiment) if key.run == "weighted_entropy-1")
    (store.run_dir(lone) / "rounds.jsonl").unlink()
    rows = {r.strategy: r for r in summarise_experiment(read_experiment(store, experiment), at_round=1)}
    against = rows["weighted_entropy"].against
    assert rows["entropy"].level.seeds == (0, 1, 2)
    assert against.seeds == (0, 2)
    assert against.base.gap == pytest.approx((0.10 + 0.08) / 2)
    assert against.own.gap == pytest.approx((0.02 + 0.01) / 2)
    assert against.reduction.value == pytest.approx(1 - 0.015 / 0.09)


def test_another_baseline_turns_the_comparison(made_up):
    result = read_experiment(*made_up)
    rows = {r.strategy: r for r in summarise_experiment(result, baseline="weighted_entropy", at_round=1)}
    assert rows["entropy"].against.reduction.value == pytest.approx(1 - 0.10 / 0.02)
    assert rows["weighted_entropy"].against is None


def test_the_headline_is_the_verdict_and_who_paid(made_up):
    result = read_experiment(*made_up)
    summary = summarise_experiment(result, at_round=0)
    assert headline(result, summary, "entropy") == ""  # one model for all: nothing to compare yet
    assert headline(result, summary, "weighted_entropy") == ""  # not against itself


def test_the_headline_of_one_seed_concludes_nothing_and_says_who_paid(store):
    experiment, _ = store.create(tiny_config(query={"rounds": 0}))
    for key in store.runs(experiment):
        gap = 0.02 if key.arm.query == "weighted_entropy" else 0.1
        store.append_round(key, record(0, [0.9, 0.9], [0.9 - gap, 0.9 - gap], last=True), None)
    result = read_experiment(store, experiment)
    text = headline(result, summarise_experiment(result), "entropy")
    assert text.startswith("Weighted entropy against entropy: One seed decides nothing")
    assert text.endswith(" The biased group gained 0.080 Dice, the reference group gained 0.000.")


def test_verdicts_rest_on_dice_and_surface_dice_over_shared_seeds(made_up):
    result = read_experiment(*made_up)
    said = verdicts(result, at_round=1)
    assert set(said) == {"entropy", "weighted_entropy"}
    assert said["entropy"].code == "baseline"
    assert "n = 3" in said["weighted_entropy"].text
    assert not said["weighted_entropy"].agree  # surface Dice is equal everywhere in these records
    assert "surface Dice" in said["weighted_entropy"].text


def test_who_paid_says_an_overshoot():
    paid = who_paid({"reference": 0.80, "biased": 0.86}, {"reference": 0.90, "biased": 0.80})
    assert paid_sentence(paid) == (
        "the biased group gained 0.060 Dice, the reference group lost 0.100; 0.060 of it overshoots: the biased group "
        "is now the better served."
    )
    paid = who_paid({"reference": 0.5, "biased": 0.6}, {"reference": 0.4, "biased": 0.8}, MEASURES["assd_mm"])
    assert paid_sentence(paid, "assd_mm") == (
        "the biased group gained 0.20 mm (ASSD), the reference group lost 0.10 mm."
    )


def test_json_has_the_promised_shape_and_finite_numbers(finished):
    store, experiment = finished
    content = experiment_json(read_experiment(store, experiment))
    assert set(content) == {"experiment", "config", "runs", "summary", "fair_line"}
    assert {"run", "strategy", "seed", "state", "role", "rounds"} == set(content["runs"][0])
    expected = {
        "round", "labelled", "labelled_by_group", "picked_by_group", "weights", "labelled_dice_by_group", "dice",
        "dice_by_group", "gap", "signed_gap", "es_dice", "cached", "seconds",
    }  # fmt: skip
    assert expected <= set(content["runs"][0]["rounds"][0])
    assert content["runs"][0]["rounds"][-1]["picked_by_group"] is None
    assert {run["role"] for run in content["runs"]} == {"strategy", "reference"}
    for row in content["summary"]:
        assert set(row) == {
            "strategy", "seeds", "dice", "dice_by_group", "gap", "signed_gap", "es_dice", "disparity_reduction",
            "interval", "worst_group_gain", "best_group_loss", "measures", "verdict",
        }  # fmt: skip
        assert set(row["measures"]) == {"dice", "surface_dice", "assd_mm", "hd95_mm", "volume_error"}
        for numbers in row["measures"].values():
            assert set(numbers) == {
                "by_group", "gap", "signed_gap", "disparity_reduction", "interval", "worst_group_gain",
                "best_group_loss", "overshoot",
            }  # fmt: skip
        assert row["measures"]["dice"]["gap"] == row["gap"]
        assert row["verdict"]["code"]
        assert row["verdict"]["text"].endswith(".")
    json.dumps(content, allow_nan=False)


def test_one_seed_is_bootstrapped_over_test_subjects(store):
    experiment, _ = store.create(tiny_config(query={"rounds": 0}))
    rng = np.random.default_rng(0)
    for key in store.runs(experiment):
        gap = 0.02 if key.arm.query == "weighted_entropy" else 0.1
        reference = 0.9 + 0.01 * rng.standard_normal(20)
        store.append_round(key, record(0, list(reference), list(reference - gap), last=True), None)
    rows = {r.strategy: r for r in summarise_experiment(read_experiment(store, experiment))}
    weighted = rows["weighted_entropy"]
    assert weighted.against.reduction.over == "test subjects"
    assert weighted.against.difference.p is None
    # All pairs differ by the same, so what is left is retraining: the mean of |N(0, 0.015)| is 0.015 · √(2/π).
    assert weighted.level.gap_by_noise == pytest.approx(retraining_sd("dice", 1) * (2 / np.pi) ** 0.5, rel=0.03)


def test_frames_have_a_row_for_each(finished):
    store, experiment = finished
    result = read_experiment(store, experiment)
    assert len(rounds_frame(result)) == 2 * (3 * 3 + 2)
    groups = groups_frame(result)
    assert len(groups) == 2 * len(rounds_frame(result))
    shares = groups.dropna(subset="share").groupby(["strategy", "seed", "round"]).share.sum()
    assert np.allclose(shares, 1)
    assert len(picks_frame(result)) == 2 * 3 * 2 * 2
    assert len(cases_frame(result)) == 10 * 8
    measures = measures_frame(result)
    assert set(measures.measure) == {"dice", "surface_dice", "assd_mm", "hd95_mm", "volume_error"}
    summary = summary_frame(summarise_experiment(result))
    assert {"mean_reference", "mean_biased", "interval_low", "overshoot"} <= set(summary.columns)
    assert math.isclose(summary.mean_reference[0], summarise_experiment(result)[0].level.by_group["reference"])


def test_cases_of_several_seeds_are_not_pooled_as_independent(made_up):
    table = measures_frame(read_experiment(*made_up)).set_index(["label", "group", "measure"])
    row = table.loc[("Entropy", "biased", "dice")]  # round 0 in all three seeds: 0.6 and 0.7
    assert (row["mean"], row.seeds, row.cases, row.failures) == (pytest.approx(0.65), 3, 6, 0)
    assert row.low == row.high == pytest.approx(0.65)  # the seeds are equal; six cases would have said 0.60 to 0.70


def test_distances_fail_and_errors_are_better_when_lower(store):
    experiment, _ = store.create(tiny_config(query={"rounds": 0}))
    for key in store.runs(experiment):
        plain = record(0, [0.9, 0.9], [0.8, 0.8], last=True)
        far = 0.5 if key.arm.query == "weighted_entropy" else 2.0
        test = replace(plain.test, assd_mm=(0.4, far, 0.4, None))  # one biased case in which nothing was found
        store.append_round(key, replace(plain, test=test), None)
    rows = {r.strategy: r for r in summarise_experiment(read_experiment(store, experiment), measure="assd_mm")}
    weighted = rows["weighted_entropy"]
    assert weighted.level.by_group == pytest.approx({"reference": 0.4, "biased": 0.5})
    assert weighted.level.failures == {"reference": 0, "biased": 1}
    assert (weighted.level.worst_group, weighted.level.signed_gap) == (pytest.approx(0.5), pytest.approx(-0.1))
    assert weighted.level.equity_scaled is None
    assert (weighted.against.paid.worst, weighted.against.paid.worst_gain) == ("biased", pytest.approx(1.5))
    assert weighted.against.reduction.value == pytest.approx(1 - 0.1 / 1.6)
    table = readable(list(rows.values()), GROUPS)
    assert {"ASSD, mm", "ASSD, biased", "Nothing found"} <= set(table.columns)


def test_frames_of_nothing_are_empty(store):
    experiment, _ = store.create(tiny_config())
    result = read_experiment(store, experiment)
    assert summarise_experiment(result) == []
    for frame in (rounds_frame, groups_frame, picks_frame, cases_frame, measures_frame):
        assert frame(result).empty


def test_a_damaged_run_counts_as_failed_and_the_others_stay(made_up):
    store, experiment = made_up
    key = store.runs(experiment)[0]
    (store.run_dir(key) / "state.json").write_text("?")
    result = read_experiment(store, experiment)
    assert result.runs[0].state == "failed"
    assert "not readable JSON" in result.runs[0].reason
    assert len(summarise_experiment(result, at_round=1)) == 2


def test_retraining_noise_is_that_of_the_nearest_measured_number_of_steps():
    steps = sorted(RETRAINING_SD)
    for count in steps:
        assert retraining_sd("dice", count) == RETRAINING_SD[count]["dice"]
    assert retraining_sd("dice", 8) == RETRAINING_SD[steps[0]]["dice"]
    assert retraining_sd("dice", 5000) == RETRAINING_SD[steps[-1]]["dice"]


def test_retraining_noise_is_what_the_benchmark_measured():
    measured = json.loads((Path(__file__).parents[2] / "benchmarks" / "retraining.json").read_text())["sd"]
    assert {int(steps) for steps in measured} == set(RETRAINING_SD)
    for steps, row in measured.items():
        assert RETRAINING_SD[int(steps)] == pytest.approx(row, rel=0.06), steps  # two digits are kept
