"""The form's words and configurations say the same thing, both ways; nothing of it is lost on the way."""

import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tiny import tiny_config

from fairal.config import LIMITS, Arm, ExperimentConfig
from fairal.errors import InputError
from fairal.learner.trainings import TRAININGS
from fairal.presets import preset
from fairal.strategies.catalog import CATALOG, Entry
from fairal.ui.arm_words import selectable, words_of_arm
from fairal.ui.draft import DEVICES, LEARNERS, VOLUMES, Draft
from fairal.ui.sources import UNLABELLED, VIEWS, parse_start


def whole(limit: str, most: int | None = None):
    low, high = (int(value) for value in LIMITS[limit])
    return some.integers(low, high if most is None else min(high, most))


@some.composite
def sayable(draw) -> list[ExperimentConfig]:
    """Configurations such as the form describes: one for each start, alike in all else."""
    pool = draw(some.integers(40, 5000))
    share = round(draw(some.floats(0.05, 0.95)), 6)
    counts = some.tuples(some.integers(1, 1), some.integers(0, 1)).map(tuple)
    starts = draw(some.lists(counts, min_size=1, max_size=2, unique=True))
    rounds = draw(some.integers(0, 6))
    name, study = draw(some.text("ab +-3", min_size=1, max_size=20)), draw(some.text("ab 3", max_size=9))
    arms = draw(some.lists(some.sampled_from(sorted(selectable())), min_size=1, max_size=5, unique=True))
    first, seeds = draw(whole("seed", 999_000)), draw(some.integers(1, 9))
    field_of_view, spacing_mm = draw(some.sampled_from(sorted(VIEWS.values())))
    biased = {"strength": draw(some.floats(0, 2)), "fade": draw(some.floats(0, 1)), "share": share}
    content = {
        "cohort": {
            "field_of_view": field_of_view, "spacing_mm": spacing_mm, "pool_size": pool,
            "test_pairs": draw(whole("test_pairs")),
            "groups": [{"name": "reference", "share": round(1 - share, 9)}, {"name": "biased", **biased}],
        },
        "learner": LEARNERS[draw(some.sampled_from(sorted(LEARNERS)))].model_dump(mode="json"),
        "strategies": arms, "baseline": draw(some.sampled_from(arms)), "seeds": list(range(first, first + seeds)),
        "references": draw(some.sampled_from([[], ["reference_only", "full_pool"]])),
        "device": draw(some.sampled_from(DEVICES)), "volumes": draw(some.sampled_from(VOLUMES)),
    }  # fmt: skip
    several = len(starts) > 1
    return [
        ExperimentConfig.model_validate(
            {
                **content,
                "name": f"{name} {reference}+{biased}" if several else name,
                "study": study or (name if several else ""),
                "query": {
                    "start": {"reference": reference, "biased": biased},
                    "rounds": rounds,
                    "per_round": draw(some.just(3)),
                },
            }
        )
        for reference, biased in starts
    ]


@settings(max_examples=150, deadline=None)
@given(sayable())
def test_what_the_form_can_say_comes_back_as_the_same_configurations(configs):
    assert Draft.from_configs(configs).to_configs() == configs


@some.composite
def sayable_of_own_scans(draw) -> list[ExperimentConfig]:
    """A what-if on a collection, for any number of groups under any name."""
    names = some.text("aB é_*[]()<>+=", min_size=1, max_size=12)
    arms = draw(some.lists(some.sampled_from(sorted(selectable())), min_size=1, max_size=5, unique=True))
    content = {
        "name": draw(some.text("ab +-3", min_size=1, max_size=20)),
        "study": draw(some.text("ab 3", max_size=9)),
        "cohort": {
            "kind": "folder", "collection": draw(some.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,47}", fullmatch=True)),
            "test_share": draw(some.floats(0.05, 0.9)), "unlabelled": draw(some.sampled_from(sorted(UNLABELLED))),
        },
        "learner": LEARNERS[draw(some.sampled_from(sorted(LEARNERS)))].model_dump(mode="json"),
        "query": {
            "start": draw(some.dictionaries(names, some.integers(1, 1000), min_size=1, max_size=7)),
            "per_round": draw(whole("per_round")), "rounds": draw(whole("rounds")),
        },
        "strategies": arms, "baseline": draw(some.sampled_from(arms)), "seeds": [3, 4, 5],
    }  # fmt: skip
    return [ExperimentConfig.model_validate(content)]


