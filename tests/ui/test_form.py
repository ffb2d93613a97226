"""The launch form on its page: presets, JSON and back, clones, strategies out of the catalog."""

import json

import pytest
from tiny import tiny_config
from ui_states import open_page, said

from fairal.config import study_json
from fairal.presets import PRESETS, WORDS, preset
from fairal.strategies.catalog import CATALOG, Entry


def experiments(page) -> list[dict]:
    return json.loads(page.text_area(key="json_text").value)["experiments"]


def button(page, text: str):
    return next(b for b in page.button if b.label == text)


def test_json_begins_with_what_the_address_says(monkeypatch, store):
    page = open_page(monkeypatch, store, "launch", {"bias": "0.42", "rounds": "6"})
    page.toggle(key="as_json").set_value(True).run()
    [experiment] = experiments(page)
    assert experiment["cohort"]["groups"][1]["strength"] == 0.42
    assert experiment["query"]["rounds"] == 6


def test_json_after_the_smallest_preset_is_that_preset(monkeypatch, store):
    page = open_page(monkeypatch, store, "launch")
    page.radio(key="preset").set_value("smoke").run()
    page.toggle(key="as_json").set_value(True).run()
    assert not page.exception
    assert page.radio(key="preset").value == "smoke"
    page.text_area(key="json_text").run()
    assert "1 experiment, 3 runs, 7 trainings" in said(page)
    button(page, "Launch").click().run()
    assert [store.config(e) for e in store.experiments()] == preset("smoke")


def test_what_was_typed_as_json_comes_back_into_the_form(monkeypatch, store):
    page = open_page(monkeypatch, store, "launch")
    page.toggle(key="as_json").set_value(True).run()
    typed = tiny_config(name="typed", strategies=["bald", "random"], baseline="random", seeds=[3, 4])
    page.text_area(key="json_text").set_value(study_json([typed])).run()
    page.toggle(key="as_json").set_value(False).run()
    assert not page.exception
    assert page.text_input(key="name").value == "typed"
    assert [box.key for box in page.checkbox if box.value] == ["arm_random", "arm_bald"]
    button(page, "Launch").click().run()
    assert [store.config(e) for e in store.experiments()] == [typed]


def test_json_that_the_form_cannot_say_stays_json_and_says_why(monkeypatch, store):
    page = open_page(monkeypatch, store, "launch")
    page.toggle(key="as_json").set_value(True).run()
    page.text_area(key="json_text").set_value(study_json([tiny_config(query={"gamma": 2.0})])).run()
    page.toggle(key="as_json").set_value(False).run()
    assert page.toggle(key="as_json").value
    assert "The form cannot say query.gamma = 2.0" in said(page)
    assert experiments(page)[0]["query"]["gamma"] == 2.0
    page.text_area(key="json_text").set_value("{").run()
    page.toggle(key="as_json").set_value(False).run()
    assert page.toggle(key="as_json").value
    assert "not valid JSON" in said(page)


def test_a_form_with_a_wrong_start_is_not_turned_into_json(monkeypatch, store):
    page = open_page(monkeypatch, store, "launch", {"starts": "many"})
    page.toggle(key="as_json").set_value(True).run()
    assert not page.toggle(key="as_json").value
    assert "two counts like 5+1" in said(page)


def test_a_clone_launches_the_same_configuration(monkeypatch, store):
    config = tiny_config(strategies=["weighted_entropy", "entropy"], seeds=[2, 3, 4], device="cpu", volumes="none")
    original, _ = store.create(config)
    page = open_page(monkeypatch, store, "launch", {"clone": original})
    assert not page.toggle(key="as_json").value
    button(page, "Launch").click().run()
    assert [store.config(e) for e in store.experiments()] == [config, config]


def test_a_preset_goes_out_when_something_is_changed(monkeypatch, store):
    page = open_page(monkeypatch, store, "launch")
    page.radio(key="preset").set_value("smoke").run()
    assert page.radio(key="preset").value == "smoke"
    page.number_input(key="rounds").set_value(3).run()
    assert page.radio(key="preset").value is None
    assert page.number_input(key="pool").value == 16, "the rest stays as it was"


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_a_name_and_opens(monkeypatch, store, name):
    assert name in WORDS
    page = open_page(monkeypatch, store, "launch")
    page.radio(key="preset").set_value(name).run()
    assert not page.exception
    assert page.radio(key="preset").value == name
    assert page.toggle(key="as_json").value == (name == "paper-grid")


def test_a_new_entry_of_the_catalog_stands_in_the_form_by_itself(monkeypatch, store):
    entry = Entry("thirteenth", "Thirteenth", "the moon", "test", "-", "random:random", "#123456")
    monkeypatch.setitem(CATALOG, "thirteenth", entry)
    page = open_page(monkeypatch, store, "launch", {"strategies": ["Thirteenth", "Entropy"]})
    assert page.checkbox(key="arm_thirteenth").value
    assert "Picks: the moon." in said(page)
    assert not page.checkbox(key="arm_random").value
    button(page, "Launch").click().run()
    assert store.config(store.experiments()[0]).strategies == ("thirteenth", "entropy")


def test_what_takes_longer_than_an_hour_asks_first(monkeypatch, store):
    asked = []
    monkeypatch.setattr("fairal.ui.launching._ask", lambda *of: asked.append(of[-1]))
    monkeypatch.setattr("fairal.runs.costs.estimate_seconds", lambda _, config: (3700.0 * config.query.rounds, ""))
    page = open_page(monkeypatch, store, "launch", {"rounds": "2"})
    button(page, "Launch").click().run()
    assert asked == ["This needs a yes: it takes about 2.1 hours."]
    assert store.experiments() == []
    page.number_input(key="rounds").set_value(0).run()
    button(page, "Launch").click().run()
    assert len(asked) == 1
    assert len(store.experiments()) == 1


def test_any_query_may_be_trained_in_any_way(monkeypatch, store):
    page = open_page(monkeypatch, store, "launch")
    page.selectbox(key="new_query").set_value("fair_quota")
    page.selectbox(key="new_training").set_value("group_dro").run()
    assert "highest training loss counts the most" in said(page)
    page.button(key="add_arm").click().run()
    assert page.checkbox(key="arm_fair_quota+group_dro").value
    page.toggle(key="as_json").set_value(True).run()
    [experiment] = json.loads(page.text_area(key="json_text").value)["experiments"]
    assert experiment["strategies"][-1] == "fair_quota+group_dro"
    page.toggle(key="as_json").set_value(False).run()
    assert page.checkbox(key="arm_fair_quota+group_dro").value


def test_an_address_may_name_an_arm_of_any_training(monkeypatch, store):
    page = open_page(monkeypatch, store, "launch", {"strategies": ["Entropy", "bald+balanced", "bald+nonsense"]})
    assert page.checkbox(key="arm_bald+balanced").value
    assert page.session_state["strategies"] == ["entropy", "bald+balanced"]
