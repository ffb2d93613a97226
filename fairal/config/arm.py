"""An arm: how to pick, and how to train."""

from dataclasses import dataclass

from fairal.learner.trainings import PLAIN


@dataclass(frozen=True)
class Arm:
    """How to pick (query) and how to train (training); written ``query`` or ``query+training``.

    Attributes:
        query: A strategy's id, or that of a reference.
        training: A training's id; the plain one is not written.
    """

    query: str
    training: str = PLAIN

    def __str__(self) -> str:
        return self.query if self.training == PLAIN else f"{self.query}+{self.training}"

    @classmethod
    def parse(cls, text: str) -> "Arm":
        """Read what `str` wrote; whether there are such a query and training is checked by a configuration."""
        query, _, training = text.partition("+")
        return cls(query, training or PLAIN)
