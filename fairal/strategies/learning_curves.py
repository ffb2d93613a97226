"""Learning curves of the groups: what so many more labels of one would bring (Tae & Whang 2021, Slice Tuner)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from fairal.strategies.pool import Standing

STEEPEST = 1.0
"""Of a curve's exponent. Those seen in practice lie far below (Hestness et al. 2017); two noisy points may not."""
_FEWEST_SIZES = 2


@dataclass(frozen=True)
class PowerLaw:
    """error(n) = scale · n^−exponent: the error never rises with more labels of the group."""

    scale: float
    exponent: float

    def at(self, n: float) -> float:
        """Predict the error with n > 0 labelled subjects."""
        return self.scale * n**-self.exponent


def fit_power_law(sizes: Sequence[float], errors: Sequence[float]) -> PowerLaw:
    """Fit error = scale · n^−exponent by least squares, each point weighted by its size.

    Args:
        sizes: How many labelled subjects trained, above 0; at least two different ones.
        errors: Not below 0.
    """
    n, error = np.asarray(sizes, float), np.asarray(errors, float)
    found = least_squares(
        lambda curve: np.sqrt(n) * (curve[0] * n ** -curve[1] - error),
        x0=(error.max() + 0.1, 0.3),
        bounds=((0.0, 0.0), (np.inf, STEEPEST)),
    )
    return PowerLaw(*map(float, found.x))


def learning_curves(standings: Sequence[Standing], groups: Sequence[str], measure: str) -> dict[str, PowerLaw] | None:
    """Fit the curve of each group's out-of-fold error over the rounds of a run.

    A two-fold error belongs to a network that saw half of the labels: its point lies at `HeldOut.trained_on`.

    Args:
        standings: Rounds with out-of-fold results.
        groups: All groups.
        measure: ``dice`` or ``surface_dice``; the error is 1 minus its mean.

    Returns:
        A curve of each group; None while some group has been seen at fewer than two sizes.
    """
    curves = {}
    for group in groups:
        seen = [s.held_out[group] for s in standings if group in s.held_out and s.held_out[group].n > 1]
        if len({own.trained_on for own in seen}) < _FEWEST_SIZES:
            return None
        errors = [1 - float(np.mean(getattr(own, measure))) for own in seen]
        curves[group] = fit_power_law([own.trained_on for own in seen], errors)
    return curves
