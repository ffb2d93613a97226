"""A strategy of the catalog is one function and one entry: with these two alone it is everywhere."""

import sys
from types import ModuleType

import pytest
from tiny import tiny_config, work_off

from fairal.config import parse_experiment
from fairal.report.html import report
from fairal.report.results import read_experiment
from fairal.strategies.catalog import CATALOG, Entry
from fairal.strategies.select import picked
from fairal.ui.arm_words import selectable, words_of_arm

ID, COLOUR = "by_the_moon", "#12AB34"


@pytest.fixture
def moon(monkeypatch):
    """The function, in a module of its own, and the entry."""

    def by_the_moon(pool, k, rng):
        return picked(pool, range(k))

    module = ModuleType(f"fairal.strategies.{ID}")
    module.by_the_moon = by_the_moon
    monkeypatch.setitem(sys.modules, module.__name__, module)
    entry = Entry(ID, "By the moon", "the phase of the moon", "test", "-", f"{ID}:{ID}", COLOUR)
    monkeypatch.setitem(CATALOG, ID, entry)


def test_it_can_be_chosen_run_and_reported(moon, store):
    assert ID in selectable()
    assert words_of_arm(ID).picks_by == "the phase of the moon"
    config = parse_experiment(tiny_config().model_dump(mode="json") | {"strategies": ["entropy", ID, f"{ID}+balanced"]})
    experiment, _ = store.create(config)
    work_off(store)
    runs = {run.key.run: run for run in store.snapshot(experiment).runs}
    assert [runs[f"{arm}-0"].shown for arm in config.strategies] == ["done"] * 3
    pool = sorted(set(runs[f"{ID}-0"].records[0].picked_ids))
    assert pool == sorted(runs[f"{ID}+balanced-0"].records[0].picked_ids)
    text = report(read_experiment(store, experiment))
    assert "By the moon" in text
    assert COLOUR in text


def test_the_readme_must_name_it(moon):
    import test_docs

    with pytest.raises(AssertionError, match=ID):
        test_docs.test_the_readme_names_every_strategy_preset_and_measure()


def test_one_without_a_colour_gets_one():
    entry = Entry("other", "Other", "-", "test", "-", "random:random")
    assert entry.colour.startswith("#")
    assert entry.colour not in {known.colour for known in CATALOG.values()}
