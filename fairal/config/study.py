"""From a person's text to valid experiments, and back."""

import json
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from fairal.config.experiment import ExperimentConfig
from fairal.config.text import parse_json, read_text
from fairal.errors import InputError
from fairal.facts.record import SCHEMA
from fairal.plain import plain

EXPERIMENTS_MAX = 1000


def _sentence(error: ValidationError) -> str:
    found = error.errors()
    # A misspelt name is told before the right one that is missing for it.
    first = next((each for each in found if each["type"] == "extra_forbidden"), found[0])
    parts = [plain(part, 60) for part in first["loc"]]
    if parts[:1] == ["cohort"] and parts[1:2] in (["synthetic"], ["folder"]):
        del parts[1]  # which of the cohorts it was taken for is no field
    place = ".".join(parts)
    kind, given = first["type"], first.get("input")
    if kind == "value_error":
        text = plain(first["ctx"]["error"], 400)
    elif kind == "extra_forbidden":
        return f"{place} is no field of a configuration; {_instead(first, found)}."
    elif kind == "union_tag_invalid":
        text = "must have a kind of synthetic or folder"
    elif kind == "missing":
        return f"{place} is missing."
    elif kind == "string_pattern_mismatch":
        text = f"must match {first['ctx']['pattern']}"
    else:
        text = "must be: " + first["msg"].removeprefix("Input should be ").lower()
    place = place or ("" if kind == "value_error" else "An experiment")
    return f"{place} {text}{'' if ', got' in text else _got(given)}".strip() + "."


def _instead(unknown: Any, found: list) -> str:
    """What to do about an unknown field: a missing one of its place with a like name was meant."""
    missing = [
        each["loc"][-1] for each in found if each["type"] == "missing" and each["loc"][:-1] == unknown["loc"][:-1]
    ]
    like = get_close_matches(str(unknown["loc"][-1])[:60], missing, n=1)
    return f"call it {like[0]}, which is missing" if like else "take it out or correct its name"


def _got(given: Any) -> str:
    if not isinstance(given, str | int | float | bool | None) or (isinstance(given, int) and abs(given) > 10**30):
        return ""
    shown = json.dumps(given)
    return "" if len(shown) > 60 else f", got {shown}"


def parse_experiment(content: Any) -> ExperimentConfig:
    """Validate one experiment.

    Raises:
        InputError: One sentence that names the field and what would be right.
    """
    try:
        return ExperimentConfig.model_validate(content)
    except ValidationError as error:
        raise InputError(_sentence(error)) from None
    except RecursionError:
        raise InputError("An experiment is nested too deeply to be one.") from None


def parse_study(content: Any) -> list[ExperimentConfig]:
    """Validate a configuration file's content: ``{"schema": 1, "study": ..., "experiments": [...]}``."""
    if not isinstance(content, dict):
        raise InputError('A configuration must be an object like {"schema": 1, "experiments": [...]}.')
    _check_schema(content.get("schema"))
    unknown = set(content) - {"schema", "study", "experiments"}
    if unknown:
        name = plain(min(unknown), 60)
        raise InputError(f"{name} is no field of a configuration; take it out or correct its name.")
    experiments = content.get("experiments")
    if not isinstance(experiments, list) or not experiments:
        raise InputError("experiments must be a list with at least one experiment.")
    if len(experiments) > EXPERIMENTS_MAX:
        raise InputError(f"experiments must be at most {EXPERIMENTS_MAX}, got {len(experiments)}.")
    parsed = []
    for position, experiment in enumerate(experiments):
        try:
            parsed.append(parse_experiment(_of_study(experiment, content.get("study", ""))))
        except InputError as error:
            raise InputError(f"experiments[{position}]: {error}" if len(experiments) > 1 else str(error)) from None
    return parsed


def _check_schema(schema: Any) -> None:
    if isinstance(schema, int) and not isinstance(schema, bool) and schema == SCHEMA:
        return
    if isinstance(schema, int) and schema > SCHEMA:
        newer = f"schema {schema}" if schema < 10**6 else "another schema"
        raise InputError(f"This configuration is of {newer}, from a newer fairal; this one reads up to {SCHEMA}.")
    raise InputError(f"schema must be {SCHEMA}{_got(schema)}.")


def _of_study(experiment: Any, study: Any) -> Any:
    """An experiment that names no study is of the file's; both are checked as one field."""
    if isinstance(experiment, dict) and study != "" and experiment.get("study", "") == "":
        return {**experiment, "study": study}
    return experiment


def parse_text(text: str | bytes, what: str = "This") -> list[ExperimentConfig]:
    """Validate a configuration file's text. Errors as `parse_json` and `parse_study`."""
    return parse_study(parse_json(text, what))


def read_study(path: Path) -> list[ExperimentConfig]:
    """Read and validate a configuration file. Errors as `read_text` and `parse_text`."""
    return parse_text(read_text(Path(path)), plain(path, 200))


def study_json(experiments: list[ExperimentConfig], study: str = "") -> str:
    """Write experiments as a configuration file's text."""
    content = {"schema": SCHEMA, "study": study, "experiments": [e.model_dump(mode="json") for e in experiments]}
    return json.dumps(content, indent=2)
