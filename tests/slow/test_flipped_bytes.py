"""Every kind of file of a home is harmed, again and again: what is shown is right, or said to be damaged."""

import pytest
from series import size, tell
from trials import try_harms


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", [7, 11])
def test_two_hundred_harms(tmp_path, seed):
    count, failures = try_harms(tmp_path, size("HARMS", 220), seed)
    tell(f"harmed files, seed {seed}", harms=count, failures=len(failures))
    assert failures == []
