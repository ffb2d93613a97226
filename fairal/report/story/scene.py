"""What a story is made of: scenes of one sentence, one picture as data, its n and a caption."""

from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from fairal.report.story.words import Sentence, text_of


@dataclass(frozen=True)
class Twin:
    """One of two brains; `image` is a data address, `volume_cm3` None where it is not known."""

    group: str
    image: str
    volume_cm3: float | None


@dataclass(frozen=True)
class Twins:
    """The same brain once per group, to wipe between.

    Attributes:
        twins: Reference first.
        source: Which subject it is, for the caption.
    """

    twins: tuple[Twin, Twin]
    source: str
    kind: str = "twins"


@dataclass(frozen=True)
class Pool:
    """Subjects as dots, of one seed.

    Attributes:
        dots: Group of each, places mixed so that who is picked first does not show.
        start: Places of the subjects that are labelled from the start.
        budget: Labelled at the end.
    """

    dots: tuple[str, ...]
    start: tuple[int, ...]
    budget: int
    kind: str = "pool"


@dataclass(frozen=True)
class Curve:
    """Dice by budget: mean over seeds, by group (R,), at `labelled` (R,) scans."""

    arm: str
    labelled: tuple[int, ...]
    by_group: dict[str, tuple[float, ...]]


@dataclass(frozen=True)
class Rounds:
    """What an arm picks, round by round, and how good the segmentation gets for each group.

    Attributes:
        dots: As in `Pool`.
        labelled: Places of the subjects that come in with each round (R,), the start first; of `seed` alone.
        curve, ghost: Of the arm, and of the one it is compared with; over all seeds of the scene.
        low: Lower end of the axis of Dice, one for the whole story.
    """

    dots: tuple[str, ...]
    labelled: tuple[tuple[int, ...], ...]
    curve: Curve
    ghost: Curve | None
    low: float
    kind: str = "rounds"


@dataclass(frozen=True)
class People:
    """Every test subject's Dice, by group, and who is poorly served.

    Attributes:
        arm: Whose.
        threshold: Below it a subject is poorly served.
        dice: By group, over all seeds of the scene.
        before: The same subjects under the baseline, in the same order; None for the baseline itself.
        low: Lower end of the axis, one for the whole story.
    """

    arm: str
    threshold: float
    dice: dict[str, tuple[float, ...]]
    before: dict[str, tuple[float, ...]] | None
    low: float
    kind: str = "people"

    def poorly(self) -> dict[str, int]:
        """Count the poorly served by group."""
        return {name: sum(d < self.threshold for d in own) for name, own in self.dice.items()}

    def poorly_before(self) -> dict[str, int]:
        """Count them under the baseline."""
        return {name: sum(d < self.threshold for d in own) for name, own in (self.before or {}).items()}


@dataclass(frozen=True)
class Slope:
    """One measure of the groups under two arms: group means over the shared seeds."""

    measure: str
    before: dict[str, float]
    after: dict[str, float]


@dataclass(frozen=True)
class Slopes:
    """What changes from one arm to another, by group and measure."""

    arms: tuple[str, str]
    panels: tuple[Slope, ...]
    kind: str = "slopes"


@dataclass(frozen=True)
class Strip:
    """Gap of an arm: by seed, from the baseline's best to its worst group (below 0 it has turned); and, as the
    sentences say it, the mean over the seeds of its size, whichever group is behind."""

    arm: str
    gaps: tuple[float, ...]
    gap: float


@dataclass(frozen=True)
class StripPanel:
    """Gaps of several arms in one measure; `noise` is what a gap of one run shows by chance, None if unknown."""

    measure: str
    best: str
    worst: str
    noise: float | None
    strips: tuple[Strip, ...]


@dataclass(frozen=True)
class Strips:
    """Gaps of several arms, seed by seed, in each deciding measure; one axis for all."""

    panels: tuple[StripPanel, ...]
    kind: str = "strips"


@dataclass(frozen=True)
class Card:
    """A heading with lines below it; those of `code` are typed at a command line."""

    title: str
    lines: tuple[str, ...]
    code: bool = False


@dataclass(frozen=True)
class Cards:
    """Texts side by side."""

    cards: tuple[Card, ...]
    kind: str = "cards"


Picture = Twins | Pool | Rounds | People | Slopes | Strips | Cards


@dataclass(frozen=True)
class Scene:
    """One thing said, and one picture of it.

    Attributes:
        id: For addresses and tests.
        title: Two or three words, for the rail.
        words: The sentence in parts.
        picture: As data; the renderer knows it by its kind.
        n: Over how many seeds and subjects, and whether they are synthetic.
        caption: How to read the picture, and the verdict in full.
        alt: What the picture shows, for those who do not see it.
    """

    id: str
    title: str
    words: Sentence
    picture: Picture
    n: str
    caption: str
    alt: str

    @property
    def sentence(self) -> str:
        """The sentence as plain text."""
        return text_of(self.words)


@dataclass(frozen=True)
class Look:
    """How a group or an arm is called and coloured."""

    label: str
    colour: str


@dataclass(frozen=True)
class Story:
    """All scenes of an experiment, in order, with the looks of its groups and arms by id."""

    experiment: str
    title: str
    groups: dict[str, Look]
    arms: dict[str, Look]
    scenes: tuple[Scene, ...] = field(default=())

    def scene(self, id_: str) -> Scene | None:
        """Find a scene; None where the story has none of that id."""
        return self._by_id.get(id_)

    @cached_property
    def _by_id(self) -> dict[str, Scene]:
        return {scene.id: scene for scene in self.scenes}

    def as_json(self) -> dict[str, Any]:
        """Give what the renderer reads: plain data."""
        return asdict(self)
