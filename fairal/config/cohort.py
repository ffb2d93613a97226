"""Where subjects come from, as a configuration says it."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from fairal.apportion import largest_remainder
from fairal.config.fields import LIMITS, Fraction, Model, Strength, one_of, within

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
