"""Bundles: finished experiments as one file, to hand over or to ship. Facts only: nothing in one is ever executed."""

from fairal.runs.bundles.bundle import Bundle
from fairal.runs.bundles.manifest import SUFFIX, Manifest, Provenance

__all__ = ["SUFFIX", "Bundle", "Manifest", "Provenance"]
