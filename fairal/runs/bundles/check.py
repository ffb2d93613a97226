"""All of a bundle is read once before it is taken in, in bounded memory: what is accepted can be shown."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from fairal.config import ExperimentConfig
from fairal.facts.record import Cases, Record
from fairal.runs.bundles.archive import Unsound
from fairal.runs.bundles.arrays import SUBJECT_ARRAYS, read_arrays, round_arrays, unpacked_bytes
from fairal.runs.bundles.bundle import Bundle
from fairal.runs.bundles.manifest import RECORDS, STATE, SUBJECT, VOLUMES
from fairal.runs.healing import rounds_of

MOST_VOLUME_BYTES = 16_000_000_000
"""Of all display volumes, unpacked: reading them takes a minute."""

_LENGTHS = ("assd_mm", "hd95_mm", "volume_mm3", "predicted_mm3")


def check(bundle: Bundle) -> None:
    """Read every member as it will be read when it is shown.

    Raises:
        Unsound: Something is not what its name, its checksum or the configuration says.
    """
    config = bundle.config()
    records = {run: _check_run(bundle, config, run) for run in _runs(bundle, config)}
    _check_same_test(config, records)
    _check_volumes(bundle, config, {run: len(rounds) for run, rounds in records.items()})


def _runs(bundle: Bundle, config: ExperimentConfig) -> Iterator[str]:
    asked = {f"{arm}-{seed}" for arm, seed, _ in config.runs()}
    for pattern in (STATE, RECORDS):
        if {match["run"] for name in bundle.members if (match := pattern.fullmatch(name))} != set(bundle.manifest.runs):
            raise Unsound("its runs are not those that its manifest names")
    for run in bundle.manifest.runs:
        if run not in asked:
            raise Unsound(f"its configuration asks for no run {run}")
        yield run


def _check_run(bundle: Bundle, config: ExperimentConfig, run: str) -> tuple[Record, ...]:
    """Check a run's state and records; returns these."""
    state, records = bundle.state(run), bundle.records(run)
    if state.state != bundle.manifest.runs[run]:
        raise Unsound(f"run {run} did not end as its manifest says")
    if state.rounds_done != len(records) or len(records) > config.query.rounds + 1:
        raise Unsound(f"run {run} has {len(records)} records, its state says {state.rounds_done}")
    role = next(role for arm, seed, role in config.runs() if f"{arm}-{seed}" == run)
    if state.state == "done" and len(records) != rounds_of(config, role):
        raise Unsound(f"run {run} is done after {len(records)} of {rounds_of(config, role)} rounds")
    for before, record in zip((None, *records), records, strict=False):
        _check_names(record, run, set(config.cohort.group_names))
        _check_groups(record, run, config.cohort.group_names, all_labelled=role == "strategy")
        _check_numbers(record, run)
        if before is not None and record.labelled != (*before.labelled, *before.picked_ids):
            raise Unsound(f"round {record.round} of run {run} does not go on from the one before it")
    return records


def _check_same_test(config: ExperimentConfig, records: Mapping[str, Sequence[Record]]) -> None:
    """All arms of a seed are tested on the same subjects: they are compared case by case."""
    tested: dict[int, tuple] = {}
    for arm, seed, _ in config.runs():
        run = f"{arm}-{seed}"
        for record in records.get(run, ()):
            of = record.test.id, record.test.group
            if tested.setdefault(seed, of) != of:
                raise Unsound(f"run {run} was tested on other subjects than another run of its seed")


def _check_groups(record: Record, run: str, groups: Sequence[str], all_labelled: bool) -> None:
    """Check that a round tells of every group; a reference may have labelled one alone."""
    where = f"round {record.round} of run {run}"
    if not set(groups) <= set(record.test.group) or len(set(record.test.id)) != len(record.test.id):
        raise Unsound(f"the test set in {where} lacks a group, or holds a subject twice")
    of_groups = (record.labelled_by_group, record.weights, record.labelled_dice)
    if all_labelled and any(set(means) != set(groups) for means in of_groups):
        raise Unsound(f"{where} does not tell weight, labels and Dice of each group")


def _check_numbers(record: Record, run: str) -> None:
    low = [0.0, record.labelled_mm3, record.threads - 1, *record.labelled_by_group.values(), *record.weights.values()]
    shares = list(record.labelled_dice.values())
    for table in _tables(record):
        shares += [v for name in ("dice", "surface_dice") for v in table.of(name) if v is not None]
        low += [v for name in _LENGTHS for v in table.of(name) if v is not None]
    if min(low) < 0 or not all(0 <= share <= 1 for share in shares):
        raise Unsound(f"round {record.round} of run {run} holds a number that cannot be")


def _tables(record: Record) -> list[Cases]:
    return [table for table in (record.test, record.labelled_cases, record.held_out) if table is not None]


def _check_names(record: Record, run: str, groups: set[str]) -> None:
    tables = _tables(record)
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
