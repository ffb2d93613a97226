import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fairal.fairness.compared import Compared
from fairal.fairness.measures import DICE, MEASURES, Measure
from fairal.fairness.statistics import fieller_reduction, paired_difference
from fairal.report.verdict import ENOUGH_SEEDS, LEARNED_DICE, Evidence, decide

GROUPS = ("reference", "biased")
SURFACE, ASSD = MEASURES["surface_dice"], MEASURES["assd_mm"]
SCATTER = np.array([0.010, -0.010, 0.006, -0.006, 0.0, 0.004, -0.004])
COMPARED = {"closes", "levelling_down", "points", "no_difference", "widens", "turned_round"}


def compared(arm, baseline, n=5, measure: Measure = DICE, floor: float | None = 0.012) -> Compared:
    """Seeds whose biased group scatters by ±0.01 around the arm's mean, and by half of that around the baseline's."""
    scatter = np.stack([np.zeros(n), SCATTER[:n] - SCATTER[:n].mean()], axis=1)
    return Compared.of(measure, GROUPS, np.array(arm) + scatter, np.array(baseline) - scatter / 2, floor)


def said(*of: Compared, worst=0.8, baseline=0.7):
    return decide(Evidence(worst, baseline, of))


def test_an_arm_is_compared_by_hand():
    c = compared((0.86, 0.85), (0.90, 0.80))
    assert (c.worst, c.best, c.n) == ("biased", "reference", 5)
    assert c.gaps == pytest.approx((0.0, 0.02, 0.004, 0.016, 0.01))
    assert c.sizes == pytest.approx((0.10, 0.01))
    assert (c.worst_gain, c.best_loss, c.overshoot) == pytest.approx((0.05, 0.04, 0))
    assert c.change == pytest.approx(0.09)
    assert c.interval == fieller_reduction(c.gaps, c.baseline)


def test_closing_is_said_with_its_measure_its_interval_and_n():
    verdict = said(compared((0.89, 0.85), (0.90, 0.80)))
    assert verdict.code == "closes"
    signed = r"the signed gap by 60%, 95% interval \d+% to \d+%, n = 5"
    assert re.fullmatch(rf"Closes the gap in Dice by 60% \(0\.100 to 0\.040; {signed}\)\.", verdict.text)


def test_a_gap_that_closes_by_loss_is_levelling_down_and_says_that_it_closed():
    verdict = said(compared((0.83, 0.81), (0.90, 0.80)))
    assert verdict.code == "levelling_down"
    assert verdict.text.startswith("Levels down: the gap in Dice did close by 80% (0.100 to 0.020; ")
    assert verdict.text.endswith("but 0.070 of the change of 0.080 is what the reference group lost.")


def test_levelling_down_begins_where_half_of_the_change_is_loss():
    assert said(compared((0.876, 0.826), (0.90, 0.80))).code == "closes"
    assert said(compared((0.874, 0.824), (0.90, 0.80))).code == "levelling_down"


def test_past_equal_by_more_than_the_noise_is_turned_round():
    verdict = said(compared((0.80, 0.86), (0.90, 0.80)))
    assert verdict.code == "turned_round"
    assert verdict.text == (
        "Turns the gap in Dice round: the reference group is now worse served by 0.060, more than the noise of 0.012 "
        "(n = 5)."
    )
    assert said(compared((0.845, 0.855), (0.90, 0.80))).code == "closes"  # past equal by less than the noise


def test_a_wider_gap_is_said():
    verdict = said(compared((0.90, 0.75), (0.90, 0.80)))
    assert (verdict.code, verdict.text) == ("widens", "Widens the gap in Dice (0.100 to 0.150, n = 5).")


def test_few_seeds_only_point():
    verdict = said(compared((0.89, 0.85), (0.90, 0.80), n=2))
    assert verdict.code == "points"
    assert verdict.text == ("Points to a smaller gap in Dice (0.100 to 0.040): no conclusion yet, n = 2; run 5 seeds.")
    wider = said(compared((0.90, 0.75), (0.90, 0.80), n=4))
    assert wider.code == "points"
    assert wider.text.startswith("Points to a wider gap in Dice (0.100 to 0.150)")
    assert "more than half of it the reference group's loss" in said(compared((0.84, 0.81), (0.90, 0.80), n=3)).text


