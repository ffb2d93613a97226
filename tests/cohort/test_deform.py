import numpy as np
import pytest
import torch

from fairal.cohort.synthetic.anatomy import cohort_grid, draw_anatomy
from fairal.cohort.synthetic.deform import Grid, exponentiate, sample, smallest_jacobian, smooth_noise
from fairal.cohort.synthetic.positions import template_positions
from fairal.cohort.synthetic.traits import draw_traits
from fairal.presets import preset

GRID = Grid((-30.0, -30.0, -30.0), 3.0, (20, 22, 24))


def test_sampling_at_voxel_centres_gives_the_voxels():
    volume = torch.rand(2, *GRID.shape)
    assert torch.allclose(sample(volume, GRID, GRID.points()), volume, atol=1e-5)


def test_a_linear_volume_is_read_exactly_between_voxels():
    volume = GRID.points()  # each channel is a coordinate
    points = torch.tensor([[-10.3, 4.0], [0.7, -20.2], [11.9, 5.5]])
    assert torch.allclose(sample(volume, GRID, points), points, atol=1e-4)


def test_no_velocity_leaves_everything_in_place():
    assert exponentiate(torch.zeros(3, *GRID.shape), GRID).abs().max() == 0


def test_a_constant_velocity_moves_by_itself():
    velocity = torch.ones(3, *GRID.shape) * torch.tensor([2.0, -1.0, 0.5])[:, None, None, None]
    assert torch.allclose(exponentiate(velocity, GRID), velocity, atol=1e-5)


def test_the_flow_of_minus_v_undoes_the_flow_of_v():
    rng = np.random.default_rng(0)
    velocity = 1.2 * smooth_noise(rng, 18.0, GRID.axes(), 3)
    there, back = exponentiate(velocity, GRID), exponentiate(-velocity, GRID)
    both = there + sample(back, GRID, GRID.points() + there, padding="border")
    inside = both[:, 5:-5, 5:-5, 5:-5]
    assert inside.abs().max() < 0.15  # mm, of displacements of several
    assert there.abs().max() > 3


@pytest.mark.parametrize("seed", range(6))
def test_random_anatomies_do_not_fold(seed):
    grid = cohort_grid(preset("demo")[0].cohort)
    positions = template_positions(seed, "pool0000", draw_traits(seed, "pool0000"), grid)
    assert smallest_jacobian(positions - grid.points(), grid.spacing_mm) > 0.1


def test_the_widest_ventricles_of_four_thousand_anatomies_do_not_fold():
    grid, widest = cohort_grid(preset("demo")[0].cohort), (1000, "pool0080")
    traits = draw_traits(*widest)
    assert traits.about()["ventricle_right_factor"] > 5
    assert smallest_jacobian(template_positions(*widest, traits, grid) - grid.points(), grid.spacing_mm) > 0


def test_a_fold_is_seen():
    points = GRID.points()
    displacement = torch.zeros_like(points)
    displacement[0] = -2 * points[0]  # x → −x
    assert smallest_jacobian(displacement, GRID.spacing_mm) < 0


def test_smooth_noise_has_unit_spread():
    many = [smooth_noise(np.random.default_rng(i), 9.0, GRID.axes()) for i in range(8)]
    assert abs(float(torch.stack(many).std()) - 1) < 0.1


def test_a_field_of_view_is_a_window_onto_the_same_brain():
    deep = preset("demo")[0].cohort
    brain = deep.model_copy(update={"field_of_view": "brain"})
    grids = [cohort_grid(deep), cohort_grid(brain)]
    first = [round((a - b) / 1.5) for a, b in zip(grids[0].origin_mm, grids[1].origin_mm, strict=True)]
    window = tuple(slice(f, f + n) for f, n in zip(first, grids[0].shape, strict=True))
    small, whole = (template_positions(5, "test0003", draw_traits(5, "test0003"), grid) for grid in grids)
    assert (small - whole[(slice(None), *window)]).abs().max() < 1e-3  # mm
    masks = [draw_anatomy(5, "test0003", grid).inside for grid in grids]
    assert (masks[0] != masks[1][window]).sum() <= 2
