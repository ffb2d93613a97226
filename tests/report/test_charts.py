from dataclasses import replace

import pandas as pd
import pytest
from told import FINAL, made_up

from fairal.fairness.measures import MEASURES
from fairal.learner.trainings import TRAININGS
from fairal.report import charts, tables
from fairal.report.arms import arm_colour, arm_dash, arm_label, arm_shape, headline_arm
from fairal.report.axes import Axis
from fairal.report.cards import Card, arm_cards
from fairal.report.colours import group_colours, strategy_colours
from fairal.report.comparison import summarise_experiment
from fairal.report.export import picture, to_bytes
from fairal.report.figure import Figure, Subject, View, axis_of
from fairal.report.figures import figures
from fairal.report.html import report
from fairal.report.quantity import OVER_GROUPS, Quantity
from fairal.report.results import read_experiment
from fairal.report.several import by_strength, differences, side_by_side
from fairal.report.verdict import Verdict
from fairal.strategies.catalog import CATALOG


@pytest.fixture(scope="module")
def result(finished):
    return read_experiment(*finished)


@pytest.fixture(scope="module")
def made(result) -> dict[str, Figure]:
    return {figure.key: figure for figure in figures(Subject(result, View.of(result)))}


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


def test_bands_that_would_hide_one_another_are_left_out():
    arms = list(CATALOG)[: charts.ARMS_WITH_BANDS + 1]
    one = pd.DataFrame({"seed": range(4), "x": 6, "value": [0.7, 0.9, 1.0, 1.0]})
    rows = tables.means_and_seeds(pd.concat([one.assign(label=arm) for arm in arms]), ["label"], (0.0, 1.0))
    few, many = (str(charts.arm_lines(rows, those, Axis("x"), Axis("y")).to_dict()) for those in (arms[:-1], arms))
    assert "'area'" in few
    assert "'area'" not in many


def test_groups_are_named_where_their_lines_end_and_the_upper_name_stands_above():
    values = {"a": (0.9, 0.5), "b": (0.4, 0.8), "c": (0.6, 0.7)}
    rows = pd.DataFrame(
        [("mean", group, x, v, 2) for group, both in values.items() for x, v in zip((6, 30), both, strict=True)]
        + [("seed", "a", 30, 0.99, 1)],
        columns=["kind", "group", "x", "value", "n"],
    ).assign(low=None, high=None, seed=0)

    def sides(y: Axis) -> dict:
        drawn = charts.group_lines(rows, tuple(values), Axis("Labelled scans"), y).to_dict()
        named = [layer for layer in drawn["layer"] if layer["mark"]["type"] == "text"]
        return {layer["mark"]["baseline"]: drawn["datasets"][layer["data"]["name"]] for layer in named}

    top, middle, bottom = ({"group": g, "value": values[g][1]} for g in "acb")
    assert sides(Axis("Dice")) == {"top": [top], "middle": [middle], "bottom": [bottom]}
    assert sides(Axis("ASSD", reverse=True)) == {"top": [bottom], "middle": [middle], "bottom": [top]}


def test_every_figure_renders_without_browser_or_network(made):
    twice = ["plane", "by_budget", "per_group", "who_paid", "trade_off"]
    assert [key.removeprefix("dice_").removeprefix("surface_dice_").removeprefix("signed_gap_") for key in made] == [
        name for name in twice for _ in range(2)
    ] + ["pick_shares", "weights"]
    for name, figure in made.items():
        svg = picture(figure, "svg").decode()
        assert svg.startswith("<svg"), name
        assert figure.title in svg, name
        assert "n = 2 seeds, 4 matched test pairs each" in svg, name
        assert "Synthetic brains" in svg, name
    assert picture(made["pick_shares"], "png").startswith(b"\x89PNG")


def test_a_figure_says_what_it_shows(made):
    said = made["surface_dice_signed_gap_by_budget"].takeaway
    assert said.startswith(
        "Signed gap in surface Dice (reference − biased) by budget, 3 arms. At 7 labelled scans: Random"
    )
    assert "From the bar, entropy, to the arrow" in made["dice_who_paid"].caption
    assert "gained" in made["dice_who_paid"].takeaway
    assert made["dice_per_group"].panels == ("Random", "Entropy", "Weighted entropy")


def test_the_budget_spans_the_whole_experiment_from_the_start(made):
    text = made["dice_signed_gap_by_budget"].draw().to_json()
    assert '"domain": [\n              3.0,\n              7.0\n' in text
    assert "Labelled scans" in text
    assert "noise alone: ±" in text


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
    for name in ("dice_signed_gap_by_budget", "dice_plane", "dice_trade_off"):
        assert arm_colour("weighted_entropy") in made[name].draw().to_json(), name


def test_who_paid_is_an_arrow_from_the_baseline_to_the_arm(result, made):
    rows = made["dice_who_paid"].frame.set_index(["label", "group"])
    base = next(r for r in summarise_experiment(result) if r.strategy == "entropy").level.by_group
    assert set(rows.index.get_level_values("label")) >= {"Random", "Weighted entropy"}
    for group, value in base.items():
        row = rows.loc[("Random", group)]
        assert row.before == pytest.approx(value)
        assert row.way == ("up" if row.after >= row.before else "down")


