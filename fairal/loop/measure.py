"""Predict and measure: cases for the record, probabilities and mean maps for display, in one sweep."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from fairal.cohort.arrays import Cohort
from fairal.facts.record import Cases
from fairal.facts.volumes import MAPS
from fairal.fairness.cases import measure_cases
from fairal.loop.model import Model
from fairal.loop.progress import Progress
from fairal.strategies.scores import binary_entropy


@dataclass(frozen=True)
class Measured:
    """What a sweep over the test set gave: its cases, and for display probabilities by id and maps by group (uint8)."""

    cases: Cases
    probability: dict[str, np.ndarray]
    maps: dict[str, dict[str, np.ndarray]]


def measure(model: Model, cohort: Cohort, at: Sequence[int], hear: Progress) -> Cases:
    """Measure the subjects at some positions of a cohort."""
    columns: dict[str, list] = {}
    for part in model.batches(cohort, at):
        hear("measure", part.start, len(at))
        _, guess, truth = _predict(model, cohort, at[part])
        _extend(columns, guess, truth, cohort.spacing_mm)
    return _cases(cohort, at, columns)


def measure_test(model: Model, cohort: Cohort, groups: Sequence[str], displayed: set[str], hear: Progress) -> Measured:
    """Measure a whole test set, and average its entropy, error and truth over each group.

    Args:
        displayed: Ids whose probabilities are kept.
    """
    at = list(range(len(cohort.subjects)))
    columns: dict[str, list] = {}
    shown: dict[str, np.ndarray] = {}
    sums = {group: torch.zeros(len(MAPS), *cohort.t1.shape[1:], device=model.device) for group in groups}
    for part in model.batches(cohort, at):
        hear("measure", part.start, len(at))
        p, guess, truth = _predict(model, cohort, at[part])
        _extend(columns, guess, truth, cohort.spacing_mm)
        facts = torch.stack([binary_entropy(p), (guess != truth).float(), truth.float()], dim=1)
        for i, subject in enumerate(cohort.subjects[part]):
            sums[subject.group] += facts[i]
            if subject.id in displayed:
                shown[subject.id] = as_uint8(p[i])
    cases = _cases(cohort, at, columns)
    means = {group: total / max(1, cases.group.count(group)) for group, total in sums.items()}
    maps = {group: dict(zip(MAPS, map(as_uint8, mean), strict=True)) for group, mean in means.items()}
    return Measured(cases, shown, maps)


def probabilities(model: Model, cohort: Cohort, at: Sequence[int]) -> dict[str, np.ndarray]:
    """Predict the subjects at some positions for display: (X, Y, Z) uint8 by id."""
    shown = {}
    for part in model.batches(cohort, at):
        p = model.probabilities(cohort, at[part])
        shown |= {cohort.subjects[i].id: as_uint8(one) for i, one in zip(at[part], p, strict=True)}
    return shown


def as_uint8(values: torch.Tensor) -> np.ndarray:
    """Store values in [0, 1] as uint8."""
    return (values * 255).round().to(torch.uint8).cpu().numpy()


def _predict(model: Model, cohort: Cohort, at: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Probability, prediction and truth, each (B, X, Y, Z) on the device."""
    p = model.probabilities(cohort, at)
    return p, p > 0.5, torch.from_numpy(cohort.mask[at]).to(model.device)


def _extend(columns: dict[str, list], guess: torch.Tensor, truth: torch.Tensor, spacing_mm: float) -> None:
    for name, values in measure_cases(truth, guess, spacing_mm).items():
        columns.setdefault(name, []).extend(values)


def _cases(cohort: Cohort, at: Sequence[int], columns: dict[str, list]) -> Cases:
    subjects = [cohort.subjects[i] for i in at]
    measured = {name: tuple(values) for name, values in columns.items()}
    return Cases(id=tuple(s.id for s in subjects), group=tuple(s.group for s in subjects), **measured)
