"""Where subjects come from, as a configuration says it."""

from collections import Counter
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from fairal.apportion import largest_remainder
from fairal.config.fields import LIMITS, Fraction, Model, Strength, one_of, within
from fairal.errors import InputError

FIELDS_OF_VIEW: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "deep-grey": ((-36.0, -42.0, -24.0), (72.0, 84.0, 60.0)),
    "brain": ((-78.0, -114.0, -78.0), (156.0, 192.0, 168.0)),
}
"""Corner and extent in mm, MNI space, X × Y × Z. Both corners lie on one lattice of 1, 1.5 and 3 mm voxels."""


class GroupConfig(Model):
    """One value of the sensitive attribute: its share of the pool and what the bias does to its members."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{0,23}$")]
    share: Fraction
    strength: Strength = 0.0
    fade: Fraction = 0.0


class SyntheticCohort(Model):
    """A cohort drawn around the ICBM 152 template, anew for each seed.

    The pool holds `pool_size` subjects split by the groups' shares (largest remainder);
    the test set holds `test_pairs` anatomies, each once per group.
    """

    kind: Literal["synthetic"] = "synthetic"
    structure: Literal["left_caudate"] = "left_caudate"
    field_of_view: Annotated[str, one_of(*FIELDS_OF_VIEW)] = "deep-grey"
    spacing_mm: Annotated[float, one_of(1.0, 1.5, 3.0)] = 1.5
    groups: tuple[GroupConfig, ...]
    pool_size: Annotated[int, within(*LIMITS["pool_size"])]
    test_pairs: Annotated[int, within(*LIMITS["test_pairs"])]

    @model_validator(mode="after")
    def _check_groups(self):
        names = [group.name for group in self.groups]
        if len(names) < 2:
            raise ValueError(f"groups must hold at least 2 groups, got {len(names)}")
        if len(set(names)) < len(names):
            raise ValueError("groups must have names of their own, two are alike")
        total = sum(group.share for group in self.groups)
        if abs(total - 1) > 1e-6:
            raise ValueError(f"groups must have shares that add up to 1, got {total:g}")
        for name, count in self.pool_counts().items():
            if count == 0:
                raise ValueError(f"groups must each have a subject in the pool, '{name}' has none of {self.pool_size}")
        return self

    @property
    def group_names(self) -> tuple[str, ...]:
        return tuple(group.name for group in self.groups)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels along X, Y and Z."""
        return tuple(round(extent / self.spacing_mm) for extent in FIELDS_OF_VIEW[self.field_of_view][1])

    @property
    def origin_mm(self) -> tuple[float, float, float]:
        """MNI position of the first voxel's centre."""
        return tuple(corner + self.spacing_mm / 2 for corner in FIELDS_OF_VIEW[self.field_of_view][0])

    def pool_counts(self) -> dict[str, int]:
        """Subjects of each group in the pool."""
        return dict(
            zip(self.group_names, largest_remainder([g.share for g in self.groups], self.pool_size), strict=True)
        )

    @property
    def test_size(self) -> int:
        """Subjects of the test set."""
        return self.test_pairs * len(self.groups)

    @property
    def test_text(self) -> str:
        """What the test set is, for captions."""
        return f"{self.test_pairs} matched test pairs"

    @property
    def matched(self) -> bool:
        """Whether test cases may be paired over groups."""
        return True

    @property
    def speed_facts(self) -> dict[str, Any]:
        """What the seconds of a fit depend on besides the learner."""
        return {"view": self.field_of_view, "mm": self.spacing_mm}


Edge = Annotated[int, within(2, 4096)]
"""Voxels along an axis of a collection's volumes."""


class KnownScan(Model):
    """One scan of a collection as it was at launch; what changes afterwards is noticed by its digests."""

    id: Annotated[str, Field(min_length=1, max_length=128)]
    group: Annotated[str, Field(min_length=1, max_length=200)]
    image: str
    mask: str | None = None


class FolderFacts(Model):
    """What a collection was at launch: a run's split and groups stay what they were, whatever is added later."""

    groups: Annotated[tuple[str, ...], Field(min_length=2)]
    shape: tuple[Edge, Edge, Edge]
    spacing_mm: Annotated[float, within(1e-3, 100.0)]
    origin_mm: tuple[float, float, float]
    scans: tuple[KnownScan, ...]
    structure: tuple[int, ...] = ()
    """Label values that were joined; none while there was no mask, or at a launch by an earlier version."""


class FolderCohort(Model):
    """A person's own scans: a collection, split anew for each seed into a test set and a pool.

    Attributes:
        collection: Its name in the home.
        test_share: Of the labelled scans of each group, those to test on.
        groups: Which groups take part, in this order; all of them, sorted, by default.
        unlabelled: Scans without a mask are in the pool, and a run that picks one will ``wait`` for its mask; or
            ``leave_out``, for a what-if that needs nobody to label.
        facts: Filled in at launch.
    """

    kind: Literal["folder"] = "folder"
    collection: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,47}$")]
    test_share: Annotated[float, within(0.05, 0.9)] = 0.3
    groups: tuple[str, ...] | None = None
    unlabelled: Annotated[str, one_of("wait", "leave_out")] = "wait"
    facts: FolderFacts | None = None

    @property
    def known(self) -> FolderFacts:
        """The facts.

        Raises:
            InputError: They are not filled in yet.
        """
        if self.facts is None:
            raise InputError(f"The collection {self.collection} was not looked at yet; launch does.")
        return self.facts

    @property
    def group_names(self) -> tuple[str, ...]:
        return self.known.groups

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels along X, Y and Z."""
        return self.known.shape

    @property
    def spacing_mm(self) -> float:
        return self.known.spacing_mm

    @property
    def origin_mm(self) -> tuple[float, float, float]:
        return self.known.origin_mm

    def test_counts(self) -> dict[str, int]:
        """Subjects of each group in the test set: the share of the labelled, at least one."""
        labelled = Counter(scan.group for scan in self.known.scans if scan.mask)
        return {
            group: min(labelled[group], max(1, round(self.test_share * labelled[group]))) for group in self.group_names
        }

    def pool_counts(self) -> dict[str, int]:
        """Labelled subjects of each group in the pool."""
        labelled = self._labelled()
        return {group: labelled[group] - count for group, count in self.test_counts().items()}

    def _labelled(self) -> Counter:
        return Counter(scan.group for scan in self.known.scans if scan.mask)

    @property
    def pool_size(self) -> int:
        """Subjects of the pool, with the unlabelled that take part."""
        waiting = sum(scan.mask is None for scan in self.known.scans) if self.unlabelled == "wait" else 0
        return sum(self.pool_counts().values()) + waiting

    @property
    def test_size(self) -> int:
        """Subjects of the test set."""
        return sum(self.test_counts().values())

    @property
    def test_text(self) -> str:
        """What the test set is, for captions."""
        counts = ", ".join(f"{count} {group}" for group, count in self.test_counts().items())
        return f"{self.test_size} test scans ({counts})"

    @property
    def matched(self) -> bool:
        """Whether test cases may be paired over groups."""
        return False

    @property
    def speed_facts(self) -> dict[str, Any]:
        """What the seconds of a fit depend on besides the learner."""
        return {"view": list(self.shape), "mm": self.spacing_mm}


def _kind(value: Any) -> str:
    return value.get("kind", "synthetic") if isinstance(value, dict) else getattr(value, "kind", "synthetic")


CohortConfig = Annotated[
    Annotated[SyntheticCohort, Tag("synthetic")] | Annotated[FolderCohort, Tag("folder")], Discriminator(_kind)
]
"""Told apart by `kind`; one without is synthetic."""
