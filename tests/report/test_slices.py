import numpy as np
import pytest
from PIL import Image

from fairal.report.slices import (
    Overlay,
    binary_entropy_bits,
    centre,
    cut,
    heat,
    in_lines,
    outline,
    picture,
    sheet,
    slice_image,
    to_grey,
)  # fmt: skip


def test_cut_turns_a_plane_as_a_person_looks_at_it():
    volume = np.zeros((4, 5, 6), np.uint8)
    volume[0, 4, 5] = 1  # left, anterior, superior
    assert cut(volume, "axial", 5)[0, 0] == 1  # anterior on top, left on the left
    assert cut(volume, "coronal", 4)[0, 0] == 1  # superior on top
    assert cut(volume, "sagittal", 0)[0, 4] == 1  # anterior on the right
    assert [cut(volume, p, 0).shape for p in ("axial", "coronal", "sagittal")] == [(5, 4), (6, 4), (6, 5)]


def test_the_centre_is_where_most_of_the_structure_is():
    mask = np.zeros((6, 6, 6), bool)
    mask[1:4, 2, 3] = True
    assert (centre(mask, "axial"), centre(mask, "coronal")) == (3, 2)
    assert centre(np.zeros((6, 6, 6), bool), "axial") == 3


def test_an_outline_is_the_edge_and_nothing_inside():
    mask = np.zeros((7, 7), bool)
    mask[1:6, 1:6] = True
    edge = outline(mask)
    assert edge.sum() == 16
    assert not edge[2:5, 2:5].any()


def test_entropy_of_stored_probabilities_by_hand():
    bits = binary_entropy_bits(np.array([0, 255, 128], np.uint8))
    assert bits == pytest.approx([0, 0, 1], abs=1e-4)


def test_heat_runs_from_black_to_pale():
    colours = heat(np.array([0.0, 1.0, 2.0]))
    assert colours[0].tolist() == [0, 0, 4]
    assert colours[1].tolist() == colours[2].tolist() == [252, 255, 164]


def test_a_picture_shows_outline_and_overlay_where_they_are():
    t1 = to_grey(np.zeros((10, 12, 8)))
    mask, overlay = np.zeros((10, 12, 8), bool), np.zeros((10, 12, 8))
    mask[2:6, 3:8, 4] = True
    overlay[8, 10, 4] = 1.0
    plain = np.asarray(slice_image(t1, "axial", 4))
    drawn = np.asarray(slice_image(t1, "axial", 4, [(mask, "#FF0000")], Overlay(overlay)))
    assert plain.shape == drawn.shape == (48, 40, 3)
    assert ((drawn == (255, 0, 0)).all(-1)).sum() > 30
    changed = np.abs(drawn.astype(int) - plain).max(-1) > 5
    assert changed[(11 - 10) * 4 : (12 - 10) * 4, 8 * 4 : 9 * 4].all()


def test_the_sides_are_written_on_a_picture():
    t1 = to_grey(np.zeros((30, 32, 28)))
    bare, signed = (np.asarray(draw(t1, "coronal", 14)) for draw in (slice_image, picture))
    changed = np.argwhere((bare != signed).any(-1))
    assert set(changed[:, 1] < 60) == {True, False}  # on the left and on the right of 120 pixels


def test_a_rows_label_is_never_cut_by_its_picture():
    white = [[Image.new("RGB", (20, 20), "white")]]
    long = "Incomprehensibilities, balanced"
    written = in_lines(long)
    assert written == "Incomprehensibilities,\nbalanced"
    narrow, wide = (sheet(white, [label]) for label in ("Entropy", written))
    assert narrow.width == 110 + 20 + 6
    drawn = np.asarray(sheet(white, [written]).convert("RGB"))
    columns = np.flatnonzero((drawn.max(axis=2) < 200).any(axis=0))  # ink
    assert wide.width > narrow.width
    assert columns.max() < wide.width - 26, "the ink ends before the picture begins, which is white here"
