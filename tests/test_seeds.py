import subprocess
import sys

import numpy as np

from fairal.seeds import number, stream


def test_the_same_name_gives_the_same_numbers_and_another_name_others():
    assert stream(3, "noise", "pool0001").random(4).tolist() == stream(3, "noise", "pool0001").random(4).tolist()
    assert stream(3, "noise", "pool0001").random() != stream(3, "noise", "pool0002").random()
    assert stream(3, "noise").random() != stream(4, "noise").random()


def test_streams_do_not_depend_on_the_process():
    code = "from fairal.seeds import number; print(number(7, 'initial weights'))"
    printed = {subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout for _ in range(2)}
    assert printed == {f"{number(7, 'initial weights')}\n"}


def test_neighbouring_names_are_uncorrelated():
    a, b = stream(0, "noise", 1).standard_normal(20000), stream(0, "noise", 2).standard_normal(20000)
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.03
