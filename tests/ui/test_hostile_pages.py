"""Names of others on the pages: shown sign by sign, never rendered."""

import re
from dataclasses import replace

import pytest
from tiny import tiny_config
from ui_states import open_page, written

from fairal.runs.store import Store

HOSTILE = (
    "![x](http://evil/x.png) [a](http://evil) <img src=//evil> :material/x: :red[x] $x$ `x` =cmd() [/b] "
    "\x1b[2J\u202e http://evil/y"
)
RENDERED = re.compile(r"(?<!\\)!?(?<!\\)\[[^\]]*(?<!\\)\]\(http|(?<!\\)<img|(?<!\\):material/x|(?<!\\)\$x|[\x1b\u202e]")


@pytest.mark.parametrize("page", ["overview", "runs", "compare", "slices", "launch"])
def test_a_hostile_name_and_reason_are_text_on_every_page(monkeypatch, tmp_path, page):
    store = Store(tmp_path / "home")
    experiment, _ = store.create(tiny_config(name=HOSTILE[:80], study=HOSTILE[40:118]))
    for key in store.runs(experiment):
        store.write_state(key, replace(store.state(key), state="failed", reason=f"It failed: {HOSTILE}"))
    test = open_page(monkeypatch, store, page, {"experiment": experiment} if page == "runs" else None)
    assert not test.exception
    assert not RENDERED.search(written(test)), written(test)


@pytest.mark.parametrize("page", ["overview", "runs", "compare", "slices", "launch", "cohort", "next"])
def test_hostile_addresses_are_text_on_every_page(monkeypatch, tmp_path, page):
    store = Store(tmp_path / "home")
    names = (
        "experiment",
        "experiments",
        "clone",
        "seeds",
        "rounds",
        "runs_page",
        "collection",
        "starts",
        "bias",
        "slice",
    )
    for value in (HOSTILE, "²", "1e999", "9" * 5000, "nan", "\x00", "../../etc"):
        test = open_page(monkeypatch, store, page, dict.fromkeys(names, value))
        assert not test.exception, value[:40]
        assert not RENDERED.search(written(test)), value[:40]


def test_a_read_only_server_says_so_and_its_buttons_do_not_work(monkeypatch, tmp_path):
    store = Store(tmp_path / "home")
    store.create(tiny_config())
    monkeypatch.setenv("FAIRAL_READ_ONLY", "1")
    for page, buttons in (("overview", ["Run the demo"]), ("launch", ["Launch"]), ("runs", ["Cancel all", "Delete"])):
        test = open_page(monkeypatch, store, page)
        assert not test.exception
        assert written(test).count("read only") == 1
        for text in buttons:
            [button] = [b for b in test.button if text in b.label]
            assert button.disabled, text
