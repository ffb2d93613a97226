"""What this machine has, and how fast it fits: for a person who wonders, and for reports of faults."""

import platform
import shutil
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from fairal import __version__, settings
from fairal.allowed import READ_ONLY
from fairal.errors import FairalError
from fairal.presets import preset
from fairal.runs.crew import team
from fairal.runs.locks import is_locked, try_lock
from fairal.runs.shelf import entries
from fairal.runs.standing import live_workers
from fairal.runs.store import Store

PACKAGES = ("torch", "monai", "nibabel", "nilearn", "numpy", "scipy", "pandas", "altair", "streamlit", "pydantic")


def examine(store: Store, measure: bool = True) -> dict:
    """Collect versions, devices, disk, workers and sizes; with `measure`, train one demo-sized fit.

    On a read-only server nothing is tried or trained, and the facts say so.

    Returns:
        JSON-ready facts by name.
    """
    import torch

    size = team()
    facts = {
        "fairal": __version__,
        "python": sys.version.split()[0],
        "system": f"{platform.system()} {platform.machine()}",
        "packages": {name: _version(name) for name in PACKAGES},
        "devices": _devices(torch),
        "workers": f"{size.workers} of {size.threads} thread(s), {live_workers(store)} alive",
        "home": str(store.home),
        "locks": _locks(store),
        "free_disk_gb": round(shutil.disk_usage(_there(store.home)).free / 1e9, 1),
        "cache_mb": round(sum(size for _, size, _ in entries(store)) / 1e6, 1),
        "cache_cap_gb": settings.cache_bytes() / 1e9,
        "volumes_mb": {name: round(size / 1e6, 1) for name, size in store.volume_sizes().items()},
    }
    if measure and settings.read_only():
        facts["fit"] = f"not measured. {READ_ONLY}"
    elif measure:
        facts |= _measured(torch, size.threads)
    return facts


def _locks(store: Store) -> str:
    """Try what everything rests on: a second holder is kept out, and a lock is free once it is let go."""
    if settings.read_only():
        return f"not tried. {READ_ONLY}"
    path = store.workers_dir / "doctor.lock"
    try:
        first = try_lock(path)
        if first is None:
            return "not tried: somebody else tries them right now"
        second = try_lock(path)
        first.release()
        if second is not None:
            second.release()
            return "a second holder was let in: runs could be computed twice; choose a --home on a local disk"
        return "a lock stayed held after it was let go" if is_locked(path) else "hard locks work"
    except (FairalError, OSError) as error:
        return str(error)


def _there(folder: Path) -> Path:
    """Give a folder, or the nearest above it that is there: a read-only server makes no home."""
    return next(place for place in (folder, *folder.parents) if place.exists())


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _devices(torch) -> list[str]:
    names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return names + (["mps"] if torch.backends.mps.is_available() else []) + ["cpu"]


def _measured(torch, threads: int) -> dict:
    from fairal.learner.fit import fit
    from fairal.learner.network import choose_device

    config, device = preset("demo")[0], choose_device()
    torch.set_num_threads(threads)
    generator = torch.Generator().manual_seed(0)
    volumes = torch.randn(6, *config.cohort.shape, generator=generator).to(device)
    masks = (torch.randn(6, *config.cohort.shape, generator=generator) > 2.2).to(device)
    started = time.perf_counter()
    fit(volumes, masks, config.learner, seed=0)
    return {
        "seconds_per_fit": round(time.perf_counter() - started, 2),
        "fit": f"the demo's {config.learner.steps} steps on {device}, {threads} thread(s), n = 1",
    }
