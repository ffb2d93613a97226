"""The study that ships with fairal, and the calibration that came before it; docs/study.md says what they ask.

Settings were chosen on seeds from 1000 up, frozen, and then run once on seeds 0 and up.
"""

from fairal.config import ExperimentConfig, GroupConfig, LearnerConfig, QueryConfig, SyntheticCohort
from fairal.presets import LEARNED_STEPS, STRENGTHS, two_groups

STEPS = LEARNED_STEPS
CALIBRATION_SEEDS = (1000, 1001, 1002)
STEPS_TRIED = (150, 300, 600, 1200)

DECIDING = (
    "entropy",
    "weighted_entropy",
    "worst_group_random",
    "parity+balanced",
    "entropy+balanced_conditional",
    "parity+balanced_conditional",
)
"""The arms of which the study's questions are asked: ten seeds."""
ROBUSTNESS = ("entropy", "weighted_entropy", "worst_group_random", "parity+balanced_conditional")
"""The arms that are looked at in other settings: five seeds."""
OTHERS = (
    "entropy",
    "random",
    "fair_quota",
    "parity",
    "entropy+balanced",
    "weighted_entropy+balanced",
    "worst_group_random+balanced",
    "fair_quota+balanced",
    "shell_entropy",
    "entropy+group_dro",
)
"""The rest of the grid: five seeds; plain entropy once more as the baseline, its fits are shared."""

IMBALANCED = {"reference": 5, "biased": 1}


def _cohort(groups: tuple[GroupConfig, ...]) -> SyntheticCohort:
    return SyntheticCohort(groups=groups, pool_size=200, test_pairs=50)


def _experiment(name: str, groups: tuple[GroupConfig, ...], arms: tuple[str, ...], seeds: int, start: dict[str, int]):
    return ExperimentConfig(
        name=name,
        study="study",
        cohort=_cohort(groups),
        learner=LearnerConfig(steps=STEPS),
        query=QueryConfig(start=start, per_round=12, rounds=2),
        strategies=arms,
        seeds=tuple(range(seeds)),
    )


def study() -> list[ExperimentConfig]:
    """Give the study's experiments, in the order of what they decide."""
    strong, weak = (two_groups(STRENGTHS[word]) for word in ("strong", "weak"))
    three = (
        GroupConfig(name="reference", share=0.6),
        GroupConfig(name="mild", share=0.2, strength=STRENGTHS["weak"]),
        GroupConfig(name="biased", share=0.2, strength=STRENGTHS["strong"]),
    )
    contrast = two_groups(0.0, fade=0.5)
    return [
        _experiment("study strong", strong, DECIDING, 10, IMBALANCED),
        _experiment("study weak", weak, DECIDING, 10, IMBALANCED),
        _experiment("study strong, balanced start", strong, ROBUSTNESS, 5, {"reference": 3, "biased": 3}),
        _experiment("study three groups", three, ROBUSTNESS, 5, {"reference": 4, "mild": 1, "biased": 1}),
        _experiment("study contrast bias", contrast, ROBUSTNESS, 5, IMBALANCED),
        _experiment("study strong, other arms", strong, OTHERS, 5, IMBALANCED),
        _experiment("study weak, other arms", weak, OTHERS, 5, IMBALANCED),
    ]


def steps() -> list[ExperimentConfig]:
    """Give the calibration of how long a network must be trained: *strong*, by number of steps."""
    return [
        ExperimentConfig(
            name=f"{count} steps",
            study="steps",
            cohort=_cohort(two_groups(STRENGTHS["strong"])),
            learner=LearnerConfig(steps=count),
            query=QueryConfig(start=IMBALANCED, per_round=12, rounds=2),
            strategies=("entropy", "weighted_entropy", "parity+balanced"),
            seeds=CALIBRATION_SEEDS,
            volumes="none",
        )
        for count in STEPS_TRIED
    ]


def longer() -> list[ExperimentConfig]:
    """Give what was added after the study: *strong* with twice its training, for what its steps left open."""
    strong = two_groups(STRENGTHS["strong"])
    arms = ("entropy", "weighted_entropy", "worst_group_random", "parity+balanced")
    config = _experiment("study strong, 1,200 steps", strong, arms, 10, IMBALANCED)
    return [config.model_copy(update={"learner": LearnerConfig(steps=2 * STEPS), "study": "longer", "volumes": "none"})]
