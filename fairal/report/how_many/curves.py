"""Each group's error as a curve of who was labelled, fitted to everything that an experiment saw.

error_g = a + b · (n_g + c · n_other)^−k: the power law of learning curves with a floor (Hestness et al. 2017), in which
a scan of another group counts as c of an own one. What Slice Tuner (Tae & Whang 2021) allocates by has neither a nor c.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import least_squares

from fairal.report.how_many.seen import Seen

EXPONENTS = (0.05, 2.0)
"""Of k. Seen in practice are 0.1 to 0.5 without a floor; a floor lets what is left fall faster."""
SHARES = (-0.5, 1.0)
"""Of c: a scan of another group is worth at most one of the own, and may do harm where groups compete for the same
training steps. How much harm is also bounded by what was seen, see `_shares`."""
FEWEST_POINTS = 6
FEWEST_SIZES = 3
"""Points and different counts of the own group; four parameters are fitted."""
_LEAST_LEFT = 0.25
_SLACK = 0.1
_GRID, _FINE = 31, 21


@dataclass(frozen=True)
class Curve:
    """One group's curve.

    Attributes:
        a: Floor of the error.
        b: What labels can take away, at one scan.
        c: What a scan of another group is worth beside one of the own.
        k: How fast.
        seen: Smallest and largest count of the own group.
        reach: Smallest and largest n_g + c · n_other: the error is a curve of it, and not known elsewhere.
        residual: Root mean square of what the fit leaves, in the measure's unit.
    """

    a: float
    b: float
    c: float
    k: float
    seen: tuple[int, int]
    reach: tuple[float, float]
    residual: float

    def worth(self, own: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Count labels in scans of the own group: n_g + c · n_other."""
        return own + self.c * others

    def at(self, own: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Predict the error; nan where no label is left that would count."""
        worth = self.worth(np.asarray(own, float), np.asarray(others, float))
        return self.a + self.b * np.where(worth > 0, worth, np.nan) ** -self.k

    def covers(self, own: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Tell which counts lie within what was seen.

        The own count must; n_g + c · n_other may leave its reach by a tenth. Where one stands at the end of a run it is
        as large as it ever was, and c is never quite 0: one more of another group would be too many otherwise.
        """
        worth = self.worth(own, others)
        near = (worth >= self.reach[0] * (1 - _SLACK)) & (worth <= self.reach[1] * (1 + _SLACK))
        return (own >= self.seen[0]) & (own <= self.seen[1]) & near


@dataclass(frozen=True)
class _Points:
    """The p of P fits that say something of one group: where they are, counts, errors, and cases as weights (p,)."""

    at: np.ndarray
    own: np.ndarray
    others: np.ndarray
    errors: np.ndarray
    weights: np.ndarray


def _points(seen: Seen, g: int) -> _Points:
    # Without a scan of its own a group's error is no point of its curve: 0^−k has no value where c is 0.
    at = np.flatnonzero(np.isfinite(seen.errors[:, g]) & (seen.counts[:, g] > 0))
    own = seen.counts[at, g]
    return _Points(at, own, seen.counts[at].sum(1) - own, seen.errors[at, g], seen.cases[at, g])


def fit_curves(seen: Seen) -> list[Curve | None]:
    """Fit each group's curve by least squares, each point weighted by its number of cases.

    Returns:
        A curve of each group; None where it was seen at fewer than `FEWEST_POINTS` points or `FEWEST_SIZES` counts, or
        where the fit failed.
    """
    return [_fit(seen, g) for g in range(len(seen.groups))]


def _fit(seen: Seen, g: int) -> Curve | None:
    points = _points(seen, g)
    own, others = points.own, points.others
    if len(own) < FEWEST_POINTS or len(np.unique(own)) < FEWEST_SIZES:
        return None
    start = _profiled(points, points.weights[None])[0]
    scale = np.sqrt(points.weights / points.weights.mean())

    def left(p: np.ndarray) -> np.ndarray:
        return scale * (p[0] + p[1] * (own + p[2] * others) ** -p[3] - points.errors)

    def slope(p: np.ndarray) -> np.ndarray:
        worth = own + p[2] * others
        power = worth ** -p[3]
        by = np.ones_like(worth), power, -p[1] * p[3] * others * power / worth, -p[1] * power * np.log(worth)
        return scale[:, None] * np.column_stack(by)

    bounds = (0.0, 0.0, _shares(own, others)[0], EXPONENTS[0]), (np.inf, np.inf, SHARES[1], EXPONENTS[1])
    found = least_squares(left, start, slope, bounds=bounds, x_scale=0.1)
    if not found.success or not np.isfinite(found.x).all():
        return None
    a, b, c, k = map(float, found.x)
    worth, residual = own + c * others, float(np.sqrt(np.mean(found.fun**2)))
    seen_sizes, reach = (int(own.min()), int(own.max())), (float(worth.min()), float(worth.max()))
    return Curve(a, b, c, k, seen_sizes, reach, residual)


def _shares(own: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Values of c to try (C,): at least a quarter of a group's own labels must be left of them at every point."""
    most = np.max(others / own, initial=0.0)
    low = max(SHARES[0], -(1 - _LEAST_LEFT) / most) if most > 0 else SHARES[0]
    return np.linspace(low, SHARES[1], _GRID)


def _profiled(points: _Points, weights: np.ndarray, near: Curve | None = None) -> np.ndarray:
    """Fit curves to the same points under many weightings at once: a and b in closed form, c and k on a grid.

    Args:
        points: p of them.
        weights: (D, p), at least one above 0 in each row.
        near: Where the grid is made finer: most draws lie around the curve that was fitted to all.

    Returns:
        a, b, c, k of each weighting, (D, 4).
    """
    shares, exponents = _shares(points.own, points.others), np.linspace(*EXPONENTS, _GRID)
    if near is not None:
        fine = np.linspace(-1, 1, _FINE)
        shares = np.union1d(shares, np.clip(near.c + 0.1 * fine, shares[0], shares[-1]))
        exponents = np.union1d(exponents, np.clip(near.k + 0.25 * fine, *EXPONENTS))
    nodes = np.stack(np.meshgrid(shares, exponents, indexing="ij"), -1).reshape(-1, 2)
    x = (points.own + nodes[:, :1] * points.others) ** -nodes[:, 1:]  # (C·K, p)
    w, wx, wy = weights.sum(1)[:, None], weights @ x.T, (weights @ points.errors)[:, None]
    wxx, wxy = weights @ (x**2).T, weights @ (x * points.errors).T
    spread = np.maximum(w * wxx - wx**2, 1e-12 * w * wxx)
    b = np.clip((w * wxy - wx * wy) / spread, 0, None)
    a = (wy - b * wx) / w
    # A floor below 0 is none: then b alone. A falling curve is fitted to rising points as a level, b = 0.
    b = np.where(a < 0, wxy / wxx, b)
    a = np.clip(a, 0, None)
    loss = a**2 * w + 2 * a * b * wx + b**2 * wxx - 2 * a * wy - 2 * b * wxy
    best = loss.argmin(1)
    rows = np.arange(len(weights))
    return np.column_stack([a[rows, best], b[rows, best], nodes[best]])


def bootstrap_curves(seen: Seen, curves: Sequence[Curve], draws: int) -> list[list[Curve]]:
    """Fit the curves again and again, with the seeds drawn with replacement; the runs of a seed belong together.

    Args:
        seen: What the curves were fitted to.
        curves: Of each group (G,); ranges are theirs.
        draws: D.

    Returns:
        D draws of G curves.
    """
    seeds, rng = np.array(seen.seeds), np.random.default_rng(0)
    times = rng.multinomial(len(seeds), np.full(len(seeds), 1 / len(seeds)), draws)  # (D, S)
    each = times[:, np.searchsorted(seeds, seen.seed)]  # (D, P)
    points = [_points(seen, g) for g in range(len(curves))]
    # Seeds in which a group has no value anywhere may be all that a draw holds of it.
    each = each[np.all([each[:, own.at].any(1) for own in points], axis=0)]
    fitted = [_profiled(own, each[:, own.at] * own.weights, near) for own, near in zip(points, curves, strict=True)]
    return [
        [replace(curve, a=a, b=b, c=c, k=k) for curve, (a, b, c, k) in zip(curves, draw, strict=True)]
        for draw in np.stack(fitted, axis=1).tolist()
    ]


def predicted_errors(curves: Sequence[Curve], counts: np.ndarray) -> np.ndarray:
    """Predict every group's error at labelled counts (N, G); nan where a curve has no value."""
    others = counts.sum(1, keepdims=True) - counts
    return np.column_stack([curve.at(counts[:, g], others[:, g]) for g, curve in enumerate(curves)])


def covered(curves: Sequence[Curve], counts: np.ndarray) -> np.ndarray:
    """Tell at which labelled counts (N, G) every curve lies within what was seen, (N,)."""
    others = counts.sum(1, keepdims=True) - counts
    return np.all([curve.covers(counts[:, g], others[:, g]) for g, curve in enumerate(curves)], axis=0)
