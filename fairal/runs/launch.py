"""Launch experiments; nothing here computes, nothing here imports torch."""

from fairal.allowed import changes
from fairal.cohort.folder.source import look_at
from fairal.config import ExperimentConfig
from fairal.runs.costs import ask_first
from fairal.runs.crew import Crew
from fairal.runs.crews.engine import check_reachable, crew_of
from fairal.runs.quota import within_quota
from fairal.runs.store import Store


@changes
def launch(
    store: Store,
    configs: list[ExperimentConfig],
    token: str | None = None,
    linger_seconds: float = 0.0,
    crew: Crew | None = None,
    confirmed: bool = False,
) -> list[str]:
    """Write experiments and see to it that somebody works on them; returns at once.

    Whoever calls, the limits are checked here: form, command line and program get the same answer.

    Args:
        store: Where they go.
        configs: One or more.
        token: The same token launches once, whatever is clicked.
        linger_seconds: How long workers stay afterwards.
        crew: Who computes; FAIRAL_ENGINE's by default.
        confirmed: A person has heard what is doubtful, and wants it all the same.

    Returns:
        The experiments' ids.

    Raises:
        NeedsYes: It would not fit into memory or onto the disk, or takes over a day, and nobody has confirmed it.
        InputError: It can never work, or more runs would wait than this server takes.
        RunError: Whoever would compute it cannot be reached.
        ReadOnly: The server is read only.
    """
    crew = crew or crew_of()
    check_reachable(crew)
    looked_at = [look_at(config, store.home) for config in configs]
    for config in looked_at:
        store.check_disk(config)
    if not confirmed:
        ask_first(store, looked_at, here=crew.here)
    with within_quota(store, sum(len(config.runs()) for config in looked_at)):
        ids = [store.create(config, f"{token}-{i}" if token else None)[0] for i, config in enumerate(looked_at)]
    crew.ensure(store, linger_seconds)
    return ids
