"""Which crew computes: chosen by name, on the command line or in the environment."""

from fairal import settings
from fairal.runs.crew import Crew
from fairal.runs.crews.local import LocalCrew
from fairal.runs.crews.ray import RayCrew


def check_reachable(crew: Crew) -> None:
    """Check that a crew which works elsewhere can be reached, before anything is queued for it.

    Raises:
        RunError: It cannot.
    """
    if isinstance(crew, RayCrew):
        crew.check_reachable()


def crew_of(engine: str | None = None) -> Crew:
    """Give the crew of an engine's name, by default of FAIRAL_ENGINE.

    Raises:
        InputError: There is no such engine, or what it needs is not installed.
    """
    named = settings.engine() if engine is None else settings.check_engine(engine, "--on")
    return LocalCrew() if named == "local" else RayCrew(named)
