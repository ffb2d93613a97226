"""A made-up experiment whose story can be worked out by hand: four matched pairs, a start and one round."""

from dataclasses import replace

from tiny import tiny_config, tiny_record

from fairal.facts.record import Cases, Pick, Record
from fairal.fairness.judgement import judge
from fairal.report.results import ExperimentResult, RunResult
from fairal.runs.paths import RunKey

GROUPS = ("reference", "biased")
SPREAD = (-0.12, 0.04, 0.04, 0.04)
"""Of the four pairs around their group's mean, which it leaves where it is."""
START = {"dice": (0.85, 0.75), "surface_dice": (0.8, 0.7)}
FINAL = {
    "entropy": {"dice": (0.9, 0.8), "surface_dice": (0.85, 0.75)},
    "weighted_entropy": {"dice": (0.84, 0.83), "surface_dice": (0.7, 0.8)},
    "worst_group_random": {"dice": (0.84, 0.832), "surface_dice": (0.7, 0.8)},
    "parity+balanced": {"dice": (0.895, 0.86), "surface_dice": (0.845, 0.84)},
}
"""Group means of each arm after its round."""
PICKED = {"entropy": "reference", "parity+balanced": "reference"}
"""Whom an arm picks; the others pick the biased group."""
SWAY = {"entropy": 1.0, "worst_group_random": -1.0}
"""By how many thousandths the biased group's mean goes up with each seed; half a thousandth for the others."""


def cases(means: dict[str, tuple[float, float]], shift: float = 0.0) -> Cases:
    """Eight test cases around two group means; the biased group's shifted."""
    ids = tuple(f"t{i}{group}" for i in range(4) for group in GROUPS)
    columns = {
        measure: tuple(mean + spread + shift * place for spread in SPREAD for place, mean in enumerate(own))
        for measure, own in means.items()
    }
    others = dict.fromkeys(("assd_mm", "hd95_mm", "volume_error"), (0.5,) * 8)
    volumes = {"volume_mm3": (4000.0, 2000.0) * 4, "predicted_mm3": (4000.0, 2000.0) * 4}
    return Cases(id=ids, group=GROUPS * 4, **columns, **others, **volumes)


def records(arm: str, seed: int, final: dict[str, tuple[float, float]]) -> list[Record]:
    """The start and one round: two reference and one biased subject are labelled, then two more."""
    of = PICKED.get(arm, "biased")
    picks = tuple(Pick(f"pool{of}{i}", of) for i in range(2))
    labelled = {"poolreference0": "reference", "poolreference9": "reference", "poolbiased9": "biased"}
    if of == "reference":
        picks = (replace(picks[0], id="poolreference1"), replace(picks[1], id="poolreference2"))
    later = labelled | {pick.id: pick.group for pick in picks}
    shift = 0.001 * (seed % 5 - 2) * SWAY.get(arm, 0.5)
    return [
        _record(0, labelled, picks, cases(START)),
        _record(1, later, None, cases(final, shift)),
    ]


def _record(round_: int, labelled: dict[str, str], picked: tuple[Pick, ...] | None, test: Cases) -> Record:
    blank = dict.fromkeys(("dice", "assd_mm", "hd95_mm", "surface_dice", "volume_error"), (0.5,) * len(labelled))
    volumes = dict.fromkeys(("volume_mm3", "predicted_mm3"), (1000.0,) * len(labelled))
    own = Cases(id=tuple(labelled), group=tuple(labelled.values()), **blank, **volumes)
    counts = {group: list(labelled.values()).count(group) for group in GROUPS}
    return tiny_record(
        round_, labelled=tuple(labelled), labelled_by_group=counts, picked=picked, test=test, labelled_cases=own
    )


def made_up(final: dict = FINAL, seeds: tuple[int, ...] = (0, 1, 2, 3, 4), **changes) -> ExperimentResult:
    """The experiment, as if it had been read: its arms as in `final`, with changes to its configuration."""
    settings = {"name": "made up", "query": {"rounds": 1}, "strategies": list(final), "seeds": list(seeds)}
    config = tiny_config(**settings | changes)
    runs = []
    for arm, means in final.items():
        for seed in seeds:
            own = records(arm, seed, means)
            key = RunKey("made-up-20260101-abcdef", f"{arm}-{seed}")
            judged = [judge(record, GROUPS) for record in own]
            runs.append(RunResult(key, arm, seed, "strategy", "done", "", judged, own))
    return ExperimentResult("made-up-20260101-abcdef", "2026-01-01", config, runs)
