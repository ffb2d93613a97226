import numpy as np
from scipy import ndimage

from fairal.cohort.synthetic.template import derive, load_template


def test_the_packaged_template_is_what_the_derivation_gives():
    template, derived = load_template(), derive()
    assert np.array_equal(template.caudate, derived["caudate"])
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
