"""Tiny settings, and the work done in this process."""

from dataclasses import replace

from fairal.config import ExperimentConfig
from fairal.facts.record import Cases, Record
from fairal.presets import preset
from fairal.runs.store import Store


def tiny_config(**changes) -> ExperimentConfig:
    """The smoke preset with changes to its fields; nested ones as dictionaries."""
    content = preset("smoke")[0].model_dump(mode="json")
    for name, value in changes.items():
        content[name] = {**content[name], **value} if isinstance(value, dict) else value
    return ExperimentConfig.model_validate(content)


def tiny_record(round_: int = 0, **changes) -> Record:
    """A record of two test cases and two labelled subjects, with changes to its fields."""
    columns = dict.fromkeys(("dice", "assd_mm", "hd95_mm", "surface_dice", "volume_error"), (0.5, 0.25))
    cases = Cases(("a", "b"), ("reference", "biased"), volume_mm3=(9.0, 9.0), predicted_mm3=(8.0, 8.0), **columns)
    blank = Record(
        round=round_, labelled=("a", "b"), labelled_by_group={"reference": 1, "biased": 1}, labelled_mm3=18.0,
        picked=None, weights={"reference": 1.0, "biased": 1.0}, labelled_dice={"reference": 0.5, "biased": 0.25},
        losses=(0.5,), test=cases, labelled_cases=cases, fit="f", cached=False, seconds={"fit": 1.0}, device="cpu",
        threads=1, torch="2",
    )  # fmt: skip
    return replace(blank, **changes)


def work_off(store: Store) -> None:
    """Work off everything that is queued, in this process, on one thread."""
    from fairal.runs.worker import Worker

    assert Worker(store, threads=1).work(slot=0)
