"""The rounds as a film: what a round player in the browser, and any script with a browser, draws."""

from collections.abc import Sequence

from fairal.fairness.measures import MEASURES, Measure
from fairal.report.arms import arm_colour, arm_dash, arm_label, arm_shape
from fairal.report.colours import group_colours
from fairal.report.figure import Subject
from fairal.report.plane import best_and_worst
from fairal.report.quantity import judged_in
from fairal.report.results import RunResult


def player_json(subject: Subject, measure: str, focus: str | None = None) -> dict | None:
    """Give every round of every arm that is looked at: where both groups stand, and whom of the pool it has labelled.

    Args:
        subject: What is looked at; as far as the last round that all arms have reached.
        measure: Of the table of measures.
        focus: The arm whose pool is shown at first; the last one otherwise.

    Returns:
        ``x`` and ``y`` name the groups best and worst served by the baseline in the end; ``domain`` is that of both
        axes over all rounds; of an arm ``points`` are means over its seeds, ``dash`` lengths in pixels, and
        ``labelled`` the counts of its smallest seed, by group in the order of ``groups``. None before the first round.
    """
    base = next((row for row in subject.summaries[measure] if row.strategy == subject.view.baseline), None)
    if base is None or subject.at is None:
        return None
    of, colours = MEASURES[measure], group_colours(subject.result.groups)
    ends = best_and_worst(base, of)
    arms = [made for arm in subject.view.arms if (made := _arm(subject, measure, arm, ends))]
    pool, query = subject.result.config.cohort.pool_counts(), subject.result.config.query
    return {
        "measure": {"id": of.id, "label": of.label, "unit": of.unit, "sign": of.sign, "percent": "%" in of.format},
        "x": ends[0],
        "y": ends[1],
        "domain": _domain(arms, of),
        "groups": [{"name": name, "colour": colours[name], "pool": pool[name]} for name in subject.result.groups],
        "rounds": [sum(query.start.values()) + at * query.per_round for at in range(subject.at + 1)],
        "arms": arms,
        "focus": focus if any(arm["id"] == focus for arm in arms) else arms[-1]["id"],
        "caption": subject.about("The pool is that of one seed."),
    }


def _domain(arms: Sequence[dict], of: Measure) -> list[float]:
    """Ends of both axes: all points with some room around them, within what is possible."""
    places = [value for arm in arms for point in arm["points"] for value in point]
    room = max(0.04 * (max(places) - min(places)), 1e-3)
    top = max(places) + room
    return [max(0.0, min(places) - room), min(1.0, top) if of.bounded else top]


def _arm(subject: Subject, measure: str, arm: str, ends: tuple[str, str]) -> dict | None:
    """One arm, over the seeds that have reached the last round and have a value in each; None without one."""
    runs = [run for run in subject.result.of(arm).values() if len(run.records) > subject.at]
    paths = [path for run in runs if (path := _path(subject, run, measure, ends))]
    if not paths:
        return None
    points = [[sum(path[at][k] for path in paths) / len(paths) for k in (0, 1)] for at in range(subject.at + 1)]
    first = min(runs, key=lambda run: run.seed)
    labelled = [
        [record.labelled_by_group[g] for g in subject.result.groups] for record in first.records[: subject.at + 1]
    ]
    looks = {"label": arm_label(arm), "colour": arm_colour(arm), "shape": arm_shape(arm), "dash": arm_dash(arm)}
    return {"id": arm, **looks, "points": points, "labelled": labelled}


def _path(subject: Subject, run: RunResult, measure: str, ends: tuple[str, str]) -> list[list[float]] | None:
    each = [judged_in(record, subject.result.groups, measure).by_group for record in run.records[: subject.at + 1]]
    path = [[by_group[group] for group in ends] for by_group in each]
    return None if any(None in point for point in path) else path
