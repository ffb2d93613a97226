"""Launch experiments; nothing here computes, nothing here imports torch."""

from fairal.cohort.folder.source import look_at
from fairal.config import ExperimentConfig
from fairal.runs.crew import Crew
from fairal.runs.crews.local import LocalCrew
from fairal.runs.store import Store


def launch(
    store: Store,
    configs: list[ExperimentConfig],
    token: str | None = None,
    linger_seconds: float = 0.0,
    crew: Crew | None = None,
) -> list[str]:
    """Write experiments and see to it that somebody works on them; returns at once.

    Args:
        store: Where they go.
        configs: One or more.
        token: The same token launches once, whatever is clicked.
        linger_seconds: How long workers stay afterwards.
        crew: Who computes; this machine's processes by default.

    Returns:
        The experiments' ids.
    """
    looked_at = [look_at(config, store.home) for config in configs]
    ids = [store.create(config, f"{token}-{i}" if token else None)[0] for i, config in enumerate(looked_at)]
    (crew or LocalCrew()).ensure(store, linger_seconds)
    return ids
