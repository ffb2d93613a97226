"""The dashboard as a process: it answers, or says that it does not."""

import urllib.request

import pytest

from fairal.errors import RunError
from fairal.ui import server
from fairal.ui.server import Dashboard


def test_a_dashboard_answers_until_it_is_stopped(tmp_path):
    with Dashboard(tmp_path / "home", FAIRAL_WARM="0") as dashboard:
        assert urllib.request.urlopen(dashboard.url("_stcore/health"), timeout=20).read() == b"ok"
    assert dashboard.process.poll() is not None


def test_a_dashboard_that_ends_at_once_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(server, "ROOT", tmp_path)  # where there is no app.py
    with pytest.raises(RunError, match="did not start"):
        Dashboard(tmp_path / "home").start()
