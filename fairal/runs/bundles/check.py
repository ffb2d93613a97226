"""All of a bundle is read once before it is taken in, in bounded memory: what is accepted can be shown."""

from collections.abc import Iterable, Iterator

from fairal.config import ExperimentConfig
from fairal.facts.record import Cases, Record
from fairal.runs.bundles.archive import Unsound
from fairal.runs.bundles.arrays import SUBJECT_ARRAYS, read_arrays, round_arrays, unpacked_bytes
from fairal.runs.bundles.bundle import Bundle
from fairal.runs.bundles.manifest import RECORDS, STATE, SUBJECT, VOLUMES

MOST_VOLUME_BYTES = 16_000_000_000
"""Of all display volumes, unpacked: reading them takes a minute."""


def check(bundle: Bundle) -> None:
    """Read every member as it will be read when it is shown.

    Raises:
        Unsound: Something is not what its name, its checksum or the configuration says.
    """
    config = bundle.config()
    rounds = {run: _check_run(bundle, config, run) for run in _runs(bundle, config)}
    _check_volumes(bundle, config, rounds)


def _runs(bundle: Bundle, config: ExperimentConfig) -> Iterator[str]:
    asked = {f"{arm}-{seed}" for arm, seed, _ in config.runs()}
    for pattern in (STATE, RECORDS):
        if {match["run"] for name in bundle.members if (match := pattern.fullmatch(name))} != set(bundle.manifest.runs):
            raise Unsound("its runs are not those that its manifest names")
    for run in bundle.manifest.runs:
        if run not in asked:
            raise Unsound(f"its configuration asks for no run {run}")
        yield run


def _check_run(bundle: Bundle, config: ExperimentConfig, run: str) -> int:
    """Check a run's state and records; returns how many rounds it has."""
    state, records = bundle.state(run), bundle.records(run)
    if state.state != bundle.manifest.runs[run]:
        raise Unsound(f"run {run} did not end as its manifest says")
    if state.rounds_done != len(records) or len(records) > config.query.rounds + 1:
        raise Unsound(f"run {run} has {len(records)} records, its state says {state.rounds_done}")
    for record in records:
        _check_names(record, run, set(config.cohort.group_names))
    return len(records)


def _check_names(record: Record, run: str, groups: set[str]) -> None:
    tables = [table for table in (record.test, record.labelled_cases, record.held_out) if table is not None]
    if unknown := _groups_named(record, tables) - groups:
        raise Unsound(f"run {run} names the group {min(unknown)[:40]!a}, which its configuration does not have")
    ids = {*record.labelled, *record.picked_ids}.union(*(table.id for table in tables))
    if wrong := [name for name in ids if len(name) > 128 or not name.isprintable() or {*"/\\"} & {*name}]:
        raise Unsound(f"run {run} names a subject {min(wrong)[:40]!a}")
    if not all(text.isprintable() for text in (record.fit, record.device, record.torch, *record.seconds)):
        raise Unsound(f"the records of run {run} hold text with control characters")


def _groups_named(record: Record, tables: Iterable[Cases]) -> set[str]:
    means = (record.labelled_by_group, record.weights, record.labelled_dice, *(record.fair_line or {}).values())
    return {pick.group for pick in record.picked or ()}.union(*means, *(table.group for table in tables))


def _check_volumes(bundle: Bundle, config: ExperimentConfig, rounds: dict[str, int]) -> None:
    shapes, total, of_rounds = set(), 0, round_arrays(config.cohort.group_names)
    for member in bundle.members:
        if match := VOLUMES.fullmatch(member):
            names, known = of_rounds, int(match["round"]) < rounds.get(match["run"], 0)
        elif match := SUBJECT.fullmatch(member):
            names, known = SUBJECT_ARRAYS, int(match["seed"]) in config.seeds
        else:
            continue
        if not known:
            raise Unsound(f"{member} belongs to no round and no seed")
        content = bundle.content(member)
        total += unpacked_bytes(content, names)
        if total > MOST_VOLUME_BYTES:
            raise Unsound(f"its volumes would unpack to more than {MOST_VOLUME_BYTES} bytes")
        arrays = read_arrays(content, names)
        if names is SUBJECT_ARRAYS and not {"t1", "truth"} <= set(arrays):
            raise Unsound(f"{member} lacks the scan or the mask")
        shapes |= {array.shape for name, array in arrays.items() if name != "context"}
        if len(shapes) > 1:
            raise Unsound(f"{member} has another shape than the volumes before it")
