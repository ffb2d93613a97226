"""Which subjects can be opened on Slices, and what is set against what. Nothing here draws."""

from collections import Counter
from collections.abc import Sequence

from fairal.facts.record import Record
from fairal.facts.worst import worst_of_each_group
from fairal.report.arms import arm_label
from fairal.report.results import RunResult
from fairal.runs.reader import Reader
from fairal.ui.viewer import Side

FOLLOWED, WORST, PICKED = "followed through all rounds", "worst served at the end", "picked for labelling"
ARMS, TWINS, ROUNDS = "two arms", "twins", "first and last round"
WORST_OF_A_GROUP = 3


def subjects_of(reader: Reader, runs: Sequence[RunResult]) -> dict[str, str]:
    """The subjects whose volumes these runs kept: test subjects first, then the picked; with what a person reads."""
    test: dict[str, str] = {}
    picked: dict[str, str] = {}
    for run in runs:
        for record in run.records:
            volumes = reader.volumes(run.key, record.round)
            if volumes is None:
                continue
            test |= {case: text for case, text in _test_words(record).items() if case in volumes.probability}
            for pick in record.picked or ():
                if pick.id in volumes.probability:
                    picked.setdefault(pick.id, f"{pick.id}, {pick.group} (picked in round {record.round})")
    return test | dict(sorted(picked.items()))


def choices_of(reader: Reader, runs: Sequence[RunResult]) -> dict[str, dict[str, str]]:
    """Sort those subjects by what makes them worth opening; a choice without any is left out.

    Args:
        reader: Of the volumes.
        runs: The first one says who is served worst.
    """
    words = subjects_of(reader, runs)
    records = runs[0].records
    cases = set(records[-1].test.id)
    early, late = (_kept(reader, runs[0], record) for record in (records[0], records[-1]))
    tested = [i for i in words if i in cases]
    followed = tested if early is None else [i for i in tested if i in early]
    at_the_end = [i for i in tested if i in (late or ())]
    worst = [i for i in worst_of_each_group(records[-1].test, WORST_OF_A_GROUP) if i in at_the_end]
    of = {
        FOLLOWED: followed,
        WORST: [*worst, *(i for i in at_the_end if i not in worst and i not in followed)],
        PICKED: [i for i in words if i not in cases],
    }
    return {choice: {i: words[i] for i in ids} for choice, ids in of.items() if ids}


def _kept(reader: Reader, run: RunResult, record: Record) -> frozenset[str] | None:
    """Whose volumes a round kept; None where it kept none."""
    volumes = reader.volumes(run.key, record.round)
    return None if volumes is None else frozenset(volumes.probability)


def twin_of(record: Record, subject: str) -> str | None:
    """Find a test subject's twin in a matched cohort: the same place in the next group; None for anybody else."""
    test = record.test
    at = test.position(subject)
    groups = list(dict.fromkeys(test.group))
    if at is None or len(groups) < 2:
        return None
    members = {g: [i for i, of in zip(test.id, test.group, strict=True) if of == g] for g in groups}
    own = test.group[at]
    other = members[groups[(groups.index(own) + 1) % len(groups)]]
    place = members[own].index(subject)
    return other[place] if place < len(other) else None


def sides_of(against: str, runs: Sequence[RunResult], subject: str, words: dict[str, str]) -> list[Side]:
    """Say what is left and what is right of the handle.

    Args:
        against: `ARMS`, `TWINS` or `ROUNDS`.
        runs: One or two.
        subject: Whose brain.
        words: What a person reads for every subject that was kept; a twin that was not is left out.
    """
    first, label = runs[0], arm_label(runs[0].strategy)
    if against == TWINS and (twin := twin_of(first.records[-1], subject)) in words:
        return [Side(first, who, f"{label}: {words[who]}", words[who]) for who in (subject, twin)]
    if against == ROUNDS:
        start = first.records[0].round
        return [Side(first, subject, f"{label}, at the start", words[subject], only=start),
                Side(first, subject, label, words[subject])]  # fmt: skip
    return [Side(run, subject, arm_label(run.strategy), words[subject]) for run in runs]


def _test_words(record: Record) -> dict[str, str]:
    """Name the test cases as a person counts them: each group's from 1, in the order of the record."""
    seen: Counter[str] = Counter()
    words = {}
    for case, group in zip(record.test.id, record.test.group, strict=True):
        seen[group] += 1
        words[case] = f"test {seen[group]}, {group}"
    return words
