"""The active-learning loop: train from scratch, measure the test set, pick; a generator of rounds.

Whoever iterates decides what becomes of a round. A round is a pure function of its configuration, strategy, seed and
number, so a run that stopped anywhere continues with the same numbers.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
import torch

from fairal.cohort.arrays import Cohort
from fairal.cohort.synthetic.draw import build_cohort, cohort_key, plan
from fairal.config import ExperimentConfig, SyntheticCohort, digest
from fairal.errors import RunError
from fairal.fairness.cases import measure_cases
from fairal.fairness.disparity import equity_scaled, gap
from fairal.fairness.groups import group_means
from fairal.learner.fit import LEARNER, Fit, fit
from fairal.learner.network import choose_device
from fairal.learner.predict import Predictor
from fairal.seeds import number, stream
from fairal.strategies.catalog import CATALOG, REFERENCES
from fairal.strategies.pool import Picks, Pool, ScoreFunction, check_picks
from fairal.strategies.scores import binary_entropy, group_weights

Strategy = Callable[[Pool, int, np.random.Generator], Picks]
DISPLAYED_PAIRS = 3
"""Matched test subjects of each group whose volumes are kept for display."""


class Progress(Protocol):
    """Hears what a run does: a part (``cohort``, ``fit``, ``measure``, ``pick``), done and total. May raise to stop."""

    def __call__(self, part: str, done: int, total: int) -> None: ...


class Fits(Protocol):
    """Gives the fit of a key: trains it, or finds what an equal run trained. Says whether it was found."""

    def __call__(self, key: str, train: Callable[[], Fit]) -> tuple[Fit, bool]: ...


class Cohorts(Protocol):
    """Gives the pool and the test set of a configuration and seed."""

    def __call__(self, config: SyntheticCohort, seed: int, progress: Progress) -> tuple[Cohort, Cohort]: ...


def train_always(key: str, train: Callable[[], Fit]) -> tuple[Fit, bool]:
    """Remember no fits."""
    return train(), False


def build_both(config: SyntheticCohort, seed: int, progress: Progress) -> tuple[Cohort, Cohort]:
    """Draw pool and test set, remembering nothing."""
    return tuple(
        build_cohort(config, seed, split, lambda done, total: progress("cohort", done, total))
        for split in ("pool", "test")
    )


@dataclass(frozen=True)
class Volumes:
    """What of a round is kept for display, all uint8 (255 is probability or rate 1).

    Attributes:
        probability: Foreground probability (X, Y, Z) by subject id: a few test subjects of each group, and the picked.
        maps: ``entropy``, ``error`` and ``truth`` (X, Y, Z), means over all test subjects of a group, by group name.
    """

    probability: dict[str, np.ndarray]
    maps: dict[str, dict[str, np.ndarray]]


@dataclass(frozen=True)
class Round:
    """One round: its facts, as they are stored, and its volumes.

    Attributes:
        record: JSON-ready facts; judgements such as gaps are derived from them on reading.
        volumes: For display; None unless asked for.
    """

    record: dict
    volumes: Volumes | None = field(default=None, repr=False)

    @property
    def labelled(self) -> int:
        """Subjects labelled in this round."""
        return len(self.record["labelled"])

    @cached_property
    def dice_by_group(self) -> dict[str, float]:
        """Mean test Dice of each group."""
        cases = self.record["test"]
        return group_means(cases["dice"], cases["group"], list(self.record["weights"]))

    @property
    def dice(self) -> float:
        """Mean Dice over all test cases."""
        return float(np.mean(self.record["test"]["dice"]))

    @property
    def gap(self) -> float:
        """Best group's mean Dice minus the worst group's."""
        return float(gap(np.array(list(self.dice_by_group.values()))))

    @property
    def es_dice(self) -> float:
        """Equity-scaled Dice."""
        return float(equity_scaled(self.dice, np.array(list(self.dice_by_group.values()))))


def fit_key(config: ExperimentConfig, labelled: Sequence[str], seed: int, device: torch.device) -> str:
    """Digest of everything that a fit's numbers depend on."""
    return digest(
        {
            "pool": cohort_key(config.cohort, seed, "pool"),
            "labelled": sorted(labelled),
            "seed": seed,
            "learner": config.learner.model_dump(mode="json"),
            "device": device.type,
            "threads": torch.get_num_threads() if device.type == "cpu" else 0,
            "torch": torch.__version__,
            "version": LEARNER,
        }
    )


