import pandas as pd
import pytest

from fairal.report.sheet import csv_text, inert


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =cmd|' /C calc'!A0"])
def test_what_would_start_a_formula_is_text(cell):
    assert inert(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["left", "a=1", "", -1, 2.5, None, True])
def test_everything_else_stays_as_it_is(cell):
    assert inert(cell) is cell


def test_a_table_keeps_its_numbers_and_loses_its_formulas():
    frame = pd.DataFrame({"id": ["=HYPERLINK(1)", "b"], "gap": [-0.5, 0.25], "@x": [1, 2]})
    assert csv_text(frame) == "id,gap,'@x\n'=HYPERLINK(1),-0.5,1\nb,0.25,2\n"
