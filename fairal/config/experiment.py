"""What an experiment is: cohort, learner, query, arms and seeds; an error names the field and what would be right."""

import math
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from fairal.config.arm import Arm
from fairal.config.cohort import CohortConfig, FolderCohort
from fairal.config.fields import LIMITS, Model, Seed, one_of, within
from fairal.learner.trainings import PLAIN, TRAININGS
from fairal.strategies.catalog import CATALOG, FOLDS, OUT_OF_FOLD, REFERENCES

SEEDS_MAX = 10_000


class LearnerConfig(Model):
    """The 3D U-Net and its training, the same for every strategy; from scratch in every round."""

    channels: tuple[Annotated[int, within(1, 512)], ...] = (8, 16, 32, 64)
    residual_units: Annotated[int, within(0, 4)] = 0
    dropout: Annotated[float, within(0.0, 0.9)] = 0.1
    batch_size: Annotated[int, within(1, 64)] = 2
    steps: Annotated[int, within(*LIMITS["steps"])] = 150
    learning_rate: Annotated[float, within(1e-6, 1e6)] = 1e-2
    weight_decay: Annotated[float, within(0.0, 1.0)] = 1e-2

    @model_validator(mode="after")
    def _check_depth(self):
        if not 2 <= len(self.channels) <= 6:
            raise ValueError(f"channels must hold 2..6 levels, got {len(self.channels)}")
        return self


class QueryConfig(Model):
    """The annotation budget: who is labelled at the start, how many are picked in each of how many rounds.

    Attributes:
        start: Labelled subjects by group.
        gamma: Exponent of the groups' weights.
        dice_from: What D_g is measured on: the ``labelled`` scans that the network was trained on, or ``out_of_fold``,
            each by a network that was not trained on it (two more trainings a round).
    """

    start: dict[str, Annotated[int, within(0, 1000)]]
    per_round: Annotated[int, within(*LIMITS["per_round"])]
    rounds: Annotated[int, within(*LIMITS["rounds"])]
    gamma: Annotated[float, within(0.0, 10.0)] = 1.0
    dice_from: Annotated[str, one_of("labelled", "out_of_fold")] = "labelled"

    @property
    def budget(self) -> int:
        """Labelled subjects at the end."""
        return sum(self.start.values()) + self.per_round * self.rounds


def _known_query(value: str) -> str:
    if value not in CATALOG:
        raise ValueError(f"must be one of {', '.join(CATALOG)}, alone or with +balanced or another training")
    return value


def _known_arm(value: str) -> str:
    arm = Arm.parse(value)
    _known_query(arm.query)
    if arm.training not in TRAININGS or str(arm) != value:
        trainings = ", ".join(training for training in TRAININGS if training != PLAIN)
        raise ValueError(f"must be a query, or query+training with one of {trainings}")
    return value


class ExperimentConfig(Model):
    """One what-if question: one cohort setting and start, several strategies and seeds."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    study: Annotated[str, Field(max_length=80)] = ""
    cohort: CohortConfig
    learner: LearnerConfig = LearnerConfig()
    query: QueryConfig
    strategies: tuple[Annotated[str, AfterValidator(_known_arm)], ...]
    seeds: tuple[Seed, ...] = (0,)
    references: tuple[Annotated[str, one_of(*REFERENCES)], ...] = ()
    baseline: Annotated[str, AfterValidator(_known_arm)] = "entropy"
    device: Annotated[str, Field(pattern=r"^(auto|cpu|mps|cuda(:\d{1,2})?)$")] = "auto"
    volumes: Annotated[str, one_of("first_seed", "all", "none")] = "first_seed"

    @model_validator(mode="after")
    def _check_lists(self):
        if not self.strategies:
            raise ValueError("strategies must name at least one strategy")
        for field in ("strategies", "seeds", "references"):
            values = getattr(self, field)
            if len(set(values)) < len(values):
                raise ValueError(f"{field} must not repeat, got {', '.join(map(str, values))}")
        if not self.seeds:
            raise ValueError("seeds must hold at least one seed")
        if len(self.seeds) > SEEDS_MAX:
            raise ValueError(f"seeds must hold at most {SEEDS_MAX} seeds, got {len(self.seeds)}")
        if sum(self.query.start.values()) < 1:
            raise ValueError("query.start must label at least one subject, or there is nothing to learn from")
        return self

    @model_validator(mode="after")
    def _check_depth(self):
        """The deepest level must keep more than one voxel: over a single one there is nothing to normalise."""
        if isinstance(self.cohort, FolderCohort) and self.cohort.facts is None:
            return self
        shape, levels = self.cohort.shape, len(self.learner.channels)
        most = next(n for n in range(levels, 0, -1) if math.prod(-(-edge // 2 ** (n - 1)) for edge in shape) > 1)
        if most < levels:
            raise ValueError(
                f"learner.channels must hold at most {most} levels for volumes of {' × '.join(map(str, shape))} "
                f"voxels, got {levels}: each level halves them"
            )
        return self

    @model_validator(mode="after")
    def _check_budget(self):
        if isinstance(self.cohort, FolderCohort) and self.cohort.facts is None:
            return self  # the collection is looked at when the experiment is launched
        counts, start = self.cohort.pool_counts(), self.query.start
        for group, count in start.items():
            if group not in counts:
                raise ValueError(f"query.start must name groups of the cohort ({', '.join(counts)}), got '{group}'")
            if count > counts[group]:
                raise ValueError(f"query.start must take at most {counts[group]} of group '{group}', got {count}")
        if self.query.budget > self.cohort.pool_size:
            raise ValueError(
                f"query must label at most the pool's {self.cohort.pool_size} subjects, "
                f"got start {sum(start.values())} + {self.query.rounds} rounds of {self.query.per_round} "
                f"= {self.query.budget}"
            )
        return self

    @property
    def arms(self) -> tuple[Arm, ...]:
        """What is compared, in the order of tables and colours."""
        return tuple(Arm.parse(text) for text in self.strategies)

    def runs(self) -> list[tuple[str, int, str]]:
        """List (strategy id, seed, role) of every run, in the order in which they are taken up."""
        rows = []
        for seed in self.seeds:
            rows += [(strategy, seed, "strategy") for strategy in self.strategies]
            rows += [(reference, seed, "reference") for reference in self.references]
        return rows

    def fits(self) -> int:
        """Count the trainings: round 0 of a seed is shared by its arms of one training, folds are trained besides."""
        starts = len({arm.training for arm in self.arms})
        rounds = self.query.rounds
        each = sum(rounds + FOLDS * self.rounds_with_folds(arm) for arm in self.arms)
        return (starts + each + len(self.references)) * len(self.seeds)

    def rounds_with_folds(self, arm: Arm) -> int:
        """Count the rounds of a run in which out-of-fold results are asked for."""
        if self.query.dice_from == "out_of_fold":
            return self.query.rounds + 1
        return self.query.rounds if OUT_OF_FOLD in CATALOG[arm.query].needs else 0
