"""How a picture is read, and what it shows to those who do not see it."""

from functools import singledispatch

from fairal.fairness.measures import MEASURES
from fairal.report.arms import arm_label
from fairal.report.story.cast import Cast
from fairal.report.story.scene import Card, Cards, People, Picture, Rounds, Slopes, Strip, StripPanel, Strips
from fairal.report.verdict import ENOUGH_SEEDS

_GAP = "The gap: each seed's, whichever group is behind, averaged."
"""Why a gap may be wider than the distance between two means: where the seeds disagree on who is behind."""


def how_to_read(picture: Picture, cast: Cast) -> str:
    """Say how a picture of two arms is read."""
    if isinstance(picture, Rounds):
        shown = f"Dots: the picks of seed {cast.seed}. Lines: mean Dice over the seeds."
        return f"{shown} {_GAP}" if picture.ghost else shown
    if isinstance(picture, People):
        return f"One dot is one test subject of one seed; poorly served: Dice below {picture.threshold:g}."
    if isinstance(picture, Slopes):
        return f"Surface Dice: share of the surfaces within 1 mm. Points: means over the seeds. {_GAP}"
    if isinstance(picture, Strips):
        return f"Small dots: seeds. Large: their mean. Grey: what noise alone would show. {_GAP}"
    return ""


@singledispatch
def alt_of(picture: Picture) -> str:
    """Say in words what a picture shows."""
    raise TypeError(f"no words for a picture of kind {picture.kind}")


@alt_of.register
def _(picture: Rounds) -> str:
    ends = ", ".join(f"{name} {own[0]:.3f} to {own[-1]:.3f}" for name, own in picture.curve.by_group.items())
    sizes = ", ".join(str(len(own)) for own in picture.labelled)
    return f"{arm_label(picture.curve.arm)}: {sizes} scans labelled by round; Dice by group: {ends}."


@alt_of.register
def _(picture: People) -> str:
    served = ", ".join(f"{n} of {len(picture.dice[name])} {name}" for name, n in picture.poorly().items())
    return f"{arm_label(picture.arm)}: test subjects along Dice; below {picture.threshold:g}: {served}."


@alt_of.register
def _(picture: Slopes) -> str:
    said = []
    for slope in picture.panels:
        each = ", ".join(f"{name} {slope.before[name]:.3f} to {slope.after[name]:.3f}" for name in slope.before)
        said.append(f"{MEASURES[slope.measure].label}: {each}")
    return f"{arm_label(picture.arms[0])} to {arm_label(picture.arms[1]).lower()}. {'; '.join(said)}."


@alt_of.register
def _(picture: Strips) -> str:
    said = []
    for panel in picture.panels:
        gaps = ", ".join(f"{arm_label(s.arm)} {s.gap:.3f}{_behind(s, panel)}" for s in panel.strips)
        said.append(f"{MEASURES[panel.measure].label}: {gaps}")
    return f"Gap of each arm. {'; '.join(said)}."


def _behind(strip: Strip, panel: StripPanel) -> str:
    """Say who is worse served on average, where it is not the group that the baseline leaves behind."""
    return f", {panel.best} worse served" if sum(strip.gaps) < 0 else ""


def limit_cards(cast: Cast) -> Cards:
    """Say what an experiment tells, what it does not, and what to do with scans of one's own."""
    return Cards((Card("It tells", _tells(cast)), Card("It does not tell", _does_not_tell(cast)), _OWN))


def _tells(cast: Cast) -> tuple[str, ...]:
    seeds = len(cast.runs(cast.lead))
    cohort = cast.result.config.cohort
    drawn = "cohort, start and training" if cast.result.synthetic else "split, start and training"
    return (
        f"How {len(cast.others) + 1} ways of picking and training served {len(cast.result.groups)} groups: "
        f"{cohort.test_text}, {seeds} seed{'s' if seeds != 1 else ''}.",
        f"Every seed draws {drawn} anew: an interval covers those."
        if seeds >= ENOUGH_SEEDS
        else f"Too few seeds for a conclusion: that takes {ENOUGH_SEEDS}.",
        "Dice is lower for a smaller structure at an equal error of its boundary: surface Dice stands beside it.",
    )


def _does_not_tell(cast: Cast) -> tuple[str, ...]:
    synthetic = (
        "Anything about patients: brains and bias come from a generator.",
        "Anything about groups that differ in contrast or scanner rather than in one structure's size.",
    )
    own = ("Anything about other scans, masks or groups.", "Why groups differ: they hold other people.")
    control = "Whether the choice of the group or the entropy did it: the control did not run."
    return (*(synthetic if cast.result.synthetic else own), *(() if cast.control else (control,)))


_OWN = Card(
    "With your own scans",
    ("fairal import FOLDER --name mine --group sex", "fairal next mine", "fairal app"),
    code=True,
)
