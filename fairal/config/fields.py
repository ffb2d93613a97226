"""What fields are made of: limits, checks with a sentence, digests. Nothing in this package imports anything heavy."""

import hashlib
import json
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict


def within(low: float, high: float):
    def check(value: float) -> float:
        if not low <= value <= high:  # also where it is not a number; a whole number of any length can be compared
            raise ValueError(f"must lie in {low}..{high}")
        return value

    return AfterValidator(check)


def one_of(*allowed):
    def check(value):
        if value not in allowed:
            raise ValueError(f"must be one of {', '.join(map(str, allowed))}")
        return value

    return BeforeValidator(check)


LIMITS: dict[str, tuple[float, float]] = {
    "strength": (0.0, 2.0),
    "fade": (0.0, 1.0),
    "share": (0.0, 1.0),
    "pool_size": (4, 5000),
    "test_pairs": (1, 1000),
    "per_round": (1, 500),
    "rounds": (0, 50),
    "steps": (1, 20000),
    "seed": (0, 999_999),
}
"""The allowed range of each numeric field; forms and error messages read it."""

Strength = Annotated[float, within(*LIMITS["strength"])]
Fraction = Annotated[float, within(0.0, 1.0)]
Seed = Annotated[int, within(*LIMITS["seed"])]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    def digest(self, **more: Any) -> str:
        """Digest of all fields (and `more`), stable over processes and key order."""
        return digest({"config": self.model_dump(mode="json"), **more})


def digest(content: Any) -> str:
    """Hash JSON-like content to 24 hex digits, whatever the order of its keys."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
