"""What a finished what-if lets one expect of labels that are not there yet: curves, their spread, and a back-test."""

from dataclasses import dataclass, field

import numpy as np

from fairal.config import Arm
from fairal.errors import InputError
from fairal.fairness.disparity import gap
from fairal.fairness.measures import MEASURES, Measure
from fairal.report.how_many.curves import (
    Curve,
    bootstrap_curves,
    covered,
    fit_curves,
    predicted_errors,
)
from fairal.report.how_many.seen import Seen, distinct, seen_of
from fairal.report.results import ExperimentResult

FEWEST_SEEDS = 3
"""For an interval. Two seeds drawn with replacement are one of three things."""
ENOUGH_SEEDS = 5
"""For an interval that holds the truth as often as it says: simulated, 0.97 with 5 seeds, but 0.79 with 3."""
DRAWS = 400


@dataclass(frozen=True)
class BackTest:
    """How far predictions of the gap missed, in the measure's unit.

    Attributes:
        error: Mean miss of the curves, over arms and rounds.
        naive_error: Of "the gap stays as it was in the last round", over the same.
        predictions: How many were made.
    """

    error: float
    naive_error: float
    predictions: int


@dataclass(frozen=True)
class Now:
    """Where one stands: a round of an arm, averaged over the seeds that reached it.

    Its gap is one of these averages, so that what is by chance in a seed cancels out: it is what more labels can
    change, and smaller than the average over seeds of each one's gap, in which nothing cancels.

    Attributes:
        arm, round: Whose, and which.
        counts: Labelled scans by group (G,), rounded.
        errors: Measured by group (G,); nan where a group has no case with a value.
        failures: Test cases without a value by group (G,), all seeds together.
    """

    arm: str
    round: int
    counts: np.ndarray
    errors: np.ndarray
    failures: np.ndarray


@dataclass(frozen=True)
class Forecast:
    """Everything that an answer rests on.

    Attributes:
        experiment: Its id.
        seen: What was measured, the shared start of a seed counted once.
        now: Where one stands.
        curves: Of each group (G,), None where it could not be fitted.
        draws: D bootstrap draws of G curves, over seeds; empty below `FEWEST_SEEDS`.
        back_test: None where there are too few rounds for one.
    """

    experiment: str
    seen: Seen
    now: Now
    curves: list[Curve | None]
    draws: list[list[Curve]] = field(repr=False)
    back_test: BackTest | None

    @property
    def measure(self) -> Measure:
        return self.seen.measure

    @property
    def groups(self) -> tuple[str, ...]:
        return self.seen.groups

    @property
    def fitted_errors(self) -> np.ndarray:
        """What the curves say of each group now (G,)."""
        return predicted_errors(self.curves, self.now.counts[None])[0]

    def path(self, group: str) -> np.ndarray:
        """Counts (M + 1, G) with 0, 1, … M more of a group, as far as counts like these were seen."""
        g = self.groups.index(group)
        most = max(0, int(self.curves[g].seen[1] - self.now.counts[g]))
        counts = np.tile(self.now.counts, (most + 1, 1))
        counts[:, g] += np.arange(most + 1)
        outside = np.flatnonzero(~covered(self.curves, counts[1:]))
        return counts[: 1 + (int(outside[0]) if len(outside) else most)]

    def gaps(self, group: str) -> np.ndarray:
        """Predict the gap with 0, 1, … M more of a group, (M + 1,)."""
        return gap(predicted_errors(self.curves, self.path(group)))

    def drawn_gaps(self, group: str) -> list[np.ndarray]:
        """Predict the same with each of the D bootstrap draws; nan where a draw's curve has no value."""
        path = self.path(group)
        return [gap(predicted_errors(curves, path)) for curves in self.draws]


def make_forecast(
    result: ExperimentResult,
    measure: str = "surface_dice",
    arm: str | None = None,
    round_: int | None = None,
    draws: int = DRAWS,
) -> Forecast:
    """Fit and test the curves of an experiment.

    Args:
        result: Its rounds so far.
        measure: Whose error, by id.
        arm: From where one goes on, and whose training all fits share; the baseline by default.
        round_: From which of the arm's rounds; its last by default. All rounds are fitted to in any case.
        draws: Of the bootstrap.

    Raises:
        InputError: There is no such measure or arm, or the arm has not finished that round, or none.
    """
    if measure not in MEASURES:
        raise InputError(f"The measure must be one of {', '.join(MEASURES)}, got '{measure[:60]}'.")
    arms, arm = result.config.strategies, arm or result.config.baseline
    if arm not in arms:
        raise InputError(f"The arm must be one of {', '.join(arms)}, got '{arm[:60]}'.")
    every = seen_of(result, MEASURES[measure], Arm.parse(arm).training)
    own = every.where(every.arm == arm)
    if not len(own):
        raise InputError(f"{result.id} has no finished round of {arm} yet; ask again when there are some.")
    last = int(own.round.max())
    if round_ is not None and not 0 <= round_ <= last:
        raise InputError(f"The round must lie in 0..{last}, as far as {arm} has come, got {round_}.")
    seen = distinct(every)
    curves = fit_curves(seen)
    fitted = all(curve is not None for curve in curves)
    drawn = bootstrap_curves(seen, curves, draws) if fitted and len(seen.seeds) >= FEWEST_SEEDS else []
    return Forecast(result.id, seen, _now(own, last if round_ is None else round_), curves, drawn, back_test(every))


def _now(own: Seen, round_: int) -> Now:
    own = own.where(own.round == round_)
    counts = np.rint(own.counts.mean(0))
    return Now(str(own.arm[0]), round_, counts, own.errors.mean(0), own.failures.sum(0))


def back_test(seen: Seen) -> BackTest | None:
    """Fit on the rounds up to r and predict the gap of round r + 1, for every arm and every r that allows a fit.

    Predicted and measured errors are averaged over an arm's seeds before the gap is taken: which way one training
    happened to end no curve can tell, and the answer is about the expected gap.

    Returns:
        None where no r allows it, or in all rounds that are left to predict a group has no value.
    """
    misses = []
    for last in range(1, int(seen.round.max(initial=0))):
        curves = fit_curves(distinct(seen.where(seen.round <= last)))
        if any(curve is None for curve in curves):
            continue
        for arm in dict.fromkeys(seen.arm.tolist()):
            before, after = _both(seen.where(seen.arm == arm), last)
            if len(after):
                curve_says, stayed, came = (
                    float(gap(errors.mean(0)))
                    for errors in (predicted_errors(curves, after.counts), before.errors, after.errors)
                )
                misses.append((abs(curve_says - came), abs(stayed - came)))
    known = [miss for miss in misses if np.isfinite(miss).all()]
    return BackTest(*np.mean(known, axis=0).tolist(), len(known)) if known else None


def _both(own: Seen, last: int) -> tuple[Seen, Seen]:
    """An arm's fits of a round and the next, of the seeds that have both."""
    before, after = (own.where(own.round == round_) for round_ in (last, last + 1))
    shared = np.intersect1d(before.seed, after.seed)
    return before.where(np.isin(before.seed, shared)), after.where(np.isin(after.seed, shared))
