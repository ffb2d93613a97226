"""What a person asks when they ask whom to label next."""

from typing import Annotated, Any

from pydantic import Field, ValidationError

from fairal.config.arm import Arm
from fairal.config.cohort import FolderCohort
from fairal.config.experiment import ExperimentConfig, LearnerConfig, QueryConfig
from fairal.config.fields import LIMITS, Model, Seed, one_of, within
from fairal.errors import InputError
from fairal.learner.trainings import TRAININGS
from fairal.strategies.catalog import CATALOG


class Question(Model):
    """Whom to label next in a collection.

    Attributes:
        strategy: Ranks the scans, an id of `CATALOG`.
        training: How the network is trained, an id of `TRAININGS`.
        k: How many scans are asked for.
        steps: Of each training; the rest of the learner is the default one.
    """

    collection: Annotated[str, Field(max_length=48)]
    strategy: Annotated[str, one_of(*CATALOG)] = "weighted_entropy"
    training: Annotated[str, one_of(*TRAININGS)] = "balanced"
    k: Annotated[int, within(*LIMITS["per_round"])] = 10
    seed: Seed = 0
    steps: Annotated[int, within(*LIMITS["steps"])] = LearnerConfig().steps

    @property
    def arm(self) -> Arm:
        return Arm(self.strategy, self.training)

    def experiment(self) -> ExperimentConfig:
        """Say it as the loop reads it: one arm, one seed, one round on the collection as it is."""
        return ExperimentConfig(
            name=f"next {self.collection}",
            cohort=FolderCohort(collection=self.collection),
            learner=LearnerConfig(steps=self.steps),
            query=QueryConfig(start={"": 1}, per_round=self.k, rounds=1),  # what is labelled is labelled: nothing drawn
            strategies=(str(self.arm),),
            seeds=(self.seed,),
        )

    def arguments(self) -> list[str]:
        """Give the arguments with which `fairal next` asks just this."""
        options = [f"--{name}={getattr(self, name)}" for name in _OPTIONS]
        return [*options, "--", self.collection]


_OPTIONS = ("strategy", "training", "k", "seed", "steps")


def ask_next(**fields: Any) -> Question:
    """Check a question.

    Raises:
        InputError: One sentence that names the option and what would be right.
    """
    try:
        return Question(**fields)
    except ValidationError as error:
        first = error.errors()[0]
        place = first["loc"][0]
        if place not in _OPTIONS:
            raise InputError("A collection's name has 1 to 48 letters, digits, - and _.") from None
        reason = first["ctx"]["error"] if first["type"] == "value_error" else first["msg"].lower()
        raise InputError(f"--{place} {reason}, got {str(first['input'])[:40]}.") from None
