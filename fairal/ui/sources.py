"""Where a draft's subjects come from, in the form's words and as a configuration says it. Nothing here draws."""

from collections.abc import Mapping
from typing import Any

from fairal.config import FolderCohort, SyntheticCohort
from fairal.errors import InputError

VIEWS = {
    "Deep grey matter, 1.5 mm": ("deep-grey", 1.5),
    "Deep grey matter, 1 mm": ("deep-grey", 1.0),
    "Deep grey matter, 3 mm (to try things)": ("deep-grey", 3.0),
    "Whole brain, 1.5 mm (slow)": ("brain", 1.5),
}
GROUPS = ("reference", "biased")
UNLABELLED = {
    "leave_out": "left out: nobody needs to label anything",
    "wait": "in the pool: a run that picks one waits for its mask",
}


def words_of(cohort: SyntheticCohort | FolderCohort) -> dict[str, Any]:
    """Give the draft's fields that describe a cohort.

    Raises:
        InputError: The form has no words for it.
    """
    if isinstance(cohort, FolderCohort):
        return {"scans": cohort.collection, "test_share": cohort.test_share, "unlabelled": cohort.unlabelled}
    if cohort.group_names != GROUPS:
        raise cannot_say(f"groups {', '.join(cohort.group_names)}: it knows a reference and a biased group")
    biased = cohort.groups[1]
    return {
        "bias": biased.strength,
        "fading": biased.fade,
        "biased_share": biased.share,
        "pool": cohort.pool_size,
        "pairs": cohort.test_pairs,
        "view": key_of(VIEWS, (cohort.field_of_view, cohort.spacing_mm), "this field of view at this spacing"),
    }


def cohort_content(words: Mapping[str, Any]) -> dict[str, Any]:
    """Write a cohort as JSON, from a draft's fields."""
    if words["scans"]:
        split = {name: words[name] for name in ("test_share", "unlabelled")}
        return {"kind": "folder", "collection": words["scans"], **split}
    field_of_view, spacing_mm = VIEWS[words["view"]]
    share = words["biased_share"]
    return {
        "field_of_view": field_of_view,
        "spacing_mm": spacing_mm,
        "groups": [
            {"name": GROUPS[0], "share": round(1 - share, 9)},
            {"name": GROUPS[1], "share": share, "strength": words["bias"], "fade": words["fading"]},
        ],
        "pool_size": words["pool"],
        "test_pairs": words["pairs"],
    }


def parse_start(text: str) -> tuple[int, int]:
    """Read a start: two counts like ``5+1``, reference + biased.

    Raises:
        InputError: It is not.
    """
    parts = text.replace(" ", "").split("+")
    if len(parts) != 2 or not all(p.isascii() and p.isdigit() and len(p) < 5 for p in parts):
        raise InputError(f"A start must be two counts like 5+1 (reference+biased), got '{text[:20]}'.")
    return int(parts[0]), int(parts[1])


def start_in_words(text: str) -> str:
    """Write ``5+1`` as a person says it; a text that is no start as it is."""
    try:
        counts = parse_start(text)
    except InputError:
        return text
    return " + ".join(f"{count} {group}" for count, group in zip(counts, GROUPS, strict=True))


def key_of(table: Mapping[str, Any], value: Any, what: str) -> str:
    """Find by what name a form's choice offers a value.

    Raises:
        InputError: It does not.
    """
    for name, content in table.items():
        if content == value:
            return name
    raise cannot_say(what)


def cannot_say(what: str) -> InputError:
    """Say what the form has no field for."""
    return InputError(f"The form cannot say {what}; this one is edited as JSON.")
