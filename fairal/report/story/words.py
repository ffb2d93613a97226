"""Sentences in parts, so that a group or an arm in them can be drawn in its colour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """A piece of a sentence.

    Attributes:
        text: As it is read.
        kind: ``group``, ``arm`` or ``number``; empty for plain words.
        of: The id of the group or arm.
    """

    text: str
    kind: str = ""
    of: str = ""


Sentence = tuple[Part, ...]


def group(name: str) -> Part:
    """Name a group."""
    return Part(name, "group", name)


def arm(id_: str, label: str) -> Part:
    """Name an arm."""
    return Part(label, "arm", id_)


def number(text: object) -> Part:
    """Give a number, as it is read."""
    return Part(str(text), "number")


def sentence(template: str, **parts: Part | Sentence) -> Sentence:
    """Put parts into a template with their names in braces: ``{best} lost {loss}``.

    Raises:
        KeyError: A name in the template has no part.
    """
    written: list[Part] = []
    for i, piece in enumerate(template.replace("}", "{").split("{")):
        given = parts[piece] if i % 2 else Part(piece)
        written += given if isinstance(given, tuple) else [given]
    return tuple(part for part in written if part.text)


def listed(parts: Sequence[Sentence]) -> Sentence:
    """Join with commas, and the last with *and*."""
    joined: list[Part] = []
    for i, each in enumerate(parts):
        if i:
            joined.append(Part(" and " if i == len(parts) - 1 else ", "))
        joined += each
    return tuple(joined)


def counts(by_group: Mapping[str, int]) -> Sentence:
    """Say how many of each group: ``84 reference and 36 biased``."""
    return listed([sentence("{n} {of}", n=number(n), of=group(name)) for name, n in by_group.items()])


def text_of(written: Sentence) -> str:
    """Write a sentence as plain text."""
    return "".join(part.text for part in written)
