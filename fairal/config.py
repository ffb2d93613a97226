"""What an experiment is, validated once: cohort, learner, query, strategies and seeds.

Every error names the field and what would be right. Nothing here imports anything heavy.
"""

import hashlib
import json
import math
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from fairal.apportion import largest_remainder
from fairal.errors import InputError
from fairal.strategies.catalog import CATALOG, REFERENCES

SCHEMA = 1


def _within(low: float, high: float):
    def check(value: float) -> float:
        if not (math.isfinite(value) and low <= value <= high):
            raise ValueError(f"must lie in {low}..{high}")
        return value

    return AfterValidator(check)


def _one_of(*allowed):
    def check(value):
        if value not in allowed:
            raise ValueError(f"must be one of {', '.join(map(str, allowed))}")
        return value

    return BeforeValidator(check)


LIMITS: dict[str, tuple[float, float]] = {
    "strength": (0.0, 2.0),
    "fade": (0.0, 1.0),
    "share": (0.0, 1.0),
    "pool_size": (4, 5000),
    "test_pairs": (1, 1000),
    "per_round": (1, 500),
    "rounds": (0, 50),
    "steps": (1, 20000),
    "seed": (0, 999_999),
}
"""The allowed range of each numeric field; forms and error messages read it."""

Strength = Annotated[float, _within(*LIMITS["strength"])]
Fraction = Annotated[float, _within(0.0, 1.0)]
Seed = Annotated[int, _within(*LIMITS["seed"])]

FIELDS_OF_VIEW: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "deep-grey": ((-36.0, -42.0, -24.0), (72.0, 84.0, 60.0)),
    "brain": ((-78.0, -114.0, -78.0), (156.0, 192.0, 168.0)),
}
"""Corner and extent in mm, MNI space, X × Y × Z. Both corners lie on one lattice of 1, 1.5 and 3 mm voxels."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    def digest(self, **more: Any) -> str:
        """Digest of all fields (and `more`), stable over processes and key order."""
        return digest({"config": self.model_dump(mode="json"), **more})


def digest(content: Any) -> str:
    """Hash JSON-like content to 24 hex digits, whatever the order of its keys."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


class GroupConfig(_Model):
    """One value of the sensitive attribute: its share of the pool and what the bias does to its members."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{0,23}$")]
    share: Fraction
    strength: Strength = 0.0
    fade: Fraction = 0.0


class SyntheticCohort(_Model):
    """A cohort drawn around the ICBM 152 template, anew for each seed.

    The pool holds `pool_size` subjects split by the groups' shares (largest remainder);
    the test set holds `test_pairs` anatomies, each once per group.
    """

    kind: Literal["synthetic"] = "synthetic"
    structure: Literal["left_caudate"] = "left_caudate"
    field_of_view: Annotated[str, _one_of(*FIELDS_OF_VIEW)] = "deep-grey"
    spacing_mm: Annotated[float, _one_of(1.0, 1.5, 3.0)] = 1.5
    groups: tuple[GroupConfig, ...]
    pool_size: Annotated[int, _within(*LIMITS["pool_size"])]
    test_pairs: Annotated[int, _within(*LIMITS["test_pairs"])]

    @model_validator(mode="after")
    def _check_groups(self):
        names = [group.name for group in self.groups]
        if len(names) < 2:
            raise ValueError(f"groups must hold at least 2 groups, got {len(names)}")
        if len(set(names)) < len(names):
            raise ValueError("groups must have names of their own, two are alike")
        total = sum(group.share for group in self.groups)
        if abs(total - 1) > 1e-6:
            raise ValueError(f"groups must have shares that add up to 1, got {total:g}")
        for name, count in self.pool_counts().items():
            if count == 0:
                raise ValueError(f"groups must each have a subject in the pool, '{name}' has none of {self.pool_size}")
        return self

    @property
    def group_names(self) -> tuple[str, ...]:
        return tuple(group.name for group in self.groups)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels along X, Y and Z."""
        return tuple(round(extent / self.spacing_mm) for extent in FIELDS_OF_VIEW[self.field_of_view][1])

    @property
    def origin_mm(self) -> tuple[float, float, float]:
        """MNI position of the first voxel's centre."""
        return tuple(corner + self.spacing_mm / 2 for corner in FIELDS_OF_VIEW[self.field_of_view][0])

    def pool_counts(self) -> dict[str, int]:
        """Subjects of each group in the pool."""
        return dict(
            zip(self.group_names, largest_remainder([g.share for g in self.groups], self.pool_size), strict=True)
        )


