"""What killed writers left behind, found and removed; what somebody still writes is held, and stays."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from fairal.files import remove_abandoned
from fairal.runs.paths import Paths


def clear_litter(paths: Paths, experiments: Iterable[str]) -> int:
    """Remove what was left behind.

    Args:
        paths: The home.
        experiments: In which experiments to look; in everything else, always.

    Returns:
        The bytes freed.
    """
    return sum(map(remove_abandoned, _folders(paths, experiments)))


def _folders(paths: Paths, experiments: Iterable[str]) -> Iterator[Path]:
    yield from (paths.home, paths.experiments_dir, paths.workers_dir, paths.bundles_dir, *paths.cache_dirs.values())
    for collection in _inside(paths.home / "collections"):
        yield from (collection, collection / "volumes")
    for experiment in experiments:
        folder = paths.experiment_dir(experiment)
        yield from (folder, folder / "subjects")
        for run in _inside(folder / "runs"):
            yield from (run, run / "volumes")


def _inside(folder: Path) -> list[Path]:
    """List the folders in a folder; a link is none."""
    if not folder.is_dir() or folder.is_symlink():
        return []
    return [path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]
