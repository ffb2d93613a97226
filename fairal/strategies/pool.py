"""What a strategy is shown of the pool, and what it gives back.

No masks of unlabelled subjects: the type is the firewall.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch

from fairal.errors import InputError
from fairal.strategies.held_out import HeldOut

ScoreFunction = Callable[[torch.Tensor], torch.Tensor]
"""(passes, B, X, Y, Z) foreground probabilities on the learner's device to (B,) scores."""


@dataclass(frozen=True)
class Standing:
    """How a round stood before its pick: all that a strategy may know of it.

    Attributes:
        labelled_counts: Labelled subjects of each group.
        held_out: Out-of-fold results of the labelled subjects by group; empty where none were computed.
    """

    labelled_counts: Mapping[str, int]
    held_out: Mapping[str, HeldOut] = field(default_factory=dict)


@dataclass(frozen=True)
class Pool:
    """The unlabelled subjects, as a strategy may see them.

    Attributes:
        ids: N subjects.
        groups: Their groups, (N,).
        labelled_dice: Mean Dice of the current model on the labelled subjects of each group, D_g; 0 for a group with
            none labelled. Its order is the cohort's order of groups.
        weights: w_g of each group, see `scores.group_weights`.
        spacing_mm: Voxel edge.
        sweep: Predicts the pool once and returns the function's scores, (N,).
        embed: Returns the bottleneck's features averaged over space, of the pool (N, C) and of the labelled set (M, C).
        labelled_counts: Labelled subjects of each group, 0 included.
        held_out: Out-of-fold results of the labelled subjects by group, a group with none labelled included; computed
            only for strategies whose `Entry.needs` names ``out_of_fold``, else empty.
        history: Earlier rounds of this run, first to last, without this one.
    """

    ids: tuple[str, ...]
    groups: tuple[str, ...]
    labelled_dice: Mapping[str, float]
    weights: Mapping[str, float]
    spacing_mm: float
    sweep: Callable[[ScoreFunction, int], np.ndarray]
    embed: Callable[[], tuple[np.ndarray, np.ndarray]]
    labelled_counts: Mapping[str, int] = field(default_factory=dict)
    held_out: Mapping[str, HeldOut] = field(default_factory=dict)
    history: tuple[Standing, ...] = ()

    def score(self, fn: ScoreFunction, passes: int = 1) -> np.ndarray:
        """Score every subject of the pool in one sweep of the network.

        Args:
            fn: Gets (passes, B, X, Y, Z) probabilities, a bounded number of volumes at a time; returns (B,).
            passes: 1 for the plain network; more for that many passes with dropout on.

        Returns:
            (N,) float64, in the order of `ids`.
        """
        return self.sweep(fn, passes)

    def embeddings(self) -> tuple[np.ndarray, np.ndarray]:
        """Give the features of the pool (N, C) and of the labelled set (M, C)."""
        return self.embed()

    def weight_of_each(self) -> np.ndarray:
        """Give w_g of each subject's group, (N,)."""
        return np.array([self.weights[group] for group in self.groups])

    def counts(self) -> dict[str, int]:
        """Give the number of labelled subjects of each group, in the cohort's order of groups.

        Raises:
            InputError: Whoever made this pool did not count them.
        """
        missing = [group for group in self.labelled_dice if group not in self.labelled_counts]
        if missing:
            raise InputError(f"This strategy needs each group's labelled count, that of '{missing[0]}' is missing.")
        return {group: self.labelled_counts[group] for group in self.labelled_dice}

    def out_of_fold(self) -> dict[str, HeldOut]:
        """Give the out-of-fold results of each group, in the cohort's order of groups.

        Raises:
            InputError: They were not computed.
        """
        missing = [group for group in self.labelled_dice if group not in self.held_out]
        if missing:
            raise InputError(
                f"This strategy needs out-of-fold results of every group, those of '{missing[0]}' are missing; "
                "its catalog entry must name them: needs=(OUT_OF_FOLD,)."
            )
        return {group: self.held_out[group] for group in self.labelled_dice}

    def standings(self) -> tuple[Standing, ...]:
        """Give all rounds so far, this one last."""
        return (*self.history, Standing(self.labelled_counts, self.held_out))


@dataclass(frozen=True)
class Picks:
    """The chosen subjects, best first.

    Attributes:
        ids: k distinct ids of the pool.
        scores: What ranked them, (k,); None where nothing did.
        uncertainty: Their uncertainty before any weight, (k,); None where none was measured. Where it looks at the
            predicted structure, exactly 1 says that the model found nothing in that subject.
    """

    ids: tuple[str, ...]
    scores: tuple[float, ...] | None = None
    uncertainty: tuple[float, ...] | None = None


def check_picks(picks: Picks, pool: Pool, k: int) -> None:
    """Hold a strategy to its word.

    Raises:
        InputError: Not k distinct ids of the pool, or scores that are not as many.
    """
    if len(picks.ids) != k or len(set(picks.ids)) != k:
        raise InputError(f"A strategy must pick {k} distinct subjects, it picked {list(picks.ids)}.")
    strangers = set(picks.ids) - set(pool.ids)
    if strangers:
        raise InputError(f"A strategy must pick from the pool, '{sorted(strangers)[0]}' is not in it.")
    for name in ("scores", "uncertainty"):
        values = getattr(picks, name)
        if values is not None and (len(values) != k or not np.isfinite(values).all()):
            raise InputError(f"A strategy's {name} must be {k} finite numbers, got {values}.")
