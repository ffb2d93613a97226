"""Compare says one thing at a time, and its link carries everything that is seen."""

import pytest
from ui_states import open_page, said

LINK = {
    "measures": ["Surface Dice", "Dice"],
    "over": "Worst group",
    "baseline": "Random",
    "axis": "Labelled structure (mm³)",
    "price": "0.04",
    "plane_of": "Dice",
    "people_of": "Dice",
    "poor": "dice:0.6",
    "round": "1",
    "evidence": "Who was picked",
    "arm": "weighted_entropy",
}


@pytest.fixture
def copied(monkeypatch) -> list[dict]:
    """What the copy button would put into the link, each time that the page is drawn."""
    links = []
    monkeypatch.setattr("fairal.ui.decide.copy_link", links.append)
    return links


def test_a_link_carries_everything_that_is_seen(monkeypatch, finished, copied):
    store, experiment = finished
    page = open_page(monkeypatch, store, "compare", {"experiments": experiment, **LINK})
    assert not page.exception
    assert page.multiselect(key="measures").value == ["surface_dice", "dice"]
    assert page.selectbox(key="over").value == "worst_group"
    assert page.slider(key="price").value == 0.04
    assert page.button_group(key="plane_of").value == "dice"
    assert page.button_group(key="people_of").value == "dice"
    assert "Verdict on Weighted entropy" in said(page)
    arms = ["Random", "Entropy", "Weighted entropy"]
    assert copied[-1] == {"experiments": [experiment], "show": arms, **LINK}


def test_without_a_choice_the_link_names_what_stands_at_its_default_today(monkeypatch, finished, copied):
    store, experiment = finished
    open_page(monkeypatch, store, "compare", {"experiments": experiment})
    assert {name: copied[-1][name] for name in LINK if name in copied[-1]} == {
        "measures": ["Dice", "Surface Dice"],
        "over": "Signed gap",
        "baseline": "Entropy",
        "axis": "Labelled scans",
        "price": "0.02",
        "plane_of": "Dice",
        "people_of": "Dice",
        "poor": "dice:0.7",
        "round": "2",
        "evidence": "The gap",
    }


def test_nonsense_in_a_link_is_left_out(monkeypatch, finished, copied):
    query = {"plane_of": "<b>", "people_of": "nobody", "poor": "dice:inf", "arm": "gone", "round": "x", "evidence": "?"}
    page = open_page(monkeypatch, finished[0], "compare", query)
    assert not page.exception
    assert (copied[-1]["plane_of"], copied[-1]["people_of"], copied[-1]["poor"]) == ("Dice", "Dice", "dice:0.7")
    assert (copied[-1]["round"], copied[-1]["evidence"]) == ("2", "The gap")
    assert "arm" not in copied[-1]


def test_the_recommendation_leads_and_a_verdict_belongs_to_the_card_that_was_pressed(monkeypatch, finished):
    store, experiment = finished
    page = open_page(monkeypatch, store, "compare", {"experiments": experiment})
    assert len([element for element in page.markdown if element.value.startswith("##### ")]) == 1
    assert "Verdict on" not in said(page)
    assert "Press a card" in said(page)
    page.button(key="pick_1").click().run()
    assert said(page).count("**Verdict on Random**, the card you pressed: ") == 1
    assert "Press a card" not in said(page)


def test_every_figure_stands_in_one_place(finished):
    from fairal.report.figure import View
    from fairal.report.results import read_experiment
    from fairal.ui.evidence import TABS, figures_in
    from fairal.ui.seen import figures_of, subject_of

    store, experiment = finished
    result = read_experiment(store, experiment)
    subject = subject_of(result, View.of(result))
    standing = [figure.key for tab in TABS for figure in figures_in(tab, subject)]
    first_screen = [figure.key for figure in figures_of(subject) if figure.section == "plane"]
    assert sorted(standing + first_screen) == sorted(figure.key for figure in figures_of(subject))
    assert len(standing) > len(first_screen) > 0
