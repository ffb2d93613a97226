from dataclasses import replace

import pytest
from tiny import tiny_config, tiny_record

from fairal.facts.record import Cases
from fairal.facts.state import RunState
from fairal.report.results import read_experiment
from fairal.report.start import below_start, below_start_sentence
from fairal.report.study import Answer, answers, answers_table, arms_table, section
from fairal.study import DECIDING, OTHERS, ROBUSTNESS, STEPS, study

# By arm, for each of six seeds: Dice and surface Dice of the reference and of the biased group in the last round.
# Seeds wobble by 0, ±0.01, ±0.02 in both groups of an arm alike, the biased group's surface Dice by a tenth of it more.
ENDS = {
    "entropy": (0.90, 0.80, 0.86, 0.76),
    "weighted_entropy": (0.86, 0.85, 0.78, 0.86),
    "parity+balanced_conditional": (0.895, 0.83, 0.86, 0.85),
}
WOBBLE = (0.0, 0.01, -0.01, 0.02, -0.02, 0.0)


def cases(reference: tuple[float, float], biased: tuple[float, float]) -> Cases:
    rest = dict.fromkeys(("assd_mm", "hd95_mm", "volume_mm3", "predicted_mm3", "volume_error"), (0.5,) * 4)
    dice, surface = ((r, r, b, b) for r, b in zip(reference, biased, strict=True))
    return Cases(("a", "b", "c", "d"), ("reference",) * 2 + ("biased",) * 2, dice=dice, surface_dice=surface, **rest)


@pytest.fixture
def result(store):
    config = tiny_config(strategies=list(ENDS), seeds=list(range(6)), query={"rounds": 1})
    experiment, _ = store.create(config)
    for key in store.runs(experiment):
        r, b, rs, bs = ENDS[str(key.arm)]
        w = WOBBLE[key.seed]
        start = tiny_record(0, test=cases((0.80, 0.80), (0.60, 0.55)))
        end = tiny_record(1, test=cases((r + w, rs + w), (b + w, bs + 1.1 * w)))
        store.append_round(key, start, None)
        store.append_round(key, replace(end, labelled=("a", "b", "c", "d")), None)
        store.write_state(key, RunState("done", rounds=2, rounds_done=2))
    return read_experiment(store, experiment)


def test_the_fourth_question_is_decided_by_its_three_numbers(result):
    [weighted, fair] = answers(result)
    # Gaps in surface Dice: 0.10 under entropy, −0.08 and 0.01 under the others.
    assert weighted.reduction == pytest.approx(1 - 0.08 / 0.10, abs=0.01)
    assert weighted.price == pytest.approx(0.04)
    assert not weighted.meets
    assert fair.reduction == pytest.approx(0.90, abs=0.01)
    assert fair.interval[0] > 0.5
    assert fair.widened == pytest.approx(-0.035)
    assert fair.price == pytest.approx(0.005)
    assert fair.meets


@pytest.mark.parametrize(
    "changed",
    [
        {"reduction": 0.74},
        {"interval": (0.50, 1.1)},
        {"interval": None},
        {"widened": 0.001},
        {"price": 0.011},
        {"reduction": None},
    ],
)
def test_an_arm_that_misses_one_number_does_not_meet_the_question(changed):
    good = Answer("x", reduction=0.8, interval=(0.6, 1.0), widened=0.0, price=0.01)
    assert good.meets
    assert not replace(good, **changed).meets


def test_tables_show_each_arm_in_both_measures_with_its_interval(result):
    rows = arms_table(result).splitlines()
    assert len(rows) == 2 + len(ENDS)
    assert "0.900 / 0.800 | +0.100 | 0.860 / 0.760 | +0.100" in rows[2]
    assert "90% (89% to 91%)" in rows[4]
    assert "| **yes** |" in answers_table(result).splitlines()[-1]
    assert "| no |" in answers_table(result).splitlines()[-2]


def test_who_ends_below_its_own_start_is_said_with_its_interval(result):
    # Under weighted entropy the reference group went from 0.80 to 0.78; the wobble's SD of 0.0141 over six seeds makes
    # that ± 0.0148 (t = 2.571).
    [fallen] = below_start(result)
    assert (fallen.arm, fallen.group, fallen.n) == ("weighted_entropy", "reference", 6)
    assert (fallen.change, *fallen.interval) == pytest.approx((0.020, 0.005, 0.035), abs=5e-4)
    said = below_start_sentence(result)
    assert said == (
        "Worse in surface Dice than at the start of 3 labelled scans: the reference group under weighted entropy by "
        "0.020 (0.005 to 0.035, n = 6)."
    )
    assert "at the end: `weighted_entropy`, reference: 0.020 (0.005 to 0.035, n = 6)." in section(result)
    # In ASSD nothing changed.
    assert below_start(result, "assd_mm") == []


def test_the_study_is_what_its_page_says():
    deciding, _, *others = study()
    assert [len(config.seeds) for config in study()] == [10, 10, 5, 5, 5, 5, 5]
    assert {config.learner.steps for config in study()} == {STEPS}
    assert {config.query.budget for config in study()} == {30}
    assert deciding.strategies == DECIDING
    assert all(config.strategies in (ROBUSTNESS, OTHERS) for config in others)
