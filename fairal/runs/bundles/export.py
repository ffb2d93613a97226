"""Write a finished experiment of a home as a bundle."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from fairal.config import ExperimentConfig
from fairal.errors import InputError
from fairal.facts.record import SCHEMA, Record
from fairal.facts.state import RunState
from fairal.files import replacing
from fairal.runs.bundles.archive import Unsound
from fairal.runs.bundles.bundle import Bundle
from fairal.runs.bundles.check import check
from fairal.runs.bundles.manifest import EXPERIMENT, MANIFEST, SUFFIX, Manifest, Member
from fairal.runs.bundles.provenance import provenance_of
from fairal.runs.store import RunKey, Store

VOLUMES = ("some", "tested", "all", "none")


@dataclass(frozen=True)
class Wanted:
    """Which display volumes go into a bundle; subjects go with the rounds that show them.

    Attributes:
        volumes: ``some``: of the first seed; ``tested``: likewise, with the test subjects' scans alone, which are few;
            ``all`` that are there; ``none``.
        arms: Of these alone; empty for all.

    Raises:
        InputError: There is no such choice.
    """

    volumes: str = "some"
    arms: Collection[str] = ()

    def __post_init__(self) -> None:
        if self.volumes not in VOLUMES:
            raise InputError(f"--volumes must be one of {', '.join(VOLUMES)}, got '{self.volumes[:20]}'.")

    def of(self, config: ExperimentConfig, key: RunKey) -> bool:
        """Say whether a run's volumes are wanted."""
        seeds = {"all": config.seeds, "none": ()}.get(self.volumes, config.seeds[:1])
        return key.seed in seeds and (not self.arms or str(key.arm) in self.arms)


def export(store: Store, experiment: str, out: Path, wanted: Wanted | None = None) -> Manifest:
    """Write an experiment as a bundle, whole or not at all; what was written is read back and checked.

    Args:
        store: Its home.
        experiment: Its id.
        out: A new file, ``*.fairal.zip``.
        wanted: Which display volumes; None for those of the first seed.

    Raises:
        InputError: The file's name will not do, a run has not ended, or an arm is none of the experiment's.
        Damaged: A run's files are; nothing is written.
    """
    wanted = wanted or Wanted()
    if not out.name.endswith(SUFFIX) or out.exists() or not out.parent.is_dir():
        raise InputError(f"--out must be a new file in a folder that is there, and end with {SUFFIX}; got {out}.")
    config, about = store.config(experiment), store.about(experiment)
    if unknown := set(wanted.arms) - {arm for arm, _, _ in config.runs()}:
        raise InputError(f"--volumes-of must name strategies of {experiment}, got '{min(unknown)[:60]}'.")
    runs = {key: _ended(store, key) for key in store.runs(experiment)}
    records = {key: store.rounds(key) for key in runs}
    shown = [(key, record) for key in runs if wanted.of(config, key) for record in records[key]]
    described = {"schema": SCHEMA, "id": experiment, "created": about["created"]}
    files = chain(
        [(EXPERIMENT, _json(described | {"config": config.model_dump(mode="json")}))],
        _run_files(runs, records),
        _volume_files(store, experiment, shown, tested=wanted.volumes == "tested"),
    )
    with replacing(out) as file, ZipFile(file, "w") as archive:
        members = {name: _add(archive, name, content) for name, content in files}
        made_by = provenance_of(chain.from_iterable(records.values()), len(config.seeds))
        ends = {key.run: state.state for key, state in runs.items()}
        manifest = Manifest(experiment, config.name, about["created"], ends, made_by, members)
        _add(archive, MANIFEST, manifest.as_bytes())
    _read_back(out, experiment)
    return manifest


def _read_back(out: Path, experiment: str) -> None:
    try:
        with Bundle(out) as bundle:
            check(bundle)
    except Unsound as error:
        out.unlink()
        raise InputError(f"{experiment} cannot be exported: {error}.") from None


def _ended(store: Store, key: RunKey) -> RunState:
    state = store.state(key)
    if not state.ended:
        shown = store.shown_state(key, state)
        raise InputError(f"Run {key.run} of {key.experiment} is {shown}; wait until it is done, or cancel it.")
    return state


def _run_files(runs: dict[RunKey, RunState], records: dict[RunKey, tuple[Record, ...]]) -> Iterator[tuple[str, bytes]]:
    for key, state in runs.items():
        yield f"runs/{key.run}/state.json", _json(state.as_json())
        yield f"runs/{key.run}/rounds.jsonl", b"".join(record.as_line().encode() + b"\n" for record in records[key])


def _volume_files(
    store: Store, experiment: str, shown: list[tuple[RunKey, Record]], tested: bool
) -> Iterator[tuple[str, bytes]]:
    subjects = {}
    for key, record in shown:
        volumes = store.volumes(key, record.round)
        if volumes is not None:
            names = [name for name in volumes.probability if not tested or record.test.position(name) is not None]
            subjects |= {store.subject_file(experiment, key.seed, name): None for name in names}
            file = store.volumes_file(key, record.round)
            yield f"runs/{key.run}/volumes/{file.name}", file.read_bytes()
    for file in subjects:
        if file.is_file():
            yield f"subjects/{file.name}", file.read_bytes()


def _json(content: dict) -> bytes:
    return json.dumps(content, indent=1, allow_nan=False).encode()


def _add(archive: ZipFile, name: str, content: bytes) -> Member:
    member = ZipInfo(name)  # of no date: equal content gives equal bytes
    member.external_attr = 0o100644 << 16
    packing = ZIP_STORED if name.endswith(".npz") else ZIP_DEFLATED
    archive.writestr(member, content, packing, 9)
    return Member.of(content)
