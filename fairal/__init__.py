"""fairal: fair active learning in brain segmentation."""

from importlib import import_module

__version__ = "0.1.0"

_PUBLIC = {
    "active_learning": "fairal.loop.run",
    "build_cohort": "fairal.cohort.synthetic.draw",
    "ExperimentConfig": "fairal.config",
    "FairalError": "fairal.errors",
    "InputError": "fairal.errors",
    "Picks": "fairal.strategies.pool",
    "Pool": "fairal.strategies.pool",
    "preset": "fairal.presets",
}
__all__ = [*_PUBLIC, "__version__"]


def __getattr__(name: str):
    # Loaded on first use: a page that only reads results must not bring torch into its process.
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'fairal' has no attribute '{name}'")
