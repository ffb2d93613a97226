"""What a bundle says of itself: whose experiment, by what it was computed, and the checksum of every member."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from fairal.runs.bundles.archive import Bounds, Unsound
from fairal.runs.paths import EXPERIMENT_ID, RUN_ID, SUBJECT_ID

FORMAT = 1
"""Of bundles; a newer one is refused with a sentence."""
SUFFIX = ".fairal.zip"
MANIFEST = "manifest.json"
EXPERIMENT = "experiment.json"

_RUN, _SUBJECT = (pattern.pattern.strip("^$") for pattern in (RUN_ID, SUBJECT_ID))
STATE = re.compile(rf"runs/(?P<run>{_RUN})/state\.json", re.ASCII)
RECORDS = re.compile(rf"runs/(?P<run>{_RUN})/rounds\.jsonl", re.ASCII)
VOLUMES = re.compile(rf"runs/(?P<run>{_RUN})/volumes/round-(?P<round>\d\d)\.npz", re.ASCII)
SUBJECT = re.compile(rf"subjects/(?P<seed>\d{{1,6}})-(?P<subject>{_SUBJECT})\.npz", re.ASCII)
BOUNDS = Bounds(
    sizes={
        re.compile(re.escape(MANIFEST)): 8_000_000,
        re.compile(re.escape(EXPERIMENT)): 1_000_000,
        STATE: 100_000,
        RECORDS: 64_000_000,
        VOLUMES: 128_000_000,
        SUBJECT: 64_000_000,
    },
    members=20_000,
    total_bytes=4_000_000_000,
    ratio=100.0,
)
"""Of a bundle. It lies as an experiment lies in a home, with a manifest beside it; records pack 3 : 1, volumes are
packed already."""

_STRICT = ConfigDict(allow_inf_nan=False, extra="ignore")
Count = Annotated[int, Field(ge=0)]


@dataclass(frozen=True)
class Provenance:
    """Where a bundle's numbers come from.

    Attributes:
        fairal: Version of the code that wrote the bundle.
        commit: Of that code, followed by ``+`` where files were changed; empty where it is not known.
        created: When the bundle was written, ISO 8601.
        processor, cores: Of the machine that wrote it.
        device, torch: What the rounds were computed on, each once.
        seeds, rounds: How many there are.
        seconds: Of computing, summed over the rounds.
    """

    __pydantic_config__ = _STRICT
    fairal: str
    commit: str
    created: str
    processor: str
    cores: Count
    device: tuple[str, ...]
    torch: tuple[str, ...]
    seeds: Count
    rounds: Count
    seconds: Annotated[float, Field(ge=0)]

    def sentence(self) -> str:
        """Say it to a person."""
        commit = f" ({self.commit[:12]}{'+' * self.commit.endswith('+')})" if self.commit else ""
        torch = f", torch {', '.join(self.torch)}" if self.torch else ""
        return (
            f"Written by fairal {self.fairal}{commit} on {self.created[:10]}, {self.processor}, {self.cores} cores: "
            f"{self.seeds} seed(s), {self.rounds} rounds, {self.seconds:.0f} s of computing on "
            f"{', '.join(self.device) or 'nothing yet'}{torch}."
        )


@dataclass(frozen=True)
class Member:
    """A file of a bundle: its size and checksum."""

    __pydantic_config__ = _STRICT
    bytes: Count
    blake2b: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]

    @classmethod
    def of(cls, content: bytes) -> "Member":
        """Measure a file's content."""
        return cls(len(content), blake2b(content, digest_size=16).hexdigest())


@dataclass(frozen=True)
class Manifest:
    """What a bundle says of itself.

    Attributes:
        experiment, name, created: Of the experiment; see `Snapshot`.
        runs: The state in which each run ended, by its id.
        members: Every other file, by name.
    """

    __pydantic_config__ = _STRICT
    experiment: Annotated[str, Field(pattern=EXPERIMENT_ID.pattern)]
    name: Annotated[str, Field(min_length=1, max_length=80)]
    created: Annotated[str, Field(max_length=40)]
    runs: dict[str, Literal["done", "failed", "cancelled"]]
    provenance: Provenance
    members: dict[str, Member]

    def as_bytes(self) -> bytes:
        """Write it as JSON."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, allow_nan=False).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> "Manifest":
        """Read what `as_bytes` wrote.

        Raises:
            Unsound: It is none, or of a newer format.
        """
        stated = read_text(content, MANIFEST).get("format")
        if not isinstance(stated, int) or stated < 1:
            raise Unsound(f"{MANIFEST} does not say its format")
        if stated > FORMAT:
            raise Unsound(f"it is of format {stated}, from a newer fairal; this one reads up to {FORMAT}")
        try:
            return _MANIFEST.validate_json(content)
        except ValueError:
            raise Unsound(f"{MANIFEST} is not what a bundle says of itself") from None


_MANIFEST = TypeAdapter(Manifest)


def read_text(content: bytes, name: str) -> dict[str, Any]:
    """Read a JSON object all of whose text can be shown.

    Raises:
        Unsound: It is none, or a text in it steers a terminal.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Unsound(f"{name} is not readable JSON")
    if any(not character.isprintable() for text in _texts(found) for character in text if character not in "\n\t"):
        raise Unsound(f"{name} holds text with control characters")
    return found


def _texts(content: Any) -> Iterator[str]:
    left = [content]  # not recursive: JSON may be nested deeper than Python's stack
    while left:
        item = left.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            left += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            left += item
