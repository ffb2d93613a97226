"""What the form says of each arm: how it picks, how it trains, where it comes from. Nothing here draws."""

from collections.abc import Sequence
from dataclasses import dataclass

from fairal.config import Arm
from fairal.learner.trainings import PLAIN, TRAININGS
from fairal.presets import CONTROL, DEMO_STRATEGIES, FAIR, OWN_ARMS
from fairal.report.cautions import caution_about
from fairal.strategies.catalog import CATALOG, PAPER_SET

NOBODYS = "-"
"""What the tables write where there is no source to name."""


@dataclass(frozen=True)
class ArmWords:
    """One arm, in the words of the catalog and of the table of trainings; `caution` is empty for most."""

    picks_by: str
    trains: str
    role: str
    source: str
    caution: str


def words_of_arm(arm: str) -> ArmWords:
    """Say what an arm that can be run does, and where query and training come from."""
    parsed = Arm.parse(arm)
    entry, training = CATALOG[parsed.query], TRAININGS[parsed.training]
    named = [source for source in (entry.source, training.source) if source != NOBODYS]
    sources = dict.fromkeys(part for source in named for part in source.split("; "))
    return ArmWords(entry.picks_by, training.does, entry.role, "; ".join(sources), caution_about(parsed))


def usual() -> list[str]:
    """Give the arms that come first in the form: chance, the paper's, the control, and those of the presets."""
    return list(dict.fromkeys((*PAPER_SET, CONTROL, FAIR, *DEMO_STRATEGIES, *OWN_ARMS)))


def selectable(also: Sequence[str] = ()) -> list[str]:
    """List every arm that the form shows, as `Arm` writes it.

    Args:
        also: Arms to show beside those that are always there: the usual ones, and every query in plain training.
    """
    return list(dict.fromkeys((*usual(), *also, *(str(Arm(query, PLAIN)) for query in CATALOG))))


def is_arm(text: str) -> bool:
    """Tell whether a text is an arm that can be run."""
    arm = Arm.parse(text)
    return arm.query in CATALOG and arm.training in TRAININGS and str(arm) == text
