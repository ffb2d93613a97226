"""Configurations as a careless or a hostile person would write them: sound ones with a few places changed."""

import copy
import json
from typing import Any

from hypothesis import strategies as st

from fairal.config import parse_experiment, parse_text, study_json
from fairal.errors import InputError
from fairal.presets import PRESETS, preset

SOUND = [
    {"schema": 1, "study": "", "experiments": [config.model_dump(mode="json") for config in preset(name)[:2]]}
    for name in PRESETS
]
DEEP: Any = 0
for _ in range(400):
    DEEP = [DEEP]
ODD = [
    None, True, -1, 0, 1, 2, 7, 10**9, -(10**400), 10**4000, 0.5, 1e308, float("nan"), float("inf"), "", "[/b]",
    "\x1b[2J", "![x](http://evil.example/x.png)", "a" * 5000,
    "../..", "²", "\u202eabc", "\x00", "\ud800", [], {}, [[]], [1, 1],
    {"": 1}, {"kind": "folder"}, {"__proto__": {}}, DEEP,
]  # fmt: skip
"""Values of every kind that a field might hold and should not, or might and should."""

leaves = st.one_of(
    st.sampled_from(ODD), st.integers(), st.floats(), st.text(max_size=90), st.lists(st.integers(0, 9), max_size=8)
)


def _places(content: Any, place: tuple = ()) -> list[tuple]:
    """Every place in a JSON value, from the outside in."""
    inside = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    return [place, *(p for key, value in inside for p in _places(value, (*place, key)))]


@st.composite
def mutated(draw) -> Any:
    """A configuration file's content: one to three places are replaced, removed, doubled or added."""
    content = copy.deepcopy(draw(st.sampled_from(SOUND)))
    for _ in range(draw(st.integers(1, 3))):
        *outer, last = draw(st.sampled_from(_places(content)[1:] or [("schema",)]))
        target = content
        for key in outer:
            target = target[key]
        how = draw(st.sampled_from(("replace", "replace", "remove", "double", "add")))
        if how == "replace":
            target[last] = copy.deepcopy(draw(leaves))  # a later change may go into it
        elif how == "remove":
            del target[last]
        elif isinstance(target, list):
            target.append(copy.deepcopy(target[-1]) if how == "double" and target else copy.deepcopy(draw(leaves)))
        else:
            target[draw(st.text(max_size=12))] = copy.deepcopy(draw(leaves))
    return content


def as_text(content: Any) -> str:
    """Write it as Python does; numbers that are none stand in it as NaN and Infinity."""
    return json.dumps(content)


def accepted_and_equal_or_refused(text: str) -> bool:
    """Whether a configuration is accepted; what comes of it holds in either case."""
    try:
        configs = parse_text(text)
    except InputError as error:
        said = str(error)
    else:
        said = ""
    if said:
        assert said.isprintable(), ascii(said)
        assert len(said) < 700
        assert said.endswith(".")
        return False
    again = parse_text(study_json(configs))
    assert again == configs
    assert [parse_experiment(json.loads(config.model_dump_json())) for config in configs] == configs
    assert all(config.runs() and config.fits() for config in configs)
    return True
