"""From a person's text to valid experiments, and back."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from fairal.config.experiment import ExperimentConfig
from fairal.errors import InputError
from fairal.facts.record import SCHEMA


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    parts = [str(part) for part in first["loc"]]
    if parts[:1] == ["cohort"] and parts[1:2] in (["synthetic"], ["folder"]):
        del parts[1]  # which of the cohorts it was taken for is no field
    place = ".".join(parts)
    kind, given = first["type"], first.get("input")
    shown = json.dumps(given, default=str) if not isinstance(given, dict | BaseModel) else None
    if kind == "value_error":
        text = str(first["ctx"]["error"])
    elif kind == "extra_forbidden":
        return f"{place} is no field of a configuration; take it out or correct its name."
    elif kind == "union_tag_invalid":
        text = "must have a kind of synthetic or folder"
    elif kind == "missing":
        return f"{place} is missing."
    elif kind == "string_pattern_mismatch":
        text = f"must match {first['ctx']['pattern']}"
    else:
        text = "must be: " + first["msg"].removeprefix("Input should be ").lower()
    got = "" if shown is None or ", got" in text or len(shown) > 60 else f", got {shown}"
    return f"{place} {text}{got}".strip() + "."


def parse_experiment(content: Any) -> ExperimentConfig:
    """Validate one experiment.

    Raises:
        InputError: One sentence that names the field and what would be right.
    """
    try:
        return ExperimentConfig.model_validate(content)
    except ValidationError as error:
        raise InputError(_sentence(error)) from None


def parse_study(content: Any) -> list[ExperimentConfig]:
    """Validate a configuration file's content: ``{"schema": 1, "study": ..., "experiments": [...]}``."""
    if not isinstance(content, dict):
        raise InputError('A configuration must be an object like {"schema": 1, "experiments": [...]}.')
    schema = content.get("schema")
    if isinstance(schema, int) and schema > SCHEMA:
        raise InputError(
            f"This configuration is of schema {schema}, from a newer fairal; this one reads up to {SCHEMA}."
        )
    if schema != SCHEMA:
        raise InputError(f"schema must be {SCHEMA}, got {json.dumps(schema)}.")
    unknown = set(content) - {"schema", "study", "experiments"}
    if unknown:
        raise InputError(f"{sorted(unknown)[0]} is no field of a configuration; take it out or correct its name.")
    experiments = content.get("experiments")
    if not isinstance(experiments, list) or not experiments:
        raise InputError("experiments must be a list with at least one experiment.")
    parsed = []
    for position, experiment in enumerate(experiments):
        try:
            config = parse_experiment(experiment)
        except InputError as error:
            raise InputError(f"experiments[{position}]: {error}" if len(experiments) > 1 else str(error)) from None
        study = content.get("study", "")
        parsed.append(config.model_copy(update={"study": study}) if study and not config.study else config)
    return parsed


def read_study(path: Path) -> list[ExperimentConfig]:
    """Read and validate a configuration file."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path} does not exist; `fairal preset demo > {path}` writes one to edit.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}.") from None
    except json.JSONDecodeError as error:
        raise InputError(f"{path} is not valid JSON: {error.msg} in line {error.lineno}.") from None
    return parse_study(content)


def study_json(experiments: list[ExperimentConfig], study: str = "") -> str:
    """Write experiments as a configuration file's text."""
    content = {"schema": SCHEMA, "study": study, "experiments": [e.model_dump(mode="json") for e in experiments]}
    return json.dumps(content, indent=2)
