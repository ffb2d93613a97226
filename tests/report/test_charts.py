import altair as alt
import pandas as pd
import pytest

from fairal.learner.trainings import TRAININGS
from fairal.report import charts, tables
from fairal.report.arms import arm_colour, arm_dash, arm_label, arm_shape, headline_arm
from fairal.report.colours import group_colours, strategy_colours
from fairal.report.comparison import summarise_experiment
from fairal.report.export import picture, to_bytes
from fairal.report.figures import Figure, View, figures, quantity_axis
from fairal.report.html import report
from fairal.report.quantity import Quantity
from fairal.report.results import read_experiment
from fairal.report.several import by_strength, differences, side_by_side
from fairal.strategies.catalog import CATALOG


@pytest.fixture(scope="module")
def result(finished):
    return read_experiment(*finished)


@pytest.fixture(scope="module")
def made(result) -> dict[str, Figure]:
    view = View(result.config.strategies, result.config.baseline)
    return {figure.key: figure for figure in figures(result, summarise_experiment(result), view)}


def test_intervals_over_seeds_by_hand():
    frame = pd.DataFrame({"s": ["a"] * 3 + ["b"], "v": [1.0, 2.0, 3.0, 5.0]})
    table = tables.with_intervals(frame, ["s"], "v")
    assert table["mean"].tolist() == [2.0, 5.0]
    assert table.n.tolist() == [3, 1]
    half = 4.302653 / 3**0.5
    assert (table.low[0], table.high[0]) == pytest.approx((2 - half, 2 + half))
    assert table.low.isna().tolist() == [False, True]


def test_bands_come_with_the_fourth_seed_and_stay_within_what_is_possible():
    rows = pd.DataFrame({"label": "a", "seed": range(4), "x": 6, "value": [0.7, 0.9, 1.0, 1.0]})
    three, four = (tables.means_and_seeds(rows[:n], ["label"], (0.0, 1.0)) for n in (3, 4))
    assert three[three.kind == "mean"][["low", "high"]].isna().all(axis=None)
    [band] = four[four.kind == "mean"].itertuples()
    assert (band.value, band.n, band.high) == (pytest.approx(0.9), 4, 1.0)
    assert band.low == pytest.approx(0.9 - 3.182446 * 0.1414214 / 2)
    assert len(four[four.kind == "seed"]) == 4


def test_every_figure_renders_without_browser_or_network(made):
    assert [figure.section for figure in made.values()] == [
        "by_budget", "groups", "trade_off", "who_paid", "reduction", "picks", "weights",
    ]  # fmt: skip
    for name, figure in made.items():
        svg = picture(figure, "svg").decode()
        assert svg.startswith("<svg"), name
        assert figure.title in svg, name
        assert "n = 2 seeds, 4 matched test pairs each" in svg, name
        assert "Synthetic brains" in svg, name
    assert picture(made["pick_shares"], "png").startswith(b"\x89PNG")


def test_a_figure_says_what_it_shows(made):
    assert made["dice_gap_by_budget"].takeaway.startswith("Gap in Dice (best − worst group) by budget, 3 arms. At the")
    assert "Against entropy" in made["dice_who_paid"].caption
    assert "gained" in made["dice_who_paid"].takeaway
    assert made["dice_per_group"].panels == ("Random", "Entropy", "Weighted entropy")


def test_the_budget_spans_the_whole_experiment_from_the_start(made):
    text = made["dice_gap_by_budget"].draw().to_json()
    assert '"domain": [\n              3.0,\n              7.0\n' in text
    assert "Labelled scans" in text
    assert "noise alone: " in text


def test_an_arm_is_named_and_drawn_by_its_query_and_its_training():
    arms = ["entropy", "entropy+balanced", "core_set", "core_set+balanced_conditional"]
    assert arm_label("entropy+balanced") == "Entropy, balanced training"
    assert arm_colour("entropy") == arm_colour("entropy+balanced") == strategy_colours()["entropy"]
    assert arm_label("parity+balanced_conditional") == "Parity, balanced, told the group"
    assert [arm_dash(arm) for arm in arms[::2]] == [[1, 0], [1, 0]]
    assert len({str(arm_dash(f"entropy+{training}")) for training in TRAININGS}) == len(TRAININGS)
    assert len({arm_shape(f"entropy+{training}") for training in TRAININGS}) == len(TRAININGS)
    assert arm_shape("entropy") == "circle"
    assert arm_colour("forgotten") == "#777777"


def test_the_catalog_says_which_arm_headlines_speak_of():
    assert headline_arm(["random", "weighted_entropy", "entropy"]) == "weighted_entropy"
    assert headline_arm(["random", "entropy"]) is None


def test_a_strategy_and_a_group_keep_their_colours(made):
    assert group_colours(["reference", "biased"]) == {"reference": "#0072B2", "biased": "#E69F00"}
    colours = strategy_colours()
    assert len({colours[s] for s in CATALOG}) == len(CATALOG)
    for name in ("dice_gap_by_budget", "disparity_reduction", "dice_trade_off"):
        assert arm_colour("weighted_entropy") in made[name].draw().to_json(), name


def test_who_paid_is_an_arrow_from_the_baseline_to_the_arm(result, made):
    rows = made["dice_who_paid"].frame.set_index(["label", "group"])
    base = next(r for r in summarise_experiment(result) if r.strategy == "entropy").level.dice_by_group
    assert set(rows.index.get_level_values("label")) >= {"Random", "Weighted entropy"}
    for group, value in base.items():
        row = rows.loc[("Random", group)]
        assert row.before == pytest.approx(value)
        assert row.way == ("up" if row.after >= row.before else "down")


def test_several_experiments_share_a_chart_and_say_in_what_they_differ(result):
    from dataclasses import replace

    other = replace(result, id="other", config=result.config.model_copy(update={"seeds": (0, 1, 2)}))
    rows = by_strength([result, other], Quantity("dice", "gap"))
    assert set(rows[rows.kind == "seed"].experiment) == {result.id, "other"}
    chart = charts.strength_lines(rows, ["random"], quantity_axis(Quantity("dice", "gap")))
    assert to_bytes(chart, "svg").startswith(b"<svg")
    assert differences([result, other]).to_dict("records") == [
        {"Field": "seeds", result.id: "0, 1", "other": "0, 1, 2"},
    ]
    assert len(side_by_side([result, other], "entropy")) == 10


def test_the_report_is_one_file_that_needs_nothing_from_outside(result):
    text = report(result)
    assert text.count("<svg") == 7
    for outside in ("<script", "<link", 'src="http', "@import", "url(http"):
        assert outside not in text
    for inside in (
        "no claim about patients", "n = 2 seeds, 4 matched test pairs", "torch 2.", "Configuration", "how good does",
        "What the words mean", "Picks by w_g · U_m", "Noise alone",
    ):  # fmt: skip
        assert inside in text, inside


def test_a_report_escapes_what_a_person_typed(result):
    nasty = result.config.model_copy(update={"name": "<script>alert(1)</script>"})
    from dataclasses import replace

    assert "<script" not in report(replace(result, config=nasty))


def test_the_histogram_of_volumes_renders():
    chart: alt.Chart = charts.volume_histogram(pd.DataFrame({"group": ["a"], "volume_mm3": [900.0]}), ["a"])
    assert to_bytes(chart, "svg").startswith(b"<svg")
