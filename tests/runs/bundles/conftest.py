import pytest
from kept import EXPERIMENT, kept_home, members_of

from fairal.runs.bundles.export import export
from fairal.runs.store import Store


@pytest.fixture(scope="session")
def kept(tmp_path_factory) -> Store:
    """A home with one finished experiment."""
    return kept_home(tmp_path_factory.mktemp("kept") / "home")


@pytest.fixture(scope="session")
def sound(kept, tmp_path_factory):
    """Its bundle."""
    path = tmp_path_factory.mktemp("sound") / "smoke.fairal.zip"
    export(kept, EXPERIMENT, path)
    return path


@pytest.fixture(scope="session")
def members(sound) -> dict[str, bytes]:
    """The bundle's files."""
    return members_of(sound)
