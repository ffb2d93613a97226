"""What `pip install` of the wheel gives: the built package alone, away from the checkout, opens the dashboard."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import pytest

from fairal.cli.dashboard import script

ROOT = Path(__file__).parents[1]
SOURCES = ("fairal", "pages", ".streamlit", "app.py", "setup.py", "pyproject.toml", "README.md", "LICENSE")
PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
RUN_PAGES = """
import sys
from streamlit.testing.v1 import AppTest
from fairal.cli.dashboard import script
for name in sys.argv[1:]:
    page = AppTest.from_file(str(script()), default_timeout=60)
    if name != "overview":
        page.switch_page(f"pages/{name}.py")
    page.run()
    print(name, len(page.exception), len(page.error), page.title[0].value)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from a copy: a build leaves folders beside its sources."""
    folder = tmp_path_factory.mktemp("built")
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        options = {"ignore": shutil.ignore_patterns("__pycache__")} if copy is shutil.copytree else {}
        copy(ROOT / name, folder / name, **options)
    build = "from setuptools import build_meta as b; b.build_wheel('out')"
    subprocess.run([sys.executable, "-c", build], cwd=folder, check=True, capture_output=True)
    [built] = (folder / "out").glob("fairal-*-py3-none-any.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> dict:
    """An environment in which the installed package hides the checkout; what it depends on is there already."""
    site, home = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("home")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-compile"]
    subprocess.run([*pip, "--disable-pip-version-check", "--target", str(site), str(wheel)], check=True)
    return {**os.environ, "PYTHONPATH": str(site), "FAIRAL_HOME": str(home), "FAIRAL_WARM": "0"}


def test_the_wheel_holds_every_file_that_git_keeps_below_fairal_and_the_dashboard(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    there = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "fairal").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert there <= names
    scripts = {f"pages/{name}.py" for name in PAGES} | {"app.py", ".streamlit/config.toml"}
    assert names - there >= {f"fairal/dashboard/{name}" for name in scripts}
    assert {name for name in names if not name.startswith("fairal")} == set()


def test_the_pages_that_the_frame_names_are_those_that_are_packed():
    named = re.findall(r'^    "(\w+)": \("', (ROOT / "fairal" / "ui" / "frame.py").read_text(), re.MULTILINE)
    assert sorted(named) == PAGES


def test_every_page_runs_from_the_installed_package(installed, tmp_path):
    command = [sys.executable, "-c", RUN_PAGES, *PAGES]
    ran = subprocess.run(command, env=installed, cwd=tmp_path, capture_output=True, text=True, check=True)
    lines = [line.split(maxsplit=3) for line in ran.stdout.splitlines()]
    assert [line[:3] for line in lines] == [[name, "0", "0"] for name in PAGES]


def test_fairal_app_opens_the_dashboard_from_the_installed_package(installed, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "fairal", "app", "--headless", "--port", str(port)]
    with subprocess.Popen(command, env=installed, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert _fetched(port, "_stcore/health", patience_seconds=60) == "ok"
            assert all("<title>Streamlit</title>" in _fetched(port, name) for name in ("", *PAGES))
        finally:
            server.terminate()
        printed = server.communicate(timeout=20)[0]
    assert f"http://127.0.0.1:{port}" in printed


def _fetched(port: int, path: str, patience_seconds: float = 0.0) -> str:
    end = time.monotonic() + patience_seconds
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=20) as answer:
                return answer.read().decode()
        except urllib.error.URLError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def test_in_a_checkout_the_router_at_the_top_is_the_dashboard():
    assert script() == ROOT / "app.py"


def test_the_container_installs_what_is_pinned_and_copies_what_is_built():
    docker = (ROOT / "Dockerfile").read_text()
    assert all((ROOT / name).exists() for line in re.findall(r"^COPY ((?:\S+ )+)", docker, re.MULTILINE)
               for name in line.split() if not name.startswith("--"))  # fmt: skip
    assert set(SOURCES) <= set(re.findall(r"[\w./-]+", docker))
    assert re.search(r"^USER (?!root)", docker, re.MULTILINE)
    assert "/_stcore/health" in docker
