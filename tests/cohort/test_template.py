import numpy as np
from scipy import ndimage

from fairal.cohort.synthetic.growth import mirrored
from fairal.cohort.synthetic.template import derive, load_template


def test_the_packaged_template_is_what_the_derivation_gives():
    template, derived = load_template(), derive()
    assert np.array_equal(template.caudate, derived["caudate"])
    assert np.array_equal(template.ventricle, derived["ventricle"])
    assert np.array_equal(np.round(template.t1 * 255).astype(np.uint8), derived["t1"])
    assert template.origin_mm == tuple(derived["origin_mm"])
    assert template.white == derived["white"]


def test_the_left_caudate_has_its_size_side_and_place():
    template = load_template()
    where = np.argwhere(template.caudate) + np.array(template.origin_mm)
    assert 3800 <= template.caudate.sum() <= 4800  # LPBA40's left caudate has 4,352 mm³
    assert (where[:, 0] < 0).all()
    assert np.allclose(where.mean(0), (-13, 10, 12), atol=3)
    assert ndimage.label(template.caudate)[1] == 1


def test_the_caudate_ends_round_and_not_in_straight_cuts():
    caudate = load_template().caudate
    for axis in (1, 2):  # from its tail to its head, and from below
        areas = caudate.sum(axis=tuple(a for a in range(3) if a != axis))
        areas = areas[areas > 0]
        assert areas[0] <= 0.25 * areas.max()  # a cut at the lower end left a face of 110 of 176 mm²
        assert areas[-1] <= 0.35 * areas.max()


def test_the_template_is_symmetric_so_that_its_mirror_image_has_the_right_caudate():
    template = load_template()
    assert np.array_equal(mirrored(template.t1)[1:], template.t1[1:])
    x = np.argwhere(mirrored(template.caudate))[:, 0] + template.origin_mm[0]
    assert (x.min(), x.max()) == tuple(-(np.argwhere(template.caudate)[:, 0] + template.origin_mm[0])[[-1, 0]])


def test_the_left_ventricle_is_one_piece_beside_the_caudate():
    template = load_template()
    where = np.argwhere(template.ventricle) + np.array(template.origin_mm)
    assert 7500 <= template.ventricle.sum() <= 10_000
    assert (where[:, 0] < 0).all()
    assert ndimage.label(template.ventricle)[1] == 1
    assert not (template.ventricle & template.caudate).any()