@settings(max_examples=150, deadline=None)
@given(sayable_of_own_scans())
def test_a_what_if_on_own_scans_comes_back_as_it_was(configs):
    draft = Draft.from_configs(configs)
    assert draft.to_configs() == configs
    start, query = configs[0].query.start, configs[0].query
    assert draft.budget() == [sum(start.values()) + query.per_round * query.rounds]


def of_own_scans(**cohort) -> ExperimentConfig:
    draft = replace(Draft(), scans="own", own_start=(("a", 2), ("b", 1)))
    content = draft.contents()[0]
    content["cohort"] |= cohort
    return ExperimentConfig.model_validate(content)


def test_what_a_collection_was_at_launch_is_not_what_was_asked_for():
    scans = [{"id": f"{g}{i}", "group": g, "image": f"{g}{i}", "mask": "m"} for g in "ab" for i in range(30)]
    facts = {"groups": ["a", "b"], "shape": [9, 9, 9], "spacing_mm": 1.0, "origin_mm": [0, 0, 0], "scans": scans}
    assert Draft.from_configs([of_own_scans(facts=facts)]).to_configs() == [of_own_scans()]


def test_some_groups_of_a_collection_are_beyond_the_form():
    with pytest.raises(InputError, match=r"cohort\.groups"):
        Draft.from_configs([of_own_scans(groups=["a", "b"])])


@pytest.mark.parametrize("name", ["demo", "smoke"])
def test_a_preset_of_one_experiment_comes_back_as_it_was(name):
    assert Draft.from_configs(preset(name)).to_configs() == preset(name)


def test_the_blank_form_is_the_demo_under_another_name():
    assert Draft().to_configs() == [c.model_copy(update={"name": "what-if"}) for c in preset("demo")]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"query": {"gamma": 2.0}}, "query.gamma = 2.0"),
        ({"learner": {"steps": 9}}, "this learner"),
        ({"seeds": [0, 2]}, "seeds.1 = 2"),
        ({"references": ["full_pool"]}, "references.0 = full_pool"),
        ({"device": "cuda:1"}, "device = cuda:1"),
        ({"baseline": "bald"}, "against = bald"),
        ({"cohort": {"field_of_view": "brain"}}, "field of view"),
        ({"query": {"start": {"reference": 2}}}, "query.start.biased"),
    ],
)
def test_what_the_form_has_no_field_for_is_named(changes, named):
    with pytest.raises(InputError, match="edited as JSON") as said:
        Draft.from_configs([tiny_config(**changes)])
    assert named in str(said.value)


def test_two_strengths_at_once_are_beyond_the_form():
    with pytest.raises(InputError, match=r"strength = 0\.35"):
        Draft.from_configs(preset("paper-grid"))


def test_several_starts_are_an_experiment_each_and_a_study():
    configs = replace(Draft(), name="both", starts=("5+1", " 3 + 3")).to_configs()
    assert [(c.name, c.study, c.query.start) for c in configs] == [
        ("both 5+1", "both", {"reference": 5, "biased": 1}),
        ("both 3+3", "both", {"reference": 3, "biased": 3}),
    ]
    assert replace(Draft(), starts=("5+1", "3+3")).budget() == [30, 30]


@pytest.mark.parametrize("text", ["5", "5+", "a+b", "5+1+1", "99999+1", "²+1", "-5+1"])
def test_a_start_that_is_not_two_counts_is_a_sentence(text):
    with pytest.raises(InputError, match=r"two counts like 5\+1"):
        parse_start(text)


def test_a_new_entry_of_the_catalog_can_be_chosen_with_what_it_picks_by(monkeypatch):
    entry = Entry("thirteenth", "Thirteenth", "the moon", "test", "-", "random:random", "#123456")
    monkeypatch.setitem(CATALOG, "thirteenth", entry)
    assert "thirteenth" in selectable()
    assert words_of_arm("thirteenth").picks_by == "the moon"
    draft = replace(Draft(), strategies=("thirteenth", "entropy"))
    assert Draft.from_configs(draft.to_configs()) == draft


def test_an_arm_that_learns_by_heart_whom_it_judges_says_so():
    warned = [str(Arm(query, training)) for query in CATALOG for training in TRAININGS
              if words_of_arm(str(Arm(query, training))).caution]  # fmt: skip
    assert {"weighted_entropy+balanced", "worst_group_random+balanced_conditional"} <= set(warned)
    safe = {"weighted_entropy", "weighted_entropy+conditional", "parity+balanced", "oof_quota+balanced"}
    assert not safe & set(warned)


def test_a_draft_needs_no_page():
    code = "import fairal.ui.draft, sys; print('streamlit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
