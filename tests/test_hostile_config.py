"""Whatever stands in a configuration: it is accepted and read back equal, or refused with one sentence."""

import json
import os
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from mutations import accepted_and_equal_or_refused, as_text, mutated
from tiny import tiny_config

from fairal.config import parse_text, read_study, study_json
from fairal.config.text import TEXT_BYTES_MAX
from fairal.errors import InputError

QUICK = settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@QUICK
@given(mutated())
def test_a_mutated_configuration_is_accepted_and_equal_or_refused(content):
    accepted_and_equal_or_refused(as_text(content))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[" * 100_000 + "]" * 100_000, "This is nested too deeply to be a configuration."),
        ('{"schema": 1, "x": ' * 50_000, "This is nested too deeply to be a configuration."),
        ('{"schema": ' + "9" * 5000 + "}", "This is not valid JSON: a number in it has thousands of digits."),
        ('{"schema": ' + "9" * 4000 + "}", "This configuration is of another schema, from a newer fairal; this one"),
        ('{"schema": NaN}', "schema must be 1, got NaN."),
        ('{"schema": true}', "schema must be 1, got true."),
        ('{"schema": [1]}', "schema must be 1."),
        ('{"schema": 1, "experiments": {}}', "experiments must be a list with at least one experiment."),
        ('{"schema": 1, "experiments": [7]}', "An experiment must be: a valid dictionary or instance"),
        ('{"schema": 1, "\\u001b[2J": 2, "experiments": [7]}', r"\x1b[2J is no field of a configuration"),
        ("\x00", "This is not valid JSON: Expecting value in line 1."),
        ("", "This is not valid JSON: Expecting value in line 1."),
        (" " * (TEXT_BYTES_MAX + 1), "This is too long: a configuration has at most 4 MB."),
    ],
)
def test_what_is_no_configuration_is_a_sentence(text, sentence):
    with pytest.raises(InputError) as error:
        parse_text(text)
    assert str(error.value).startswith(sentence)


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        ("learner.steps", 10**4000, "learner.steps must"),
        ("learner.steps", -(10**400), "learner.steps must"),
        ("learner.learning_rate", 1e999, "learner.learning_rate must be: a finite number"),
        ("cohort.groups.0.share", float("nan"), "cohort.groups.0.share must be: a finite number, got NaN."),
        ("name", "\ud800", "name must be: a valid string"),
        ("name", "x" * 81, "name must be: string should have at most 80 characters"),
        ("query.start", {"\x1b[31m": 1}, "query.start must name groups of the cohort (reference, biased), got '\\x1b["),
        ("seeds", list(range(10_001)), "seeds must hold at most 10000 seeds, got 10001."),
        ("learner.channels", [4, 4, 4, 4, 4, 4], "learner.channels must hold at most 5 levels for volumes of 24"),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_what_it_says_is_a_sentence_that_names_it(place, value, sentence):
    content = tiny_config().model_dump(mode="json")
    *outer, last = place.split(".")
    target = content
    for key in outer:
        target = target[int(key) if isinstance(target, list) else key]
    target[last] = value
    with pytest.raises(InputError) as error:
        parse_text(json.dumps({"schema": 1, "experiments": [content]}))
    assert str(error.value).startswith(sentence)
    assert len(str(error.value)) < 400


@pytest.mark.parametrize("study", [7, True, ["a"], {"a": 1}, "x" * 81, None, "\ud800"])
def test_a_study_that_cannot_be_read_back_is_refused(study):
    with pytest.raises(InputError, match=r"^study must be: .*string"):
        parse_text(json.dumps({"schema": 1, "study": study, "experiments": [tiny_config().model_dump(mode="json")]}))


def test_an_experiment_takes_the_study_of_its_file_unless_it_names_its_own():
    plain, own = tiny_config().model_dump(mode="json"), tiny_config(study="own").model_dump(mode="json")
    configs = parse_text(json.dumps({"schema": 1, "study": "file", "experiments": [plain, own]}))
    assert [config.study for config in configs] == ["file", "own"]


def test_what_is_no_plain_file_is_neither_waited_for_nor_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "latin").write_bytes(b'{"schema": "\xe9"}')
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(30_000_000_000)
    for name, sentence in (
        ("pipe", "it is no plain file"),
        ("folder", "cannot be read"),
        ("latin", "is not text in UTF-8"),
        ("huge", "is too long: a configuration has at most 4 MB"),
        ("nul\x00", "cannot be read: embedded null"),
        ("\x1b[2J", "does not exist"),
        ("x" * 5000, "cannot be read: File name too long"),
    ):
        with pytest.raises(InputError, match=sentence) as error:
            read_study(tmp_path / name)
        assert str(error.value).isprintable()
    with pytest.raises(InputError, match="no plain file"):
        read_study("/dev/zero")


def test_a_field_that_is_named_twice_is_a_sentence():
    [config] = json.loads(study_json([tiny_config()]))["experiments"]
    text = json.dumps(config)[:-1] + ', "name": "another"}'
    with pytest.raises(InputError, match="This names name twice in one place"):
        parse_text('{"schema": 1, "experiments": [' + text + "]}")


def test_numbers_are_bounded_by_python_itself():
    assert sys.get_int_max_str_digits() == 4300  # what parse_json says of thousands of digits rests on it
