"""A finished experiment as one file, read as a home is read; every member is held against its checksum."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from fairal.config import ExperimentConfig, parse_experiment
from fairal.errors import InputError
from fairal.facts.record import Record
from fairal.facts.state import RunState
from fairal.facts.volumes import RoundVolumes, SubjectVolumes
from fairal.runs.bundles.archive import Archive, Unsound
from fairal.runs.bundles.arrays import SUBJECT_ARRAYS, read_arrays, round_arrays
from fairal.runs.bundles.manifest import BOUNDS, EXPERIMENT, MANIFEST, Manifest, Member, read_text
from fairal.runs.journal import Damaged, parse_records
from fairal.runs.paths import RunKey
from fairal.runs.reader import RunFacts, Snapshot

_KEPT_FILES = 8  # of volumes, unpacked: those between which a person goes back and forth
_KEPT_SNAPSHOTS = 8


class Bundle:
    """One bundle. It is a `Reader` of the one experiment in it; the file stays open until `close`.

    Args:
        path: Of the file.

    Attributes:
        path: As given.
        manifest: What it says of itself.

    Raises:
        Unsound: It is no bundle.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._archive = Archive(path.open("rb"), BOUNDS)
        except OSError as error:
            raise Unsound(f"it cannot be read ({error.strerror or error})") from None
        try:
            if MANIFEST not in self._archive.sizes:
                raise Unsound(f"it has no {MANIFEST}, so it is no bundle of fairal")
            self.manifest = Manifest.from_bytes(self._archive.read(MANIFEST))
            self._check_members()
        except Unsound:
            self.close()
            raise
        self._volumes = lru_cache(_KEPT_FILES)(self._read_volumes)
        self._subject = lru_cache(_KEPT_FILES)(self._read_subject)

    def _check_members(self) -> None:
        there = {name: size for name, size in self._archive.sizes.items() if name != MANIFEST}
        said = {name: member.bytes for name, member in self.manifest.members.items()}
        if wrong := sorted(set(there.items()) ^ set(said.items())):
            raise Unsound(f"{wrong[0][0][:60]!a} is not as its manifest says")

    @property
    def id(self) -> str:
        """The experiment's id."""
        return self.manifest.experiment

    @property
    def members(self) -> tuple[str, ...]:
        """Names of all files but the manifest."""
        return tuple(self.manifest.members)

    def content(self, member: str) -> bytes:
        """Unpack a file.

        Raises:
            Unsound: It is not there, or not what its checksum says.
        """
        try:
            content = self._archive.read(member)
        except KeyError:
            raise Unsound(f"{member} is missing") from None
        if Member.of(content) != self.manifest.members[member]:
            raise Unsound(f"{member} is damaged: its checksum is another")
        return content

    def config(self) -> ExperimentConfig:
        """Read the configuration.

        Raises:
            Unsound: It is none, or of another experiment than the manifest says.
        """
        about = read_text(self.content(EXPERIMENT), EXPERIMENT)
        try:
            config = parse_experiment(about.get("config"))
        except InputError as error:
            raise Unsound(f"its configuration is not valid: {error}") from None
        said = (self.manifest.experiment, self.manifest.created, self.manifest.name)
        if (about.get("id"), about.get("created"), config.name) != said:
            raise Unsound(f"{EXPERIMENT} is of another experiment than {MANIFEST}")
        return config

    def state(self, run: str) -> RunState:
        """Read how a run ended."""
        member = f"runs/{run}/state.json"
        try:
            return RunState.from_json(read_text(self.content(member), member))
        except ValueError:
            raise Unsound(f"{member} is no state of a run") from None

    def records(self, run: str) -> tuple[Record, ...]:
        """Read a run's records."""
        member = f"runs/{run}/rounds.jsonl"
        try:
            return parse_records(self.content(member).splitlines())
        except ValueError as error:
            raise Unsound(f"{member} is {error}") from None

    # ------------------------------------------------------------------ as a Reader

    def experiments(self) -> list[str]:
        """See `Reader.experiments`: the one that is in it."""
        return [self.id]

    def snapshot(self, experiment: str) -> Snapshot:
        """See `Reader.snapshot`; the last ones read are remembered."""
        with self._reading(experiment):
            return _snapshot(self)

    def volumes(self, key: RunKey, round_: int) -> RoundVolumes | None:
        """See `Reader.volumes`."""
        with self._reading(key.experiment):
            return self._volumes(f"runs/{key.run}/volumes/round-{round_:02d}.npz")

    def subject(self, experiment: str, seed: int, subject: str) -> SubjectVolumes | None:
        """See `Reader.subject`."""
        with self._reading(experiment):
            return self._subject(f"subjects/{seed}-{subject}.npz")

    def close(self) -> None:
        """Close the file; nothing can be read after it."""
        self._archive.close()

    def __enter__(self) -> "Bundle":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def _read_volumes(self, member: str) -> RoundVolumes | None:
        if member not in self.manifest.members:
            return None
        names = round_arrays(_snapshot(self).config.cohort.group_names)
        return RoundVolumes.from_arrays(read_arrays(self.content(member), names))

    def _read_subject(self, member: str) -> SubjectVolumes | None:
        if member not in self.manifest.members:
            return None
        try:
            return SubjectVolumes.from_arrays(read_arrays(self.content(member), SUBJECT_ARRAYS))
        except KeyError as error:
            raise Unsound(f"{member} lacks {error}") from None

    @contextmanager
    def _reading(self, experiment: str) -> Iterator[None]:
        if experiment != self.id:
            raise InputError(f"There is no experiment '{experiment[:64]}' in {self.path.name}.")
        try:
            yield
        except Unsound as error:
            raise Damaged(f"The bundle {self.path.name} is damaged: {error}.") from None


@lru_cache(_KEPT_SNAPSHOTS)
def _snapshot(bundle: Bundle) -> Snapshot:
    config, facts = bundle.config(), []
    for arm, seed, role in config.runs():
        key = RunKey(bundle.id, f"{arm}-{seed}")
        if key.run not in bundle.manifest.runs:
            continue
        try:
            state, records = bundle.state(key.run), bundle.records(key.run)
        except Unsound as error:
            reason = f"The bundle is damaged: {error}."
            facts.append(RunFacts(key, role, RunState("failed", reason=reason), "damaged", reason, ()))
        else:
            facts.append(RunFacts(key, role, state, state.state, state.reason, records))
    return Snapshot(bundle.id, bundle.manifest.created, config, tuple(facts))