def active_learning(
    config: ExperimentConfig,
    strategy: str | Strategy,
    seed: int = 0,
    *,
    finished: Sequence[dict] = (),
    fits: Fits = train_always,
    cohorts: Cohorts = build_both,
    keep_volumes: bool = False,
    progress: Progress = lambda part, done, total: None,
) -> Iterator[Round]:
    """Run active learning, round by round.

    Args:
        config: Cohort, learner and query.
        strategy: An id of the catalog, ``reference_only``, ``full_pool``, or a function of one's own.
        seed: Draws the cohort, the initial labelled set, the weights and the ties.
        finished: Records of rounds that are done already; the loop goes on after them.
        fits, cohorts: Where trainings and cohorts come from; by default they are made and forgotten.
        keep_volumes: Fill `Round.volumes`.
        progress: Hears what is going on, may raise to stop.

    Yields:
        rounds + 1 rounds: round 0 is the start, the last has no picks. A reference is a single round.

    Raises:
        RunError: The loss stopped being finite.
        InputError: The device is not there, or a strategy of one's own broke its word.
    """
    bench = _Bench(config, seed, choose_device(config.device), cohorts, fits, progress)
    name = strategy if isinstance(strategy, str) else getattr(strategy, "__name__", "custom")
    if name in REFERENCES:
        if not finished:
            yield bench.round(0, _reference_set(config, seed, name), None, name, keep_volumes)
        return
    pick = CATALOG[strategy].load() if isinstance(strategy, str) else strategy
    labelled = initial_set(config, seed)
    for record in finished:
        labelled = labelled + [p["id"] for p in record["picked"] or ()]
    for number_ in range(len(finished), config.query.rounds + 1):
        last = number_ == config.query.rounds
        yield (done := bench.round(number_, labelled, None if last else pick, name, keep_volumes))
        labelled = labelled + [p["id"] for p in done.record["picked"] or ()]


def initial_set(config: ExperimentConfig, seed: int) -> list[str]:
    """Draw the initial labelled set: so many of each group, the same for every strategy of a seed."""
    chosen, pool = [], plan(config.cohort, seed, "pool")
    for group, count in config.query.start.items():
        members = [id_ for id_, _, own in pool if own == group]
        order = stream(seed, "initial set", group).permutation(len(members))
        chosen += [members[i] for i in order[:count]]
    return chosen


def _reference_set(config: ExperimentConfig, seed: int, name: str) -> list[str]:
    first = config.cohort.group_names[0]
    return [id_ for id_, _, group in plan(config.cohort, seed, "pool") if name == "full_pool" or group == first]