def test_every_measure_and_disparity_can_be_looked_at(result):
    for over in OVER_GROUPS:
        view = replace(View.of(result), measures=tuple(MEASURES), over=over)
        made = {figure.key: figure for figure in figures(Subject(result, view))}
        shown = {key for key in made if key.endswith(f"_{over}_by_budget")}
        bounded = over in ("error_ratio", "es")
        assert shown == {f"{name}_{over}_by_budget" for name in (("dice", "surface_dice") if bounded else MEASURES)}
        for key in shown:
            assert made[key].draw().to_dict()


def test_of_errors_right_and_up_is_still_better(result):
    made = {f.key: f for f in figures(Subject(result, replace(View.of(result), measures=("assd_mm",))))}
    assert '"reverse": true' in made["assd_mm_who_paid"].draw().to_json()
    assert "Test ASSD (mm)" in made["assd_mm_per_group"].draw().to_json()


def test_a_card_tells_of_an_arm_what_one_chooses_by(result):
    cards = {card.arm: card for card in arm_cards(Subject(result, View.of(result)))}
    assert list(cards) == ["entropy", "random", "weighted_entropy"]
    assert [fact.name for fact in cards["entropy"].facts] == [
        "Signed gap, Dice",
        "Signed gap, surface Dice",
        "Worst, Dice",
        "Labelled",
    ]
    names = [fact.name for fact in cards["random"].facts]
    assert names[:3] == ["Signed gap, Dice", "Signed gap, surface Dice", "Worst, Dice"]
    assert names[3].split()[0] in result.groups
    assert names[4] == "Labelled"
    assert "%" not in "".join(fact.value for fact in cards["random"].facts)


def test_a_card_does_not_let_two_words_stand_for_both_measures():
    def beside(code: str, agree: bool) -> str:
        return Card("random", Verdict(code, "", agree), 5, ()).alone

    assert beside("closes", False) == beside("turned_round", False) == "in Dice only"
    assert beside("closes", True) == beside("points", False) == beside("one_seed", False) == ""


def test_one_entry_in_the_catalog_is_named_and_coloured_everywhere(result, monkeypatch):
    entry = replace(CATALOG["random"], id="thirteenth", label="Thirteenth", colour="#123456")
    monkeypatch.setitem(CATALOG, "thirteenth", entry)
    config = result.config.model_copy(update={"strategies": (*result.config.strategies, "thirteenth")})
    runs = [replace(run, strategy="thirteenth") for run in result.runs if run.strategy == "random"]
    more = replace(result, config=config, runs=[*result.runs, *runs])
    made = {figure.key: figure for figure in figures(Subject(more, View.of(more)))}
    drawn = {key: figure.draw().to_json() for key, figure in made.items()}
    for key in ("dice_signed_gap_by_budget", "dice_plane", "surface_dice_trade_off"):
        assert "#123456" in drawn[key], key
    assert (
        "Thirteenth" in {figure.key: figure for figure in figures(Subject(more, View.of(more)))}["pick_shares"].panels
    )
    text = report(more)
    assert "#123456" in text
    assert "Thirteenth" in text


def test_several_experiments_share_a_chart_and_say_in_what_they_differ(result):
    other = replace(result, id="other", config=result.config.model_copy(update={"seeds": (0, 1, 2)}))
    rows = by_strength([result, other], Quantity("dice", "gap"))
    assert set(rows[rows.kind == "seed"].experiment) == {result.id, "other"}
    chart = charts.strength_lines(rows, ["random"], axis_of(Quantity("dice", "gap"), result.groups))
    assert to_bytes(chart, "svg").startswith(b"<svg")
    assert differences([result, other]).to_dict("records") == [
        {"Field": "seeds", result.id: "0, 1", "other": "0, 1, 2"},
    ]
    assert len(side_by_side([result, other], "entropy")) == 10


def test_the_report_is_one_file_that_needs_nothing_from_outside(result):
    text = report(result)
    assert text.count("<svg") == 12
    for outside in ("<script", 'href="http', 'src="http', "stylesheet", "@import", "url(http"):
        assert outside not in text
    for inside in (
        "no claim about patients", "n = 2 seeds, 4 matched test pairs", "torch 2.", "Configuration", "how good does",
        "What the words mean", "weight of its group: w_g · U_m", "Noise alone", "People poorly served",
        "Test subjects below 0.700 in Dice, all seeds.", "mm³ where ",
    ):  # fmt: skip
        assert inside in text, inside


def test_a_report_escapes_what_a_person_typed(result):
    nasty = result.config.model_copy(update={"name": "<script>alert(1)</script>"})
    assert "<script" not in report(replace(result, config=nasty))


def test_of_arms_that_have_not_learned_no_reduction_is_drawn():
    poor = {"weighted_entropy": {"dice": (0.5, 0.4), "surface_dice": (0.5, 0.4)}}
    some, none = ({**FINAL, **poor}, {**FINAL, "entropy": poor["weighted_entropy"]})

    def drawn(final: dict) -> dict[str, list[str]]:
        subject = made_up(final)
        made = figures(Subject(subject, View.of(subject)))
        return {figure.key: figure.frame.label.tolist() for figure in made if figure.section == "reduction"}

    left = ["Worst group, random", "Parity, balanced training"]
    assert drawn(FINAL)["dice_reduction"] == ["Weighted entropy", *left]
    assert drawn(some) == {"dice_reduction": left, "surface_dice_reduction": left}
    assert drawn(none) == {}