def test_one_seed_decides_nothing():
    verdict = said(compared((0.86, 0.85), (0.90, 0.80), n=1))
    assert (verdict.code, verdict.agree) == ("one_seed", False)
    assert verdict.text == "One seed decides nothing: the gap in Dice is 0.010 against 0.100 (n = 1); run 5 seeds."


def test_less_than_the_noise_is_no_difference():
    verdict = said(compared((0.90, 0.805), (0.90, 0.80)))
    assert verdict.code == "no_difference"
    assert verdict.text == "Makes no difference in Dice beyond noise (0.100 to 0.095, noise 0.012; n = 5)."
    assert "noise unknown" in said(compared((0.90, 0.805), (0.90, 0.80), floor=None)).text


def test_a_model_that_has_not_learned_is_not_compared():
    c = compared((0.86, 0.85), (0.90, 0.80))
    assert said(c, worst=0.432).text == (
        "Has not learned: the worst group's Dice is 0.432, below 0.5, so nothing is compared."
    )
    assert said(c, baseline=0.49).text.startswith("The baseline has not learned")
    assert said(c, worst=LEARNED_DICE).code == "closes"
    assert decide(Evidence(0.3, 0.3, (), is_baseline=True)).code == "not_learned"


def test_the_baseline_is_called_so():
    assert decide(Evidence(0.7, 0.7, (), is_baseline=True)).code == "baseline"
    with pytest.raises(ValueError, match="compared in at least one measure"):
        decide(Evidence(0.7, 0.7, ()))


def test_measures_that_disagree_are_said():
    dice = compared((0.845, 0.845), (0.90, 0.80))
    surface = compared((0.73, 0.84), (0.83, 0.72), measure=SURFACE)
    verdict = said(dice, surface)
    assert (verdict.code, verdict.agree) == ("closes" if dice.best_loss <= dice.change / 2 else "levelling_down", False)
    assert verdict.text.endswith("but in surface Dice it turns the gap round (0.110 to 0.110 the other way).")
    turned = said(surface, dice)
    assert turned.code == "turned_round"
    assert "but in Dice it closes the gap" in turned.text


def test_measures_that_agree_are_said_too():
    verdict = said(compared((0.89, 0.85), (0.90, 0.80)), compared((0.83, 0.80), (0.83, 0.72), measure=SURFACE))
    assert verdict.agree
    assert verdict.text.endswith("; surface Dice agrees (0.110 to 0.030).")
    levelled = said(compared((0.83, 0.81), (0.90, 0.80)), compared((0.83, 0.80), (0.83, 0.72), measure=SURFACE))
    assert levelled.agree
    assert "but in surface Dice it closes the gap" in levelled.text


def test_millimetres_are_read_the_right_way_round():
    # Biased 0.8 → 0.6 mm, reference 0.5 mm as before.
    verdict = said(compared((0.5, 0.6), (0.5, 0.8), measure=ASSD))
    assert verdict.code == "closes"
    assert verdict.text.startswith("Closes the gap in ASSD by 67% (0.30 mm to 0.10 mm; ")


def test_of_three_groups_one_that_is_left_behind_is_not_overlooked():
    groups, scatter = ("reference", "mild", "biased"), np.outer(SCATTER[:5], [0.1, 0.1, 0.1]) + SCATTER[:5, None] / 5
    baseline = np.array([0.90, 0.85, 0.75]) + scatter
    left = Compared.of(DICE, groups, np.array([0.77, 0.86, 0.86]) - scatter, baseline, 0.012)
    assert (left.worst, left.best, left.behind) == ("biased", "reference", "reference")
    assert left.sizes == pytest.approx((0.15, 0.09))
    assert left.past == pytest.approx(0.09)
    assert said(left).text.startswith("Turns the gap in Dice round: the reference group is now worse served by 0.090")
    between = Compared.of(DICE, groups, np.array([0.88, 0.86, 0.84]) + scatter * [1, 1, -1], baseline, 0.012)
    assert said(between).code == "closes"
    assert "the gap of means over the seeds by 73%" in said(between).text


def test_what_is_no_comparison_is_refused():
    with pytest.raises(ValueError, match="at least one seed"):
        replace(compared((0.9, 0.8), (0.9, 0.8)), gaps=())
    with pytest.raises(ValueError, match="leave out seeds in which a group has no ASSD"):
        Compared.of(ASSD, GROUPS, np.array([[0.5, 0.6]]), np.array([[0.5, np.inf]]), 0.01)


# Sixty-fourths: sums and 1 − x are exact, and seeds are alike often enough for every verdict to come up.
LEVELS = st.tuples(*[st.integers(34, 62)] * 4)
FLOORS = st.none() | st.integers(0, 8).map(lambda k: k / 256)


