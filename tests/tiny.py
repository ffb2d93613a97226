"""Tiny settings, and the work done in this process."""

from fairal.config import ExperimentConfig
from fairal.presets import preset
from fairal.runs.store import Store


def tiny_config(**changes) -> ExperimentConfig:
    """The smoke preset with changes to its fields; nested ones as dictionaries."""
    content = preset("smoke")[0].model_dump(mode="json")
    for name, value in changes.items():
        content[name] = {**content[name], **value} if isinstance(value, dict) else value
    return ExperimentConfig.model_validate(content)


def work_off(store: Store) -> None:
    """Work off everything that is queued, in this process, on one thread."""
    from fairal.runs.worker import Worker

    assert Worker(store, threads=1).work(slot=0)
