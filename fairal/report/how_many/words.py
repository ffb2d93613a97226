"""The sentences of "how many more, and of whom?": answers, and why there is none."""

import numpy as np

from fairal.fairness.disparity import gap
from fairal.report.how_many.curves import predicted_errors
from fairal.report.how_many.forecast import ENOUGH_SEEDS, FEWEST_SEEDS, Forecast

_WORTH_SAYING = 0.1
"""Of what a gap closes by: from there on it is said that another group pays for it."""


def doubt(forecast: Forecast, wanted: float) -> str:
    """Say why the curves cannot be trusted to tell a gap as small as is wanted; empty where they can."""
    say, named = forecast.measure.say, _gap_of(forecast)
    for group, curve, error in zip(forecast.groups, forecast.curves, forecast.now.errors, strict=True):
        if curve is None:
            return f"The error of {group} was not seen at enough different counts to fit a curve: no number."
        if not np.isfinite(error):
            return f"Where one stands {group} has no test case with a value of {forecast.measure.label}: no number."
    test, fitted, measured = forecast.back_test, gap(forecast.fitted_errors), gap(forecast.now.errors)
    if test is None:
        return "There are too few rounds to test the curves on: no number."
    if test.error > wanted:
        return (
            f"The curves do not fit: fitted to earlier rounds they miss {named} in the next one by {say(test.error)} "
            f"on average, more than the {_amount(forecast, wanted)} wanted ('as in the last round' misses it by "
            f"{say(test.naive_error)}): no number."
        )
    if abs(measured - fitted) > wanted:
        return (
            f"The curves do not fit: of {named} now they say {say(fitted)} where {say(measured)} was measured, off by "
            f"more than the {_amount(forecast, wanted)} wanted: no number."
        )
    return ""


def answer_text(
    forecast: Forecast, wanted: float, group: str, more: int, interval: tuple[int, int | None] | None
) -> str:
    """Say how many more labels of a group bring the gap below what is wanted, and who pays for it."""
    named, amount, say = _gap_of(forecast), _amount(forecast, wanted), forecast.measure.say
    if interval is None:
        spread = _no_interval(forecast)
    elif interval[1] is None:
        spread = f"{interval[0]} or more{_few(forecast)}: {_seen_up_to(forecast, group)}"
    else:
        spread = f"{interval[0]} to {interval[1]}{_few(forecast)}"
    if more == 0:
        fitted, measured = say(gap(forecast.fitted_errors)), say(gap(forecast.now.errors))
        return f"By the curves {named} is below {amount} already, at {fitted}; {measured} was measured ({spread})."
    verb = "brings" if more == 1 else "bring"
    return f"About {more} more of {group} {verb} {named} below {amount} ({spread}){_who_pays(forecast, group, more)}."


def _who_pays(forecast: Forecast, group: str, more: int) -> str:
    errors = predicted_errors(forecast.curves, forecast.path(group)[[0, more]])
    rises, closed = errors[1] - errors[0], gap(errors[0]) - gap(errors[1])
    paying = [
        f"the error of {name} rises by {forecast.measure.say(rise)}"
        for name, rise in zip(forecast.groups, rises, strict=True)
        if rise > _WORTH_SAYING * closed
    ]
    return f"; {' and '.join(paying)}" if paying else ""


def then_text(forecast: Forecast, group: str, more: int, gap_then: float, interval: tuple[float, float] | None) -> str:
    """Say which gap so many more labels of a group would leave."""
    say, now = forecast.measure.say, forecast.measure.say(gap(forecast.fitted_errors))
    spread = _no_interval(forecast) if interval is None else f"{say(interval[0])} to {say(interval[1])}{_few(forecast)}"
    return (
        f"{more} more of {group} would leave {_gap_of(forecast)} at {say(gap_then)} ({spread}); by the curves it is "
        f"{now} now."
    )


def beyond(forecast: Forecast, group: str, more: int) -> str:
    """Say that so many more labels of a group lie outside of what was seen."""
    return f"{more} more of {group} lie outside of what was seen: {_seen_up_to(forecast, group)}. No number."


def not_within(forecast: Forecast, wanted: float, group: str) -> str:
    """Say why no count that was seen will do: a flat curve, or not enough seen."""
    say, named, g, path = forecast.measure.say, _gap_of(forecast), forecast.groups.index(group), forecast.path(group)
    if len(path) == 1:
        return (
            f"More labels of {group} than now lie outside of what was seen ({_seen_up_to(forecast, group)}), and by "
            f"the curves {named} is {say(gap(forecast.fitted_errors))}: no number."
        )
    errors, missed = predicted_errors(forecast.curves, path), forecast.back_test.error
    fall = errors[0, g] - errors[-1, g]
    if fall < missed:
        return (
            f"The curve of {group} is flat: with {len(path) - 1} more its error falls by {say(fall)}, less than the "
            f"{say(missed)} that the curves miss a round's gap by. Labels of {group} alone do not bring {named} below "
            f"{_amount(forecast, wanted)}: no number."
        )
    return (
        f"Within what was seen, labels of {group} alone do not bring {named} below {_amount(forecast, wanted)}: "
        f"{_seen_up_to(forecast, group)}, where it is {say(gap(errors[-1]))}. Beyond that nothing is known: no number."
    )


def now_text(forecast: Forecast) -> str:
    """Say where one stands, and what the curves were fitted to."""
    now, say, seeds = forecast.now, forecast.measure.say, len(forecast.seen.seeds)
    labelled = ", ".join(f"{int(n)} of {name}" for name, n in zip(forecast.groups, now.counts, strict=True))
    of = " between the means over seeds" if seeds > 1 else ""
    known = np.isfinite(now.errors).all()
    measured = f"{_gap_of(forecast)}{of} is {say(gap(now.errors))}" if known else "no gap is known"
    missing = int(now.failures.sum())
    failed = f", {missing} test cases without a value left out" if missing else ""
    return (
        f"{forecast.experiment}, {now.arm}, round {now.round}: {labelled} labelled, {measured}{failed}; "
        f"{len(forecast.seen)} fits, {seeds} seed{'s'[: seeds > 1]}."
    )


def back_test_text(forecast: Forecast) -> str:
    """Say how the back-test went."""
    test, say = forecast.back_test, forecast.measure.say
    if test is None:
        return "No back-test: too few rounds."
    lost = ", so the curves tell nothing that the last round does not" if test.error >= test.naive_error else ""
    return (
        f"Back-test: fitted to earlier rounds the curves miss {_gap_of(forecast)} in the next one by {say(test.error)} "
        f"on average ({test.predictions} predictions); 'as in the last round' misses it by "
        f"{say(test.naive_error)}{lost}."
    )


def _gap_of(forecast: Forecast) -> str:
    return f"the gap in {forecast.measure.label}"


def _amount(forecast: Forecast, value: float) -> str:
    return f"{value:g} {forecast.measure.unit}".rstrip()


def _seen_up_to(forecast: Forecast, group: str) -> str:
    g = forecast.groups.index(group)
    most, own = int(forecast.path(group)[-1, g]), forecast.curves[g].seen[1]
    if most >= own:
        return f"up to {own} labelled of {group} were seen"
    return f"up to {own} labelled of {group} were seen, but beside as many others as now only up to {most}"


def _few(forecast: Forecast) -> str:
    n = len(forecast.seen.seeds)
    return f", too narrow with {n} seeds" if n < ENOUGH_SEEDS else ""


def _no_interval(forecast: Forecast) -> str:
    n = len(forecast.seen.seeds)
    return f"{n} seed{'s'[: n > 1]}: no interval, it takes {FEWEST_SEEDS}"