class _Bench:
    """What all rounds of a run share: cohort, device, fits. Its `round` reads like the paper's algorithm.

    The cohort is asked for after the start's training, which needs a few subjects alone: another worker may draw the
    others meanwhile.
    """

    def __init__(
        self,
        config: ExperimentConfig,
        seed: int,
        device: torch.device,
        cohorts: Cohorts,
        fits: Fits,
        progress: Progress,
    ) -> None:
        self.config, self.seed, self.device, self.fits, self.progress = config, seed, device, fits, progress
        self._cohorts, self.seconds_cohort = cohorts, 0.0
        self.plan = plan(config.cohort, seed, "pool")
        self.position = {id_: i for i, (id_, _, _) in enumerate(self.plan)}
        self.groups = config.cohort.group_names

    @cached_property
    def _drawn(self) -> tuple[Cohort, Cohort]:
        started = time.perf_counter()
        both = self._cohorts(self.config.cohort, self.seed, self.progress)
        self.seconds_cohort = time.perf_counter() - started
        return both

    @property
    def pool(self) -> Cohort:
        return self._drawn[0]

    def round(self, number_: int, labelled: list[str], pick: Strategy | None, name: str, keep_volumes: bool) -> Round:
        """Train, measure, pick."""
        trained, cached, key = self._train(labelled, start=number_ == 0)
        pool, test = self._drawn
        seconds = {"cohort": self.seconds_cohort, "fit": trained.seconds}
        self.seconds_cohort = 0.0

        started = time.perf_counter()
        predictor = Predictor(trained.weights, self.config.learner, self.device)
        on_test, probability, maps = self._measure(predictor, test, range(len(test.subjects)), "test")
        at = [self.position[i] for i in labelled]
        on_labelled, _, _ = self._measure(predictor, pool, at, "labelled")
        labelled_dice = {
            group: 0.0 if dice is None else dice
            for group, dice in group_means(on_labelled["dice"], on_labelled["group"], self.groups).items()
        }
        weights = group_weights(labelled_dice, self.config.query.gamma)
        seconds["measure"] = time.perf_counter() - started

        started = time.perf_counter()
        picks = self._pick(predictor, pick, name, number_, set(labelled), labelled_dice, weights) if pick else None
        seconds["pick"] = time.perf_counter() - started
        if keep_volumes and picks:
            at = [self.position[i] for i in picks.ids]
            probability |= self._displayed(predictor, at)
        record = {
            "schema": 1,
            "round": number_,
            "labelled": labelled,
            "labelled_by_group": self._count(labelled),
            "labelled_mm3": float(sum(pool.subjects[self.position[i]].volume_mm3 for i in labelled)),
            "picked": self._picked(picks),
            "weights": weights,
            "labelled_dice": labelled_dice,
            "losses": [round(loss, 6) for loss in trained.losses],
            "test": on_test,
            "labelled_cases": on_labelled,
            "fit": key,
            "cached": cached,
            "seconds": {part: round(value, 4) for part, value in seconds.items()},
            "device": str(self.device),
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
        }
        return Round(record, Volumes(probability, maps) if keep_volumes else None)

    def _train(self, labelled: list[str], start: bool) -> tuple[Fit, bool, str]:
        # Sorted, so that two strategies with the same labelled set have the same fit, batch order included.
        at = [self.position[i] for i in sorted(labelled)]
        key = fit_key(self.config, labelled, self.seed, self.device)

        def train() -> Fit:
            if start and len(at) <= len(self.plan) // 4:
                arrays = build_cohort(self.config.cohort, self.seed, "pool", only=at)
                volumes, masks = (torch.from_numpy(a).to(self.device) for a in (arrays.t1, arrays.mask))
            else:
                volumes, masks = (torch.from_numpy(a[at]).to(self.device) for a in (self.pool.t1, self.pool.mask))
            on_step = lambda step, steps: self.progress("fit", step, steps)  # noqa: E731
            return fit(volumes, masks, self.config.learner, self.seed, on_step)

        trained, cached = self.fits(key, train)
        if not all(math.isfinite(loss) for loss in trained.losses):
            raise RunError(f"The cached fit {key} holds losses that are not finite; `fairal clean` frees the cache.")
        return trained, cached, key

    def _measure(
        self, predictor: Predictor, cohort: Cohort, at: Sequence[int], what: str
    ) -> tuple[dict, dict[str, np.ndarray], dict]:
        """Measure cases, and average the test set's maps over groups, in one sweep."""
        at = list(at)
        subjects = [cohort.subjects[i] for i in at]
        columns: dict[str, list] = {"id": [s.id for s in subjects], "group": [s.group for s in subjects]}
        sums = {g: torch.zeros(3, *cohort.t1.shape[1:], device=self.device) for g in self.groups}
        shown: dict[str, np.ndarray] = {}
        displayed = DISPLAYED_PAIRS * len(self.groups) if what == "test" else 0
        for part in predictor.batches(len(at), cohort.t1.shape[1:]):
            self.progress("measure", part.start, len(at))
            p = predictor.probabilities(torch.from_numpy(cohort.t1[at[part]]))
            truth = torch.from_numpy(cohort.mask[at[part]]).to(self.device)
            guess = p > 0.5
            for name, values in measure_cases(truth, guess, cohort.spacing_mm).items():
                columns.setdefault(name, []).extend(values)
            if what != "test":
                continue
            facts = torch.stack([binary_entropy(p), (guess != truth).float(), truth.float()], dim=1)
            for i, subject in enumerate(subjects[part]):
                sums[subject.group] += facts[i]
                if part.start + i < displayed:
                    shown[subject.id] = _as_uint8(p[i])
        maps = {}
        for group, total in sums.items() if what == "test" else ():
            means = total / max(1, columns["group"].count(group))
            maps[group] = dict(zip(("entropy", "error", "truth"), map(_as_uint8, means), strict=True))
        return columns, shown, maps

    def _displayed(self, predictor: Predictor, at: list[int]) -> dict[str, np.ndarray]:
        shown = {}
        for part in predictor.batches(len(at), self.pool.t1.shape[1:]):
            p = predictor.probabilities(torch.from_numpy(self.pool.t1[at[part]]))
            shown |= {self.pool.subjects[i].id: _as_uint8(one) for i, one in zip(at[part], p, strict=True)}
        return shown

    def _pick(
        self,
        predictor: Predictor,
        pick: Strategy,
        name: str,
        number_: int,
        labelled: set[str],
        labelled_dice: dict[str, float],
        weights: dict[str, float],
    ) -> Picks:
        left = [i for i, subject in enumerate(self.pool.subjects) if subject.id not in labelled]
        shape = self.pool.t1.shape[1:]

        def sweep(fn: ScoreFunction, passes: int) -> np.ndarray:
            scores = []
            for part in predictor.batches(len(left), shape):
                self.progress("pick", part.start, len(left))
                volumes = torch.from_numpy(self.pool.t1[left[part]])
                if passes == 1:
                    p = predictor.probabilities(volumes)[None]
                else:
                    seeds = [number(self.seed, "dropout", name, number_, self.pool.subjects[i].id) for i in left[part]]
                    p = torch.stack(
                        [predictor.dropout_passes(v, passes, s) for v, s in zip(volumes, seeds, strict=True)], dim=1
                    )
                with torch.inference_mode():
                    scores.append(fn(p).cpu().double())
            return torch.cat(scores).numpy()

        def embed() -> tuple[np.ndarray, np.ndarray]:
            def of(at: list[int]) -> np.ndarray:
                parts = [
                    predictor.embeddings(torch.from_numpy(self.pool.t1[at[part]])).cpu()
                    for part in predictor.batches(len(at), shape)
                ]
                return torch.cat(parts).double().numpy()

            return of(left), of(sorted(self.position[i] for i in labelled))

        pool = Pool(
            ids=tuple(self.pool.subjects[i].id for i in left),
            groups=tuple(self.pool.subjects[i].group for i in left),
            labelled_dice=labelled_dice,
            weights=weights,
            spacing_mm=self.pool.spacing_mm,
            sweep=sweep,
            embed=embed,
        )
        k = self.config.query.per_round
        picks = pick(pool, k, stream(self.seed, "picks", name, number_))
        check_picks(picks, pool, k)
        return picks

    def _picked(self, picks: Picks | None) -> list[dict] | None:
        if picks is None:
            return None
        blank = (None,) * len(picks.ids)
        return [
            {"id": i, "group": self.pool.subjects[self.position[i]].group, "score": score, "uncertainty": uncertainty}
            for i, score, uncertainty in zip(picks.ids, picks.scores or blank, picks.uncertainty or blank, strict=True)
        ]

    def _count(self, ids: Sequence[str]) -> dict[str, int]:
        groups = [self.plan[self.position[i]][2] for i in ids]
        return {group: groups.count(group) for group in self.groups}


def _as_uint8(values: torch.Tensor) -> np.ndarray:
    return (values * 255).round().to(torch.uint8).cpu().numpy()
