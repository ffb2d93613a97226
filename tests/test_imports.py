"""Who may import whom: read from the sources, and seen in a fresh interpreter."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LIGHT = {
    "allowed", "apportion", "config", "errors", "facts", "files", "held", "learner.trainings", "plain", "plainfiles",
    "presets", "seals", "seeds", "settings", "strategies.catalog",
}  # fmt: skip
ALLOWED = {
    "allowed": {"errors", "settings"},
    "errors": set(),
    "files": {"held", "plainfiles"},
    "held": {"errors"},
    "plainfiles": set(),
    "seals": {"plainfiles"},
    "apportion": set(),
    "plain": set(),
    "seeds": set(),
    "facts": {"facts"},
    "settings": {"errors", "plain"},
    "strategies.catalog": set(),
    "learner.trainings": set(),
    "config": {
        "apportion",
        "config",
        "errors",
        "facts",
        "learner.trainings",
        "plain",
        "plainfiles",
        "strategies.catalog",
    },
    "presets": {"config", "errors", "learner.trainings", "strategies.catalog"},
    "study": {"config", "presets"},
    "cohort": LIGHT | {"cohort", ""},
    "learner": LIGHT | {"learner"},
    "strategies": LIGHT | {"strategies"},
    "fairness.cases": LIGHT | {"fairness"},
    "fairness": LIGHT - {"seeds"} | {"fairness"},
    "loop": LIGHT | {"cohort", "learner", "strategies", "fairness", "loop"},
    "runs.worker": LIGHT | {"loop", "cohort", "learner", "runs"},
    "runs.advice_worker": LIGHT | {"loop", "cohort", "learner", "runs"},
    "runs.played": LIGHT | {"loop", "cohort", "runs"},
    "runs.kept": LIGHT | {"cohort", "runs"},
    "runs.crews.ray_node": LIGHT | {"loop", "cohort", "learner", "runs", ""},
    "runs.crews.ray_parcel": LIGHT | {"cohort.folder", "runs"},
    "runs.crews.ray_board": LIGHT | {"loop"},
    "runs.crews.ray_cluster": LIGHT | {"loop", "runs"},
    "runs.crews.ray_fits": LIGHT | {"loop", "learner", "runs"},
    "runs.crews.ray_foreman": LIGHT | {"loop", "cohort", "runs"},
    "runs.bundles.provenance": LIGHT | {"runs", ""},
    "runs.launch": LIGHT | {"cohort.folder", "runs"},
    "runs": LIGHT | {"runs"},
    "report": LIGHT | {"fairness", "runs", "report", ""},
    "ui": LIGHT | {"fairness.measures", "runs", "report", "ui", "cohort", ""},
    "doctor": LIGHT | {"runs", "learner", ""},
    "cli": LIGHT | {"report", "runs", "loop", "cohort", "doctor", "study", "cli", ""},
    "__main__": {"cli"},
    "": set(),
}
HEAVY = {"ray", "torch", "monai", "nilearn", "nibabel", "streamlit", "pandas", "altair", "typer", "rich"}
ALLOWED_HEAVY = {
    "cohort": {"torch", "monai", "nilearn", "nibabel"},
    "learner": {"torch", "monai"},
    "strategies": {"torch"},
    "fairness.cases": {"torch", "monai"},
    "loop": {"torch"},
    "runs.worker": {"torch"},
    "runs.advice_worker": {"torch"},
    "runs.reporting": {"torch"},
    "runs.crews.ray_node": {"torch"},
    "runs.crews.ray_board": {"ray"},
    "runs.crews.ray_cluster": {"ray", "torch"},
    "runs.crews.ray_join": {"ray"},
    "runs.crews.ray_foreman": {"torch"},
    "report": {"pandas", "altair"},
    "ui": {"streamlit", "pandas", "altair", "nibabel", "torch"},
    "cli": {"typer", "rich"},
    "doctor": {"torch"},
}


def part_of(module: str, table) -> str:
    """The longest entry of the table that the module belongs to."""
    return max((p for p in table if module == p or module.startswith(p + ".") or p == ""), key=len)


def is_module(name: str) -> bool:
    """Whether a dotted name below ``fairal`` is a file of its own, not something that a package's face defines."""
    place = ROOT.joinpath(*name.split("."))
    return name.startswith("fairal.") and (place.with_suffix(".py").exists() or place.is_dir())


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: import by full name"
            inside = {f"{node.module}.{alias.name}" for alias in node.names if is_module(f"{node.module}.{alias.name}")}
            found |= inside if len(inside) == len(node.names) else inside | {node.module}
    return found


@pytest.mark.parametrize("path", sorted((ROOT / "fairal").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_downward(path):
    module = ".".join(path.relative_to(ROOT / "fairal").with_suffix("").parts).removesuffix("__init__").strip(".")
    own = part_of(module, ALLOWED)
    for name in imports(path):
        top = name.split(".")[0]
        if top == "fairal":
            target = name.removeprefix("fairal").strip(".")
            allowed = any(target == a or (a and target.startswith(a + ".")) for a in ALLOWED[own])
            assert allowed, f"{module} must not import {name}"
        elif top in HEAVY:
            heavy = ALLOWED_HEAVY.get(part_of(module, {**dict.fromkeys(ALLOWED_HEAVY), "": None}), set())
            assert top in heavy, f"{module} must not import {name}"
    assert own != "runs.worker" or "fairal.report" not in imports(path)


def loaded_by(code: str) -> set[str]:
    script = f"{code}\nimport sys\nprint(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    return {name.split(".")[0] for name in ran.stdout.split()}


def test_the_light_parts_stay_light():
    code = "import fairal, fairal.presets, fairal.runs.store, fairal.runs.standing, fairal.runs.launch, fairal.cli"
    assert not loaded_by(code) & {"ray", "torch", "monai", "nilearn", "nibabel", "streamlit", "pandas", "altair"}
