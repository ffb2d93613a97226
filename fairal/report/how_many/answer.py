"""How many more, and of whom? What a finished what-if says of labels that are not there yet, and what it cannot say."""

from dataclasses import asdict, dataclass

import numpy as np
from scipy import stats

from fairal.config import Arm
from fairal.errors import InputError
from fairal.fairness.disparity import gap
from fairal.fairness.measures import Measure
from fairal.report.how_many.forecast import FEWEST_SEEDS, Forecast
from fairal.report.how_many.words import answer_text, beyond, doubt, not_within, then_text


@dataclass(frozen=True)
class Answer:
    """How many more of whom.

    Attributes:
        group, more: So many more labels of it, everything else as now.
        interval: 95 %, over seeds; its high end is None where the gap may not close within what was seen. None with
            too few seeds, or where it may never.
        text: In words.
    """

    group: str
    more: int
    interval: tuple[int, int | None] | None
    text: str


@dataclass(frozen=True)
class Then:
    """The reverse: the gap that so many more labels of a group would leave.

    Attributes:
        gap: As the curves say.
        interval: 95 %, over seeds; None with too few of them.
        text: In words.
    """

    group: str
    more: int
    gap: float
    interval: tuple[float, float] | None
    text: str


def default_wanted(measure: Measure) -> float:
    """Give the gap to ask for where nobody says: 0.02, or 0.1 mm."""
    return 0.1 if measure.unit == "mm" else 0.02


def how_many(forecast: Forecast, wanted: float, group: str | None = None) -> Answer | str:
    """Find the fewest labels of one group that bring the gap below what is wanted.

    Args:
        forecast: Of an experiment.
        wanted: The gap, above 0, in the measure's unit.
        group: Whose labels; by default of whomever the fewest are needed.

    Returns:
        The answer; or, in a sentence, why there is none: the curves do not fit, or the gap would close outside of the
        counts that were seen, if at all.

    Raises:
        InputError: There is no such group, or the wanted gap is not above 0.
    """
    groups = _asked(forecast, group)
    if not 0 < wanted < np.inf:
        raise InputError(f"The gap wanted must lie above 0, got {wanted:g}.")
    if reason := doubt(forecast, wanted):
        return reason
    needed = {name: _first(forecast.gaps(name), wanted) for name in groups}
    worst_first = sorted(groups, key=lambda name: -forecast.fitted_errors[forecast.groups.index(name)])
    best = min(worst_first, key=lambda name: needed[name])
    if not np.isfinite(needed[best]):
        return not_within(forecast, wanted, worst_first[0])
    ends = _interval([_first(gaps, wanted) for gaps in forecast.drawn_gaps(best)], len(forecast.seen.seeds))
    low, high = ends or (np.inf, np.inf)
    interval = (int(low), int(high) if np.isfinite(high) else None) if np.isfinite(low) else None
    more = int(needed[best])
    return Answer(best, more, interval, answer_text(forecast, wanted, best, more, interval))


def then(forecast: Forecast, group: str, more: int, wanted: float) -> Then | str:
    """Predict the gap with so many more labels of a group, everything else as now.

    Args:
        forecast: Of an experiment.
        group, more: Whose labels, and how many, at least 0.
        wanted: How small a gap the curves must be able to tell, as in `how_many`.

    Returns:
        The prediction; or, in a sentence, why there is none.

    Raises:
        InputError: There is no such group, or `more` is below 0.
    """
    _asked(forecast, group)
    if more < 0:
        raise InputError(f"The number of further labels must be at least 0, got {more}.")
    if reason := doubt(forecast, wanted):
        return reason
    gaps = forecast.gaps(group)
    if more >= len(gaps):
        return beyond(forecast, group, more)
    ends = _interval([drawn[more] for drawn in forecast.drawn_gaps(group)], len(forecast.seen.seeds))
    interval = ends if ends is not None and np.isfinite(ends).all() else None
    return Then(group, more, float(gaps[more]), interval, then_text(forecast, group, more, float(gaps[more]), interval))


def _asked(forecast: Forecast, group: str | None) -> tuple[str, ...]:
    if group is not None and group not in forecast.groups:
        raise InputError(f"The group must be one of {', '.join(forecast.groups)}, got '{group[:60]}'.")
    return forecast.groups if group is None else (group,)


def _first(gaps: np.ndarray, wanted: float) -> float:
    """With how many more labels the gap is first below what is wanted; infinite if never."""
    there = np.flatnonzero(gaps < wanted)
    return float(there[0]) if len(there) else np.inf


def _interval(values: list[float], seeds: int, level: float = 0.95) -> tuple[float, float] | None:
    """Expanded percentiles of the bootstrap: plain ones are too narrow for a few seeds (Hesterberg 2015)."""
    if seeds < FEWEST_SEEDS or not values:
        return None
    tail = stats.norm.cdf(-np.sqrt(seeds / (seeds - 1)) * stats.t.ppf((1 + level) / 2, seeds - 1))
    # No interpolation: between 25 labels and "never" lies nothing.
    low, high = np.quantile(values, [tail, 1 - tail], method="inverted_cdf")
    return float(low), float(high)


def how_many_json(forecast: Forecast, wanted: float, group: str | None = None, more: int | None = None) -> dict:
    """Arrange the answer, what it rests on, and the reverse question's, as JSON with finite numbers or None alone.

    Args:
        forecast: Of an experiment.
        wanted: The gap.
        group: Whose labels; by default of whomever the fewest are needed.
        more: Ask the reverse too: the gap with so many more of the group, by default of the worst served.
    """
    answer = how_many(forecast, wanted, group)
    curves = zip(forecast.groups, forecast.curves, strict=True)
    content = {
        "experiment": forecast.experiment,
        "measure": forecast.measure.id,
        "gap_wanted": wanted,
        "seeds": len(forecast.seen.seeds),
        "now": _now_json(forecast),
        "curves": {name: None if curve is None else asdict(curve) for name, curve in curves},
        "back_test": None if forecast.back_test is None else asdict(forecast.back_test),
        **_or_reason("answer", "reason", answer),
    }
    if more is not None:
        content |= _or_reason("then", "then_reason", then(forecast, group or _worst(forecast), more, wanted))
    return content


def _or_reason(name: str, reason: str, found: Answer | Then | str) -> dict:
    return {name: None, reason: found} if isinstance(found, str) else {name: asdict(found), reason: None}


def _worst(forecast: Forecast) -> str:
    return forecast.groups[int(np.argmax(np.nan_to_num(forecast.now.errors)))]


def _now_json(forecast: Forecast) -> dict:
    now, fitted = forecast.now, all(curve is not None for curve in forecast.curves)

    def by_group(values: np.ndarray, kind: type) -> dict:
        return {g: kind(v) if np.isfinite(v) else None for g, v in zip(forecast.groups, values, strict=True)}

    return {
        "arm": now.arm,
        "training": Arm.parse(now.arm).training,
        "round": now.round,
        "labelled_by_group": by_group(now.counts, int),
        "error_by_group": by_group(now.errors, float),
        "failures_by_group": by_group(now.failures, int),
        "gap": float(gap(now.errors)) if np.isfinite(now.errors).all() else None,
        "fitted_gap": float(gap(forecast.fitted_errors)) if fitted else None,
    }
