"""Experiments made up from known error curves, with noise of each seed and each fit."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from tiny import tiny_config, tiny_record

from fairal.facts.record import Cases, Pick, Record
from fairal.report.results import ExperimentResult, RunResult
from fairal.runs.paths import RunKey

Error = Callable[[float, float], float]
START = (4, 2)
PICKS = {"random": (3, 1), "entropy": (4, 0), "weighted_entropy": (0, 4)}
"""How many of a and b an arm labels in each round; entropy and random stay far from b's largest count, 22."""


def law(a: float, b: float, c: float, k: float) -> Error:
    return lambda own, others: a + b * (own + c * others) ** -k


def cases(errors: list[float], groups: tuple[str, ...], n: int = 4) -> Cases:
    """Test cases, n of each group, all alike: Dice and surface Dice of 1 − error, distances of error millimetres."""
    names = [g for g in groups for _ in range(n)]
    error = [e for e in errors for _ in range(n)]
    dice, mm = tuple(1 - e for e in error), tuple(error)
    same = (1.0,) * len(names)
    return Cases(tuple(map(str, range(len(names)))), tuple(names), dice, mm, mm, dice, same, same, same)


def record(round_: int, counts: list[int], errors: list[float], groups: tuple[str, ...], more: int = 0) -> Record:
    """A record of made-up errors; `more` subjects are picked, and labelled in the next one."""
    labelled = tuple(f"s{i}" for i in range(sum(counts)))
    by_group = dict(zip(groups, counts, strict=True))
    none = dict.fromkeys(groups, 1.0)
    picked = tuple(Pick(f"s{len(labelled) + i}", groups[0]) for i in range(more)) or None
    return tiny_record(
        round_, picked=picked, labelled=labelled, labelled_by_group=by_group, test=cases(errors, groups), weights=none,
        labelled_dice=none,
    )  # fmt: skip


def experiment(
    laws: dict[str, Error], picks: dict[str, tuple[int, ...]] = PICKS, start: tuple[int, ...] = START, seeds: int = 5,
    noise: float = 0.0, rounds: int = 5, draw: int = 0,
) -> ExperimentResult:  # fmt: skip
    """An experiment whose errors follow known laws, with noise of each seed and of each fit."""
    groups, rng, runs = tuple(laws), np.random.default_rng(draw), []
    share = 1 / len(groups)
    config = tiny_config(
        seeds=list(range(seeds)), strategies=list(picks), baseline="entropy",
        cohort={"groups": [{"name": g, "share": share} for g in groups]}, query={"start": dict.fromkeys(groups, 1)},
    )  # fmt: skip
    for seed in range(seeds):
        of_seed, first = noise * rng.standard_normal(len(groups)), noise * rng.standard_normal(len(groups))
        for arm, step in picks.items():
            rows = []
            for r in range(rounds + 1):
                counts = [n + r * more for n, more in zip(start, step, strict=True)]
                of_fit = noise * rng.standard_normal(len(groups)) if r else first
                errors = [own(n, sum(counts) - n) for own, n in zip(laws.values(), counts, strict=True)]
                noisy = np.clip(np.array(errors) + of_seed + of_fit, 0, 1).tolist()
                rows.append(record(r, counts, noisy, groups, more=sum(step) if r < rounds else 0))
            runs.append(RunResult(RunKey("made-up-1", f"{arm}-{seed}"), arm, seed, "strategy", "done", "", [], rows))
    return ExperimentResult("made-up-1", "", config, runs)


def lose(result: ExperimentResult, group: str, every: int) -> ExperimentResult:
    """Let the model find nothing in every n-th test case of a group: no distance exists there."""
    for run in result.runs:
        for i, made in enumerate(run.records):
            lost = [own == group and case % every == 0 for case, own in enumerate(made.test.group)]
            mm = tuple(None if gone else value for value, gone in zip(made.test.assd_mm, lost, strict=True))
            run.records[i] = replace(made, test=replace(made.test, assd_mm=mm))
    return result
