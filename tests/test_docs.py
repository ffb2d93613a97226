"""What the README says works, and the pictures are what their script makes."""

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fairal.fairness.disparity import DISPARITIES
from fairal.presets import PRESETS
from fairal.strategies.catalog import CATALOG

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_the_ten_lines_with_a_strategy_of_ones_own_run(capsys):
    [code] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    exec(compile(code, "README.md", "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 3  # the smoke preset's rounds
    assert all(re.search(r"0\.\d\d", line) for line in printed)


def test_the_readme_names_every_strategy_preset_and_measure():
    for entry in CATALOG.values():
        assert f"`{entry.id}`" in README, entry.id
    for name in PRESETS:
        assert f"`{name}`" in README
    for measure in DISPARITIES.values():
        assert measure.label.split(" (")[0] in README.replace("\\|", "|"), measure.label


def test_every_file_the_readme_links_to_is_there():
    for link in re.findall(r"\]\(((?!http)[^)#]+)\)", README):
        assert (ROOT / link).exists(), link


def script(name: str):
    """Load a script of docs as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_calls_is_what_its_script_writes():
    assert (ROOT / "docs" / "api.md").read_text() == script("api").page(), "run: python docs/api.py"


@pytest.fixture(scope="module")
def pictures():
    return script("pictures")


@pytest.mark.parametrize(
    ("made", "stored"),
    [("bias_sheet", "docs/bias.png"), ("cohort_sheet", "docs/cohort.png"), ("pair", "fairal/ui/assets/pair.png")],
)
def test_the_pictures_are_what_their_script_makes(pictures, made, stored):
    there, again = np.asarray(Image.open(ROOT / stored)), np.asarray(getattr(pictures, made)())
    assert there.shape == again.shape
    # Text may be rasterised differently elsewhere; the brains may not.
    assert (np.abs(there.astype(int) - again).max(-1) > 8).mean() < 0.01
