import numpy as np
import torch

from fairal.cohort.synthetic.deform import Grid
from fairal.cohort.synthetic.scan import SIGMA, SIGMA_SD, Scan, draw_scan

GRID = Grid((-30.0, -30.0, -30.0), 1.5, (40, 40, 40))


def flat_scan(sigma: float) -> Scan:
    noise = sigma * torch.randn(2, *GRID.shape, generator=torch.Generator().manual_seed(0))
    return Scan(1.0, sigma, torch.ones(GRID.shape), noise)


def test_air_shows_rayleigh_noise_and_nothing_is_negative():
    air = flat_scan(0.03).expose(torch.zeros(GRID.shape))
    assert air.min() >= 0
    assert abs(float(air.mean()) - 0.03 * np.sqrt(np.pi / 2)) < 2e-4
    assert abs(float(air.std()) - 0.03 * np.sqrt(2 - np.pi / 2)) < 2e-4


def test_tissue_shows_nearly_gaussian_noise_a_little_brighter_than_the_tissue():
    bright = flat_scan(0.03).expose(torch.full(GRID.shape, 0.8))
    assert abs(float(bright.mean()) - (0.8 + 0.03**2 / (2 * 0.8))) < 5e-4  # Rice's mean at a high signal
    assert abs(float(bright.std()) - 0.03) < 3e-4


def test_without_noise_the_tissue_comes_back():
    tissue = torch.rand(GRID.shape)
    assert torch.allclose(flat_scan(0.0).expose(tissue), tissue)


def test_part_of_a_scan_equals_its_voxels():
    scan, tissue = draw_scan(3, "test0000", GRID), torch.rand(GRID.shape)
    where = tissue > 0.7
    assert torch.allclose(scan.expose(tissue[where], where), scan.expose(tissue)[where], rtol=1e-6)


def test_noise_differs_between_scans():
    sigmas = np.log([draw_scan(0, f"pool{i:04d}", Grid((0.0, 0.0, 0.0), 1.5, (2, 2, 2))).sigma for i in range(200)])
    assert abs(sigmas.mean() - np.log(SIGMA)) < 0.05
    assert abs(sigmas.std() - SIGMA_SD) < 0.03
