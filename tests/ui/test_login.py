"""Where a login is configured nobody gets in without it; tried with a real provider and browser in tests/slow."""

import pytest
from ui_states import open_page, written

from fairal.runs.store import Store
from fairal.ui import login
from fairal.ui.login import may_enter

ALICE = {"is_logged_in": True, "email": "Alice@example.org", "email_verified": True}
PAGES = ["overview", "story", "cohort", "launch", "runs", "compare", "slices", "next"]


@pytest.mark.parametrize("page", PAGES)
def test_before_the_login_every_page_is_its_button_alone(monkeypatch, tmp_path, page):
    monkeypatch.setattr(login, "visitor", lambda: {"is_logged_in": False})
    test = open_page(monkeypatch, Store(tmp_path / "home"), page)
    assert not test.exception
    assert [button.label for button in test.button] == ["Log in"]
    assert [title.value for title in test.title] == ["fairal"]
    assert "Home" not in written(test)


def test_who_has_logged_in_sees_the_page_and_the_way_out(monkeypatch, tmp_path):
    monkeypatch.setattr(login, "visitor", lambda: ALICE)
    test = open_page(monkeypatch, Store(tmp_path / "home"), "launch")
    assert not test.exception
    assert "Launch" in [button.label for button in test.button]
    assert [button.label for button in test.sidebar.button] == ["Log out"]


def test_without_a_login_there_is_no_gate_unless_somebody_is_named(monkeypatch, tmp_path):
    test = open_page(monkeypatch, Store(tmp_path / "home"), "launch")
    assert "Launch" in [button.label for button in test.button]
    monkeypatch.setenv("FAIRAL_ALLOWED_EMAILS", "alice@example.org")
    test = open_page(monkeypatch, Store(tmp_path / "home"), "launch")
    assert (list(test.button), [error.value for error in test.error]) == (
        [],
        [login.literal(login.NOT_CONFIGURED, 400)],
    )
    monkeypatch.setenv("FAIRAL_ALLOWED_EMAILS", "*")
    test = open_page(monkeypatch, Store(tmp_path / "home"), "launch")
    assert (list(test.button), len(test.error)) == ([], 1)


@pytest.mark.parametrize(
    ("who", "allowed", "enters"),
    [
        (ALICE, None, True),
        (ALICE, {"alice@example.org"}, True),
        (ALICE, {"@example.org"}, True),
        (ALICE, {"bob@example.org"}, False),
        (ALICE, {"@example.or"}, False),
        (ALICE | {"email_verified": False}, {"alice@example.org"}, False),
        ({"is_logged_in": True, "email": "alice@example.org"}, {"alice@example.org"}, False),
        (ALICE | {"email": "mallory@evil.org@example.org.evil.org"}, {"@example.org"}, False),
        (ALICE | {"email": None}, {"@example.org"}, False),
        (ALICE | {"is_logged_in": False}, None, False),
        ({}, None, False),
    ],
)
def test_only_verified_addresses_that_are_named_get_in(who, allowed, enters):
    assert may_enter(who, allowed) is enters


def test_who_is_not_among_the_allowed_is_told_so_and_sees_nothing_else(monkeypatch, tmp_path):
    monkeypatch.setenv("FAIRAL_ALLOWED_EMAILS", "bob@example.org")
    monkeypatch.setattr(login, "visitor", lambda: ALICE | {"email": "![x](http://evil/x.png)@example.org"})
    test = open_page(monkeypatch, Store(tmp_path / "home"), "runs")
    assert [button.label for button in test.button] == ["Log out"]
    assert "not among those who may come in" in test.error[0].value
    assert "](http" not in test.error[0].value.replace("\\]", "")