class LearnerConfig(_Model):
    """The 3D U-Net and its training, the same for every strategy; from scratch in every round."""

    channels: tuple[Annotated[int, _within(1, 512)], ...] = (8, 16, 32, 64)
    residual_units: Annotated[int, _within(0, 4)] = 0
    dropout: Annotated[float, _within(0.0, 0.9)] = 0.1
    batch_size: Annotated[int, _within(1, 64)] = 2
    steps: Annotated[int, _within(*LIMITS["steps"])] = 150
    learning_rate: Annotated[float, _within(1e-6, 1e6)] = 1e-2
    weight_decay: Annotated[float, _within(0.0, 1.0)] = 1e-2

    @model_validator(mode="after")
    def _check_depth(self):
        if not 2 <= len(self.channels) <= 6:
            raise ValueError(f"channels must hold 2..6 levels, got {len(self.channels)}")
        return self


class QueryConfig(_Model):
    """The annotation budget: who is labelled at the start, how many are picked in each of how many rounds."""

    start: dict[str, Annotated[int, _within(0, 1000)]]
    per_round: Annotated[int, _within(*LIMITS["per_round"])]
    rounds: Annotated[int, _within(*LIMITS["rounds"])]
    gamma: Annotated[float, _within(0.0, 10.0)] = 1.0

    @property
    def budget(self) -> int:
        """Labelled subjects at the end."""
        return sum(self.start.values()) + self.per_round * self.rounds


def _known_strategy(value: str) -> str:
    if value not in CATALOG:
        raise ValueError(f"must be one of {', '.join(CATALOG)}")
    return value


class ExperimentConfig(_Model):
    """One what-if question: one cohort setting and start, several strategies and seeds."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    study: Annotated[str, Field(max_length=80)] = ""
    cohort: SyntheticCohort
    learner: LearnerConfig = LearnerConfig()
    query: QueryConfig
    strategies: tuple[Annotated[str, AfterValidator(_known_strategy)], ...]
    seeds: tuple[Seed, ...] = (0,)
    references: tuple[Annotated[str, _one_of(*REFERENCES)], ...] = ()
    baseline: Annotated[str, AfterValidator(_known_strategy)] = "entropy"
    device: Annotated[str, Field(pattern=r"^(auto|cpu|mps|cuda(:\d{1,2})?)$")] = "auto"
    volumes: Annotated[str, _one_of("first_seed", "all", "none")] = "first_seed"

    @model_validator(mode="after")
    def _check_together(self):
        counts, start = self.cohort.pool_counts(), self.query.start
        if not self.strategies:
            raise ValueError("strategies must name at least one strategy")
        for field in ("strategies", "seeds", "references"):
            values = getattr(self, field)
            if len(set(values)) < len(values):
                raise ValueError(f"{field} must not repeat, got {', '.join(map(str, values))}")
        if not self.seeds:
            raise ValueError("seeds must hold at least one seed")
        for group, count in start.items():
            if group not in counts:
                raise ValueError(f"query.start must name groups of the cohort ({', '.join(counts)}), got '{group}'")
            if count > counts[group]:
                raise ValueError(f"query.start must take at most {counts[group]} of group '{group}', got {count}")
        if sum(start.values()) < 1:
            raise ValueError("query.start must label at least one subject, or there is nothing to learn from")
        if self.query.budget > self.cohort.pool_size:
            raise ValueError(
                f"query must label at most the pool's {self.cohort.pool_size} subjects, "
                f"got start {sum(start.values())} + {self.query.rounds} rounds of {self.query.per_round} "
                f"= {self.query.budget}"
            )
        return self

    def runs(self) -> list[tuple[str, int, str]]:
        """List (strategy id, seed, role) of every run, in the order in which they are taken up."""
        rows = []
        for seed in self.seeds:
            rows += [(strategy, seed, "strategy") for strategy in self.strategies]
            rows += [(reference, seed, "reference") for reference in self.references]
        return rows

    def fits(self) -> int:
        """Count the trainings: round 0 of a seed is shared by its strategies."""
        per_seed = 1 + len(self.strategies) * self.query.rounds + len(self.references)
        return per_seed * len(self.seeds)


# ---------------------------------------------------------------- from a person's text to a valid configuration


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    kind, given = first["type"], first.get("input")
    shown = json.dumps(given, default=str) if not isinstance(given, dict | BaseModel) else None
    if kind == "value_error":
        text = str(first["ctx"]["error"])
    elif kind == "extra_forbidden":
        return f"{place} is no field of a configuration; take it out or correct its name."
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
