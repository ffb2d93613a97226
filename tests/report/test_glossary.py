"""One definition for each term, and nowhere a second one."""

import ast
import re
from pathlib import Path

import pytest

from fairal.fairness.measures import MEASURES
from fairal.learner.trainings import PLAIN, TRAININGS
from fairal.report.glossary import TERMS, define, defined
from fairal.ui.glossary import OF_A_COMPARISON

ROOT = Path(__file__).parents[2]
SHOWN = [
    *(ROOT / "fairal" / "ui").glob("*.py"),
    *(ROOT / "pages").glob("*.py"),
    *(ROOT / "fairal").rglob("report/*.py"),
]


def words(text: str) -> list[str]:
    return re.findall(r"[\w%]+", text.lower())


def test_a_definition_is_a_sentence_or_two_with_an_end():
    for term, text in TERMS.items():
        assert text.endswith("."), term
        assert 20 < len(text) < 200, term


def test_no_term_is_there_twice():
    assert len({term.lower().rstrip("s") for term in TERMS}) == len(TERMS)


def test_every_measure_and_training_is_in_it():
    assert {measure.label for measure in MEASURES.values()} <= set(TERMS)
    for training in TRAININGS:
        parts = training.replace("group_dro", "group DRO").split("_") if training != PLAIN else []
        assert set(parts) <= set(TERMS), training


def test_a_list_has_the_wanted_terms_in_the_order_of_the_glossary():
    listed = defined(["gap", "Dice"])
    assert [line.split("**")[1] for line in listed.splitlines()] == ["Dice", "Gap"]
    assert define("gap") in listed
    with pytest.raises(KeyError, match="unheard"):
        defined(["gap", "unheard"])


def test_no_other_text_of_the_pages_defines_a_term_again():
    """Eight words in a row out of a definition are a copy of it."""
    runs = {
        tuple(own[i : i + 8]): term
        for term, text in TERMS.items()
        for own in [words(text)]
        for i in range(len(own) - 7)
    }
    for path in SHOWN:
        if path.name == "glossary.py":
            continue
        there = words(path.read_text())
        copies = {runs[run] for i in range(len(there) - 7) if (run := tuple(there[i : i + 8])) in runs}
        assert not copies, f"{path.relative_to(ROOT)} repeats what the glossary says of {copies}"


def quoted(path: Path) -> set[str]:
    """The terms that a module asks for, also those that it names in a tuple before."""
    tree = ast.parse(path.read_text())
    named = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name))
    asked = [call for call in calls if call.func.id in ("define", "defined", "glossary")]
    names = (part.id for call in asked for part in ast.walk(call) if isinstance(part, ast.Name) and part.id in named)
    nodes = [argument for call in asked for argument in call.args] + [named[name] for name in names]
    return {part.value for node in nodes for part in ast.walk(node) if isinstance(part, ast.Constant)}


def test_every_term_that_is_asked_for_is_in_it():
    asked = {path: quoted(path) for path in SHOWN if path.name != "glossary.py"}
    for path, terms in asked.items():
        assert terms <= set(TERMS), f"{path.relative_to(ROOT)} asks for {terms - set(TERMS)}"
    everywhere = set().union(*asked.values())
    assert {"arm", "entropy", "weighted entropy", "gap", "Dice", "baseline", "missed"} <= everywhere


def test_the_terms_of_a_comparison_are_in_it():
    assert set(OF_A_COMPARISON) <= set(TERMS)
    assert {"gap", "Dice", "surface Dice", "ASSD", "disparity reduction", "fair line", "noise line"} <= set(
        OF_A_COMPARISON
    )
