"""What a person should know of an arm before trusting its picks."""

from fairal.config import Arm
from fairal.learner.trainings import TRAININGS
from fairal.strategies.catalog import CATALOG

BY_HEART = (
    "Balanced training learns few scans of a group by heart, and this query judges groups by the scans it trained on: "
    "such a group can look well served and get few labels or none. Out-of-fold quota judges on scans not trained on."
)
"""Seen in the study, docs/study.md: two such arms labelled the better served group alone, in every seed."""


def caution_about(arm: Arm) -> str:
    """Give the sentence; empty for most arms."""
    by_heart = CATALOG[arm.query].judges_labelled and TRAININGS[arm.training].schedule == "balanced"
    return BY_HEART if by_heart else ""
