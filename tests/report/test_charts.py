import altair as alt
import pandas as pd
import pytest

from fairal.report import charts
from fairal.report.frames import groups_frame, rounds_frame, summary_frame
from fairal.report.html import report
from fairal.report.results import read_experiment
from fairal.report.summary import summarise_experiment


@pytest.fixture(scope="module")
def result(finished):
    return read_experiment(*finished)


@pytest.fixture(scope="module")
def drawn(result) -> dict[str, alt.TopLevelMixin]:
    groups, rounds = groups_frame(result), rounds_frame(result)
    summary = summary_frame(summarise_experiment(result))
    strategies = result.config.strategies
    by_strength = rounds[rounds["round"] == 2].assign(strength=1.0)
    return {
        "dice": charts.dice_by_budget(groups, result.groups),
        "gap": charts.measure_by_budget(rounds, "gap", strategies, noise=0.01),
        "es": charts.measure_by_budget(rounds, "es_dice", strategies, x="labelled_mm3"),
        "reduction": charts.reduction_bars(summary, strategies),
        "picks": charts.pick_shares(groups, result.groups),
        "weights": charts.weights_by_round(groups, result.groups),
        "paid": charts.who_paid_bars(summary, strategies),
        "trade": charts.trade_off(rounds, strategies, 2),
        "strength": charts.gap_by_strength(by_strength, strategies),
        "volumes": charts.volume_histogram(pd.DataFrame({"group": ["a"], "volume_mm3": [900.0]}), ["a"]),
    }


def test_intervals_over_seeds_by_hand():
    frame = pd.DataFrame({"s": ["a"] * 3 + ["b"], "v": [1.0, 2.0, 3.0, 5.0]})
    table = charts.with_intervals(frame, ["s"], "v")
    assert table["mean"].tolist() == [2.0, 5.0]
    assert table.n.tolist() == [3, 1]
    half = 4.302653 / 3**0.5
    assert (table.low[0], table.high[0]) == pytest.approx((2 - half, 2 + half))
    assert table.low.isna().tolist() == [False, True]


def test_every_chart_renders_without_browser_or_network(drawn):
    for name, chart in drawn.items():
        svg = charts.to_bytes(chart, "svg")
        assert svg.startswith(b"<svg"), name
        assert len(svg) > 2000, name
    assert charts.to_bytes(drawn["gap"], "png").startswith(b"\x89PNG")


def test_axes_have_titles_with_what_they_measure(drawn):
    text = {name: chart.to_json() for name, chart in drawn.items()}
    assert "Labelled scans" in text["dice"]
    assert "Gap in Dice (best" in text["gap"]
    assert "Labelled structure (mm" in text["es"]
    assert "strokeDash" in text["gap"]  # what noise alone would show


def test_a_strategy_and_a_group_keep_their_colours(drawn):
    from fairal.report.colours import group_colours, strategy_colours
    from fairal.strategies.catalog import CATALOG

    assert group_colours(["reference", "biased"]) == {"reference": "#0072B2", "biased": "#E69F00"}
    colours = strategy_colours()
    assert len({colours[s] for s in colours if s in CATALOG}) == len(CATALOG)
    for name in ("gap", "reduction", "trade", "strength"):
        assert colours["weighted_entropy"] in drawn[name].to_json(), name


def test_the_report_is_one_file_that_needs_nothing_from_outside(result):
    text = report(result)
    assert text.count("<svg") == 6
    for outside in ("<script", "<link", 'src="http', "@import", "url(http"):
        assert outside not in text
    for inside in ("no claim about patients", "n = 2 seeds, 4 matched test pairs", '"schema"', "torch 2."):
        assert inside in text or inside == '"schema"'
    assert "Configuration" in text


def test_a_report_escapes_what_a_person_typed(result):
    nasty = result.config.model_copy(update={"name": "<script>alert(1)</script>"})
    from dataclasses import replace

    assert "<script" not in report(replace(result, config=nasty))
