"""The named settings, as data. Sizes and learning rates are ours; the paper's public text does not give them."""

from fairal.config import (
    ExperimentConfig,
    FolderCohort,
    GroupConfig,
    LearnerConfig,
    QueryConfig,
    SyntheticCohort,
    parse_experiment,
)
from fairal.errors import InputError
from fairal.strategies.catalog import PAPER_SET

STRENGTHS = {"none": 0.0, "weak": 0.35, "strong": 1.0}
"""Bias strengths by name. Of the left caudate's mean volume *strong* leaves 0.50 and *weak* 0.78 (240 anatomies of
seeds 1000 to 1003: 4,034, 2,004 and 3,138 mm³). A network trained for 300 steps on 40 unbiased subjects has Dice 0.90
for the reference group, 0.73 and 0.76 under *strong*, 0.86 and 0.87 under *weak* (seeds 1000 and 1001, 20 pairs
each)."""

CONTROL, FAIR = "worst_group_random", "parity+balanced_conditional"
"""Beside every claim about weighted entropy: is it only the group choice? And the arm that does without levelling down
(docs/study.md); it needs the group at prediction."""
DEMO_STRATEGIES = ("entropy", "weighted_entropy", CONTROL, FAIR)
LEARNED_STEPS = 600
"""At 150 steps a pick acts mostly as a sampling weight, and a network that has not learned decides nothing."""


def two_groups(strength: float, biased_share: float = 0.3, fade: float = 0.0) -> tuple[GroupConfig, GroupConfig]:
    """A reference group and a biased one."""
    return (
        GroupConfig(name="reference", share=round(1 - biased_share, 9)),
        GroupConfig(name="biased", share=biased_share, strength=strength, fade=fade),
    )


def _start(reference: int, biased: int) -> dict[str, int]:
    return {"reference": reference, "biased": biased}


def _demo() -> list[ExperimentConfig]:
    return [
        ExperimentConfig(
            name="demo",
            cohort=SyntheticCohort(groups=two_groups(STRENGTHS["strong"]), pool_size=120, test_pairs=50),
            query=QueryConfig(start=_start(5, 1), per_round=8, rounds=3),  # four arms within a minute or so
            strategies=DEMO_STRATEGIES,
        )
    ]


def _setting(strength: str) -> list[ExperimentConfig]:
    return [
        ExperimentConfig(
            name=f"{strength} {word} start",
            study=strength,
            cohort=SyntheticCohort(groups=two_groups(STRENGTHS[strength]), pool_size=200, test_pairs=50),
            learner=LearnerConfig(steps=LEARNED_STEPS),
            query=QueryConfig(start=start, per_round=6, rounds=6),
            strategies=(*PAPER_SET, CONTROL, FAIR),
            seeds=tuple(range(5)),
            references=("reference_only", "full_pool"),
        )
        for word, start in (("imbalanced", _start(5, 1)), ("balanced", _start(3, 3)))
    ]


def _paper_grid() -> list[ExperimentConfig]:
    return [
        ExperimentConfig(
            name=f"grid {strength} {word}",
            study="paper-grid",
            cohort=SyntheticCohort(
                spacing_mm=1.0, groups=two_groups(STRENGTHS[strength]), pool_size=200, test_pairs=100
            ),
            learner=LearnerConfig(channels=(16, 32, 64, 128), residual_units=2, batch_size=4, steps=LEARNED_STEPS),
            query=QueryConfig(start=start, per_round=10, rounds=6),
            strategies=(*PAPER_SET, CONTROL, FAIR),
            seeds=tuple(range(5)),
        )
        for strength in ("strong", "weak")
        for word, start in (("imbalanced", _start(9, 1)), ("balanced", _start(5, 5)))
    ]


def _smoke() -> list[ExperimentConfig]:
    return [
        ExperimentConfig(
            name="smoke",
            cohort=SyntheticCohort(
                spacing_mm=3.0, groups=two_groups(STRENGTHS["strong"], 0.375), pool_size=16, test_pairs=4
            ),
            learner=LearnerConfig(channels=(4, 8), steps=8),
            query=QueryConfig(start=_start(2, 1), per_round=2, rounds=2),
            strategies=("random", "entropy", "weighted_entropy"),
        )
    ]


OWN_ARMS = ("random", "entropy", "weighted_entropy", CONTROL, "parity+balanced")
OWN_LEARNER = LearnerConfig(steps=300)
"""Real scans are told apart less easily than synthetic ones: twice the demo's steps."""


def own(cohort: FolderCohort) -> list[ExperimentConfig]:
    """Give a what-if on a person's own scans that runs with what is labelled by now.

    Args:
        cohort: With its facts; scans without a mask are left out.

    Raises:
        InputError: Too few are labelled: after the split each group needs one to start with, and some to pick.
    """
    cohort = cohort.model_copy(update={"unlabelled": "leave_out"})
    start = {group: min(3, max(1, count // 4)) for group, count in cohort.pool_counts().items()}
    left = cohort.pool_size - sum(start.values())
    if min(cohort.pool_counts().values()) < 1 or left < 4:
        counts = ", ".join(f"{count} of {group}" for group, count in cohort.pool_counts().items())
        raise InputError(
            f"Too few scans of {cohort.collection} are labelled for a what-if: a pool of {counts}; label more."
        )
    per_round = min(6, max(1, left // 6))
    config = {
        "name": f"own {cohort.collection}",
        "cohort": cohort.model_dump(mode="json"),
        "learner": OWN_LEARNER.model_dump(mode="json"),
        "query": {"start": start, "per_round": per_round, "rounds": min(4, left // per_round)},
        "strategies": OWN_ARMS,
        "seeds": list(range(5)),
    }
    return [parse_experiment(config)]


WORDS = {
    "smoke": ("Quick look", "Does it work here?"),
    "demo": ("Demo", "One seed, to look at"),
    "weak": ("Weak bias", "Five seeds, little shrinkage"),
    "strong": ("Strong bias", "Five seeds, half is gone"),
    "paper-grid": ("Paper grid", "Everything, at 1 mm"),
}
"""What a person calls each preset, and what it is for; the quickest first."""

PRESETS = {
    "demo": _demo,
    "strong": lambda: _setting("strong"),
    "weak": lambda: _setting("weak"),
    "paper-grid": _paper_grid,
    "smoke": _smoke,
}


def preset(name: str) -> list[ExperimentConfig]:
    """Give the experiments of a preset.

    Raises:
        InputError: There is no preset of that name.
    """
    if name not in PRESETS:
        raise InputError(f"There is no preset '{name}'; there are {', '.join(PRESETS)}.")
    return PRESETS[name]()
