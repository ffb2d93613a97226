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
        token: The same token launches once, whatever is clicked; what it has launched is neither asked about again
            nor counted twice.
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
    tokens = [f"{token}-{i}" if token else None for i in range(len(configs))]
    if token and None not in (there := [store.launched(each) for each in tokens]):
        crew.ensure(store, linger_seconds)
        return there
    check_reachable(crew)
    looked_at = [look_at(config, store.home) for config in configs]
    for config in looked_at:
        store.check_disk(config)
    if not confirmed:
        ask_first(store, looked_at, here=crew.here)
    ids = _write(store, looked_at, tokens)
    crew.ensure(store, linger_seconds)
    return ids


def _write(store: Store, configs: list[ExperimentConfig], tokens: list[str | None]) -> list[str]:
    """Write what its token has not launched yet, within the quota; gives the ids of all."""

    def still_new() -> int:
        new = (config for config, each in zip(configs, tokens, strict=True) if not (each and store.launched(each)))
        return sum(len(config.runs()) for config in new)

    with within_quota(store, still_new):
        return [store.create(config, each)[0] for config, each in zip(configs, tokens, strict=True)]
