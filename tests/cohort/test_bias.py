import numpy as np
import pytest
import torch
from scipy import ndimage

from fairal.cohort.synthetic.anatomy import cohort_grid, draw_anatomy
from fairal.cohort.synthetic.bias import MM_PER_STRENGTH, REACH_MM, SMALLEST_MM3, amplitude_mm, unit_velocity
from fairal.cohort.synthetic.deform import sample
from fairal.cohort.synthetic.template import load_template
from fairal.errors import InputError
from fairal.presets import STRENGTHS, preset

GRID = cohort_grid(preset("demo")[0].cohort)


@pytest.fixture(scope="module")
def anatomies():
    return [draw_anatomy(2000, f"test{i:04d}", GRID) for i in range(6)]


def test_strength_shrinks_the_structure_as_the_presets_promise(anatomies):
    volumes = {
        name: np.mean([a.volume_mm3(a.biased(strength)[1]) for a in anatomies]) for name, strength in STRENGTHS.items()
    }
    assert 3600 < volumes["none"] < 4700
    assert 0.72 < volumes["weak"] / volumes["none"] < 0.84  # 0.78 over 240 subjects
    assert 0.42 < volumes["strong"] / volumes["none"] < 0.58  # 0.50


def test_twins_are_bit_equal_outside_the_window(anatomies):
    template = load_template()
    structure = torch.tensor(np.argwhere(template.caudate) + np.array(template.origin_mm), dtype=torch.float32)
    for anatomy in anatomies[:3]:
        twin, _, _ = anatomy.biased(0.0)
        for strength in (STRENGTHS["weak"], STRENGTHS["strong"]):
            t1, _, amplitude = anatomy.biased(strength)
            assert amplitude > 0
            changed = t1 != twin
            # Where the subject's voxels lie in the template: all that changed is within reach of the structure.
            points = anatomy.positions[:, changed].T
            assert torch.cdist(points[::50], structure).min(1).values.max() <= REACH_MM + 2.7  # interpolation's reach


def test_twins_differ_in_a_sixth_of_the_voxels_and_hardly_in_most_of_these(anatomies):
    for anatomy in anatomies:
        from_mask = ndimage.distance_transform_edt(~anatomy.inside.numpy()) * GRID.spacing_mm
        apart = ((anatomy.biased(STRENGTHS["strong"])[0] - anatomy.t1).abs() * anatomy.sd).numpy()
        assert 0.10 < (apart > 0).mean() < 0.20
        assert from_mask[apart > 0].max() < 20
        plain = apart > anatomy.scan.sigma
        assert 0.005 < plain.mean() < 0.05
        assert np.quantile(from_mask[plain], 0.99) < 12


@pytest.mark.parametrize("strength", [0.02, 1.5, 2.0])
def test_the_whole_range_of_strengths_works_or_says_why_not(anatomies, strength):
    for anatomy in anatomies:
        try:
            _, mask, _ = anatomy.biased(strength)
        except InputError as error:
            assert f"strength {strength:g}" in str(error)  # noqa: PT017
        else:
            assert SMALLEST_MM3 <= anatomy.volume_mm3(mask) <= anatomy.volume_mm3(anatomy.inside)


def test_the_velocity_is_exactly_zero_beyond_its_reach():
    velocity, grid = unit_velocity()
    edge = torch.cat([velocity[:, 0].flatten(), velocity[:, :, :, -1].flatten(), velocity[:, :, 0].flatten()])
    assert (edge == 0).all()
    assert 0.9 < float(velocity.norm(dim=0).max()) <= 1.0
    far = sample(velocity, grid, torch.tensor([[20.0], [10.0], [10.0]]))
    assert (far == 0).all()


def test_strength_zero_is_the_twin(anatomies):
    t1, mask, amplitude = anatomies[0].biased(0.0)
    assert amplitude == 0
    assert torch.equal(t1, anatomies[0].t1)
    assert torch.equal(mask, anatomies[0].inside)


def test_fading_changes_contrast_and_not_the_mask(anatomies):
    anatomy = anatomies[0]
    plain, mask, _ = anatomy.biased(0.0)
    faded, same, _ = anatomy.biased(0.0, fade=0.5)
    assert torch.equal(mask, same)
    assert faded[mask].mean() > plain[mask].mean() + 0.1  # white matter is brighter
    assert torch.equal(faded[~mask], plain[~mask])


def test_amplitudes_vary_around_their_strength_and_are_never_negative():
    rng = np.random.default_rng(0)
    drawn = np.array([amplitude_mm(1.0, rng) for _ in range(4000)])
    assert abs(drawn.mean() - MM_PER_STRENGTH) < 0.03
    assert abs(drawn.std() - 0.25 * MM_PER_STRENGTH) < 0.03
    assert drawn.min() >= 0
    assert amplitude_mm(0.0, rng) == 0


def test_a_vanished_structure_is_an_error_that_names_the_strength(anatomies):
    with pytest.raises(InputError, match=r"strength 9 (leaves|folds)"):
        anatomies[0].biased(9.0)