@st.composite
def comparisons(draw, n: int, measure: Measure = DICE) -> Compared:
    """Any group means, each seed some 64ths away from a common level."""
    near = draw(arrays(np.int64, (2, n, 2), elements=st.integers(-1, 1)))
    arm, baseline = (np.array(draw(LEVELS)).reshape(2, 1, 2) + near) / 64
    return Compared.of(measure, GROUPS, arm, baseline, draw(FLOORS))


@st.composite
def evidence(draw, learned=True) -> Evidence:
    n = draw(st.integers(1, 8))
    dice, surface = draw(comparisons(n)), draw(comparisons(n, SURFACE))
    worst = draw(st.floats(0.5, 1.0) if learned else st.floats(0.0, 0.499))
    return Evidence(worst, 0.7, (dice, surface))


many = settings(max_examples=100, deadline=None, derandomize=True)


@many
@given(evidence())
def test_closing_needs_five_seeds_and_an_interval_without_zero(of):
    verdict, first = decide(of), of.compared[0]
    if verdict.code in ("closes", "levelling_down"):
        assert first.n >= ENOUGH_SEEDS
        assert first.interval is not None
        assert first.interval[0] > 0
        low, high = paired_difference(first.gaps, first.baseline).interval
        assert low <= high < 0
        assert first.sizes[1] < first.sizes[0]


@many
@given(evidence())
def test_no_verdict_is_stronger_than_its_seeds(of):
    verdict, n = decide(of), of.compared[0].n
    assert (n == 1) == (verdict.code == "one_seed")
    assert f"n = {n}" in verdict.text
    if n < ENOUGH_SEEDS:
        assert verdict.code in ("one_seed", "points", "no_difference", "turned_round")
        assert "run 5 seeds" in verdict.text
        assert "interval" not in verdict.text


@many
@given(evidence())
def test_every_other_measure_that_says_something_else_is_named(of):
    assume(of.compared[0].n > 1)
    verdict, alone = decide(of), [decide(replace(of, compared=(c,))) for c in of.compared]
    assert "Dice" in verdict.text
    assert "surface Dice" in verdict.text
    assert verdict.code in COMPARED
    if alone[0].code != alone[1].code:
        assert "but in surface Dice it " in verdict.text
    if verdict.agree:
        assert {alone[0].code, alone[1].code} <= {"closes", "levelling_down"} or alone[0].code == alone[1].code


@many
@given(evidence(learned=False), st.booleans())
def test_nothing_is_compared_before_both_have_learned(of, baseline_is_worse):
    if baseline_is_worse:
        of = replace(of, worst_dice=0.9, baseline_worst_dice=of.worst_dice)
    verdict = decide(of)
    assert (verdict.code, verdict.agree) == ("not_learned", False)
    assert "gap" not in verdict.text


@many
@given(evidence())
def test_turned_round_needs_more_than_the_noise(of):
    first = of.compared[0]
    if decide(of).code == "turned_round":
        assert first.overshoot > first.floor
        assert np.mean(first.baseline) > first.floor


@many
@given(st.integers(2, 8).flatmap(comparisons), st.randoms(use_true_random=False))
def test_the_order_of_seeds_and_the_direction_of_the_measure_change_nothing(c, random):
    order = random.sample(range(c.n), c.n)
    shuffled = replace(c, gaps=tuple(c.gaps[i] for i in order), baseline=tuple(c.baseline[i] for i in order))
    assert said(shuffled).code == said(c).code
    means = [np.stack([0.5 + np.array(g), np.full(c.n, 0.5)], axis=1) for g in (c.gaps, c.baseline)]
    assume(np.mean(c.baseline) > 0)
    up = Compared.of(DICE, GROUPS, *means, c.noise_floor)
    down = Compared.of(replace(ASSD, format=".3f"), GROUPS, *(1 - m for m in means), c.noise_floor)
    assert said(up).code == said(down).code


def test_every_verdict_can_come_up():
    codes = {
        said(compared(arm, (0.90, 0.80), n)).code
        for n in (1, 5)
        for arm in ((0.89, 0.85), (0.83, 0.81), (0.80, 0.86), (0.90, 0.75), (0.90, 0.805))
    } | {said(compared((0.89, 0.85), (0.90, 0.80), 3)).code}
    assert codes == COMPARED | {"one_seed"}
