import pytest

from fairal.report.choice import Offer, choose, offers, with_five_seeds
from fairal.report.results import read_experiment
from fairal.report.verdict import Verdict


def offer(arm="parity", code="closes", gap=0.02, loss=0.01, agree=True, seeds=5) -> Offer:
    return Offer(arm, Verdict(code, f"{code} it is.", agree), gap, 0.10, loss, "reference", seeds)


def test_the_arm_with_the_smaller_gap_within_the_price_is_recommended():
    there = [offer("parity", gap=0.03, loss=0.004), offer("fair_quota", gap=0.01, loss=0.02)]
    cheap, dear = choose(there, 0.01), choose(there, 0.02)
    assert (cheap.qualifying, cheap.arm) == (("parity",), "parity")
    assert (dear.qualifying, dear.arm) == (("fair_quota", "parity"), "fair_quota")
    assert cheap.text == (
        "Choose Parity: it brings the gap in Dice from 0.100 to 0.030, and the reference group loses 0.004; 0.010 was "
        "allowed (n = 5)."
    )


def test_a_price_as_written_is_a_price_as_paid():
    assert choose([offer(loss=0.0200004)], 0.02).arm == "parity"
    assert choose([offer(loss=0.0206)], 0.02).arm is None


def test_closing_goes_before_levelling_down_and_levelling_down_says_so():
    level = offer("weighted_entropy", "levelling_down", gap=0.001, loss=0.02)
    assert choose([level, offer(gap=0.04)], 0.03).arm == "parity"
    assert "loses 0.020, which is more than half of the change;" in choose([level], 0.03).text


def test_an_arm_that_needs_the_group_at_prediction_says_so():
    text = choose([offer("parity+balanced_conditional")], 0.02).text
    assert text.startswith("Choose Parity, balanced, told the group: ")
    assert text.endswith("(n = 5). It must be told the group of every scan.")
    assert "told the group of" not in choose([offer("parity+balanced")], 0.02).text


def test_a_group_that_gains_loses_nothing():
    assert "the reference group loses nothing (+0.005)" in choose([offer(loss=-0.005)], 0.0).text


def test_none_within_the_price_names_the_cheapest():
    choice = choose([offer("fair_quota", loss=0.05), offer("parity", loss=0.04)], 0.02)
    assert (choice.qualifying, choice.arm, choice.undecided) == ((), None, False)
    assert choice.text == (
        "No arm closes the gap for 0.020 Dice or less of the reference group. The cheapest that does is Parity: the "
        "reference group loses 0.040."
    )


@pytest.mark.parametrize("code", ["points", "one_seed"])
def test_undecided_seeds_are_no_recommendation_however_small_the_gap(code):
    choice = choose([offer(code=code, gap=0.0, agree=False, seeds=2)], 0.06)
    assert (choice.arm, choice.undecided) == (None, True)
    assert choice.text == ("No conclusion yet: Parity points to a smaller gap within the price (n = 2); run 5 seeds.")


def test_five_seeds_that_do_not_decide_do_not_ask_for_five_seeds():
    assert choose([offer(code="points", agree=False)], 0.06).text.endswith("(n = 5); the seeds do not decide it.")


def test_an_arm_that_points_to_a_wider_gap_is_not_waited_for():
    choice = choose([offer(code="points", gap=0.12, agree=False, seeds=2)], 0.06)
    assert choice.text == "No arm closes the gap against this baseline, whatever the price."
    assert not choice.undecided


def test_an_arm_on_which_the_measures_disagree_is_not_recommended():
    disputed = [offer("weighted_entropy", agree=False), offer("fair_quota", agree=False)]
    choice = choose(disputed, 0.02)
    assert (choice.qualifying, choice.arm) == ((), None)
    assert choice.text == (
        "No arm can be recommended for 0.020 Dice: Weighted entropy and Fair quota close the gap in Dice, but surface "
        "Dice does not bear it out."
    )
    assert choose([*disputed, offer("parity", gap=0.05)], 0.02).arm == "parity"


def test_what_may_close_the_gap_for_more_is_named_with_its_price():
    dear = offer("weighted_entropy", agree=False, loss=0.055)
    assert choose([dear], 0.02).text == (
        "No arm closes the gap for 0.020 Dice or less of the reference group. The cheapest that may is Weighted "
        "entropy, for 0.055; surface Dice does not bear it out."
    )
    assert choose([dear, offer(code="points", loss=0.03, seeds=2)], 0.02).undecided


def test_what_has_not_learned_is_not_compared():
    text = choose([offer(code="not_learned")], 0.06).text
    assert text == "Nothing to choose yet. not_learned it is."


def test_before_the_first_comparison_nothing_is_said():
    assert choose([], 0.06).text == ""


def test_an_experiment_offers_its_arms_but_not_its_baseline(finished):
    result = read_experiment(*finished)
    assert [one.arm for one in offers(result, "entropy")] == ["random", "weighted_entropy"]
    assert {one.seeds for one in offers(result, "random")} == {2}


def test_seeds_are_filled_up_to_five_and_never_taken_away():
    assert with_five_seeds((0,)) == (0, 1, 2, 3, 4)
    assert with_five_seeds((7, 1)) == (7, 1, 0, 2, 3)
    assert with_five_seeds(tuple(range(6))) == tuple(range(6))
