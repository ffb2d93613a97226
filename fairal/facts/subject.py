"""Who a subject is: known before any volume is read (a row), and with what was measured on its volume."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class Row:
    """One subject of a split, as a plan lists it; nothing of its volume is needed to know this.

    Attributes:
        id: Unique in its source.
        group: The value of the sensitive attribute.
        pair: Subjects of one pair are the same anatomy, once per group; empty where nothing is matched.
        has_mask: Whether the structure is labelled already, so that the subject can be trained on.
    """

    id: str
    group: str
    pair: str = ""
    has_mask: bool = True


@dataclass(frozen=True)
class Subject:
    """A subject whose volume was read or drawn.

    Attributes:
        split: ``pool`` or ``test``.
        volume_mm3: Of the true structure; None where there is no mask.
        anatomy: The pair of its row.
        about: What else is known, by name: what a generator did to it, or columns of a person's table.
    """

    id: str
    anatomy: str
    group: str
    split: str
    volume_mm3: float | None
    about: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """One flat object: the fields, and beside them what else is known."""
        return {name: getattr(self, name) for name in _FIELDS} | dict(self.about)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Subject":
        """Read what `as_json` gave.

        Raises:
            KeyError: A field is missing.
        """
        about = {name: value for name, value in content.items() if name not in _FIELDS}
        return cls(**{name: content[name] for name in _FIELDS}, about=about)


_FIELDS = tuple(f.name for f in fields(Subject) if f.name != "about")
