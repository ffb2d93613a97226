"""The catalog: complete, and a colour for each strategy that everybody can tell from the others."""

import itertools

import numpy as np
import pytest

from fairal.report.colours import GROUP_COLOURS, strategy_colours
from fairal.strategies.catalog import CATALOG, HEADLINE, PAPER_SET, label

# Machado, Oliveira & Fernandes 2009, severity 1, on linear RGB.
SIGHT = {
    "all cones": np.eye(3),
    "no long cones": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "no middle cones": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def linear(colour: str) -> np.ndarray:
    srgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE Lab under D65; a step of 2 can just be seen."""
    f = np.cbrt(XYZ @ np.clip(rgb, 0, 1) / (0.95047, 1, 1.08883))
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_white_and_red_are_where_they_should_be():
    assert lab(linear("#FFFFFF")) == pytest.approx([100, 0, 0], abs=0.01)
    assert lab(linear("#FF0000")) == pytest.approx([53.24, 80.09, 67.20], abs=0.02)


@pytest.mark.parametrize("sight", SIGHT)
def test_everybody_can_tell_strategies_from_each_other_and_from_groups(sight):
    own = [entry.colour for entry in CATALOG.values()]
    seen = {colour: lab(SIGHT[sight] @ linear(colour)) for colour in (*own, *GROUP_COLOURS)}
    for a, b in itertools.combinations(own, 2):
        assert np.linalg.norm(seen[a] - seen[b]) > 14, (a, b)
    for a, b in itertools.product(own, GROUP_COLOURS):
        assert np.linalg.norm(seen[a] - seen[b]) > 12, (a, b)


def test_colours_can_be_seen_on_light_and_on_dark_grounds():
    for entry in CATALOG.values():
        luminance = XYZ[1] @ linear(entry.colour)
        assert 1.05 / (luminance + 0.05) >= 2, entry.id
        assert (luminance + 0.05) / (XYZ[1] @ linear("#0E1117") + 0.05) >= 2.4, entry.id


def test_the_charts_take_their_colours_from_the_catalog():
    assert strategy_colours().items() >= {entry.id: entry.colour for entry in CATALOG.values()}.items()


def test_the_catalog_is_complete():
    assert len(CATALOG) == 16
    assert set(PAPER_SET) <= set(CATALOG)
    assert all(entry.source and entry.label and entry.id == name for name, entry in CATALOG.items())
    assert (HEADLINE, CATALOG[HEADLINE].source) == ("weighted_entropy", CATALOG["masked_entropy"].source)
    assert label("reference_only") == "Reference group only"
