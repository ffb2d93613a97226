import json

import pytest
from tiny import tiny_config

from fairal.apportion import largest_remainder
from fairal.config import ExperimentConfig, digest, parse_experiment, parse_study, read_study
from fairal.errors import InputError
from fairal.presets import PRESETS, preset


def changed(**changes) -> dict:
    content = tiny_config().model_dump(mode="json")
    for name, value in changes.items():
        content[name] = {**content[name], **value} if isinstance(value, dict) else value
    return content


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"query": {"rounds": 51}}, "query.rounds must lie in 0..50, got 51."),
        ({"query": {"per_round": 0}}, "query.per_round must lie in 1..500, got 0."),
        ({"cohort": {"test_pairs": 0}}, "cohort.test_pairs must lie in 1..1000, got 0."),
        ({"cohort": {"spacing_mm": 2}}, "cohort.spacing_mm must be one of 1.0, 1.5, 3.0, got 2."),
        ({"learner": {"steps": 0}}, "learner.steps must lie in 1..20000, got 0."),
        ({"query": {"rounds": 40}}, "query must label at most the pool's 16 subjects"),
        ({"query": {"start": {"reference": 11, "biased": 1}}}, "query.start must take at most 10 of group 'reference'"),
        ({"query": {"start": {"other": 1}}}, "query.start must name groups of the cohort (reference, biased)"),
        ({"query": {"start": {"reference": 0, "biased": 0}}}, "query.start must label at least one subject"),
        ({"seeds": []}, "seeds must hold at least one seed."),
        ({"seeds": [1, 1]}, "seeds must not repeat, got 1, 1."),
        ({"device": "tpu"}, "device must match"),
        ({"colour": "red"}, "colour is no field of a configuration; take it out or correct its name."),
        ({"learner": {"steps": "many"}}, "learner.steps must be: a valid integer"),
    ],
)
def test_bad_input_gives_one_sentence_that_names_the_field(changes, sentence):
    with pytest.raises(InputError) as error:
        parse_experiment(changed(**changes))
    assert str(error.value).startswith(sentence)
    assert "\n" not in str(error.value)


def test_an_unknown_strategy_is_named_with_those_that_are():
    with pytest.raises(InputError, match=r"strategies.0 must be one of random, entropy, .*got \"psychic\""):
        parse_experiment(changed(strategies=["psychic"]))


def test_a_misspelt_field_is_named_before_the_one_that_is_missing_for_it():
    content = changed()
    content["strategys"] = content.pop("strategies")
    with pytest.raises(InputError) as error:
        parse_experiment(content)
    assert str(error.value) == "strategys is no field of a configuration; call it strategies, which is missing."
    content = changed(query={"per_rounds": 2})
    del content["query"]["per_round"]
    with pytest.raises(InputError, match=r"query\.per_rounds is no field of .*; call it per_round, which"):
        parse_experiment(content)


def test_a_strength_out_of_range_names_its_group():
    groups = [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.5, "strength": 2.5}]
    with pytest.raises(InputError, match=r"cohort.groups.1.strength must lie in 0.0..2.0, got 2.5"):
        parse_experiment(changed(cohort={"groups": groups}))


def test_groups_need_shares_that_add_up_and_members():
    for shares, sentence in (((0.5, 0.6), "add up to 1, got 1.1"), ((0.999, 0.001), "'b' has none of 16")):
        groups = [{"name": name, "share": share} for name, share in zip("ab", shares, strict=True)]
        with pytest.raises(InputError, match=sentence):
            parse_experiment(changed(cohort={"groups": groups}))


def test_a_configuration_from_a_newer_version_is_refused_by_name(tmp_path):
    with pytest.raises(InputError, match="schema 2, from a newer fairal"):
        parse_study({"schema": 2, "experiments": [changed()]})
    path = tmp_path / "broken.json"
    path.write_text('{"schema": 1,\n "experiments": [')
    with pytest.raises(InputError, match=r"not valid JSON: .* in line 2"):
        read_study(path)
    with pytest.raises(InputError, match="does not exist"):
        read_study(tmp_path / "missing.json")


def test_every_preset_survives_its_own_file():
    for name in PRESETS:
        experiments = preset(name)
        content = {"schema": 1, "experiments": [json.loads(e.model_dump_json()) for e in experiments]}
        assert parse_study(content) == experiments


def test_presets_hold_the_promised_sizes():
    demo, strong, grid = preset("demo")[0], preset("strong"), preset("paper-grid")
    assert demo.cohort.pool_counts() == {"reference": 84, "biased": 36}
    assert demo.cohort.shape == (48, 56, 40)
    assert demo.query.budget == 30
    assert demo.fits() == 14
    assert [e.cohort.pool_counts() for e in strong] == [{"reference": 140, "biased": 60}] * 2
    assert sum(len(e.runs()) for e in grid) == 140
    assert {e.cohort.shape for e in grid} == {(72, 84, 60)}


def test_every_preset_that_claims_something_holds_the_control_and_a_fair_arm():
    for name in set(PRESETS) - {"smoke"}:  # a smoke test claims nothing
        for experiment in preset(name):
            assert {"worst_group_random", "parity+balanced_conditional"} <= set(experiment.strategies), name


def test_an_unknown_preset_is_named():
    with pytest.raises(InputError, match="There is no preset 'demos'; there are demo, strong"):
        preset("demos")


def test_digest_ignores_the_order_of_keys_and_notices_every_value():
    assert digest({"a": 1, "b": [1, 2]}) == digest({"b": [1, 2], "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})


def test_configs_are_frozen():
    with pytest.raises(Exception, match="frozen"):
        tiny_config().name = "other"
    assert isinstance(tiny_config(), ExperimentConfig)


@pytest.mark.parametrize(
    ("weights", "total", "ceilings", "expected"),
    [
        ([0.7, 0.3], 120, None, [84, 36]),
        ([1, 1, 1], 4, None, [2, 1, 1]),
        ([0, 0], 3, None, [2, 1]),
        ([1, 1], 6, [1, 9], [1, 5]),
        ([5, 1], 6, [9, 0], [6, 0]),
        ([1, 1], 6, [2, 1], [2, 1]),
        ([0.9, 0.1, 0.0], 10, [3, 2, 9], [3, 2, 5]),
    ],
)
def test_largest_remainder_by_hand(weights, total, ceilings, expected):
    assert largest_remainder(weights, total, ceilings) == expected
