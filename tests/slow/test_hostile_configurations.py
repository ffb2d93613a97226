import pytest
from hypothesis import HealthCheck, given, settings
from mutations import accepted_and_equal_or_refused, as_text, mutated
from series import size


@pytest.mark.slow
@settings(max_examples=size("CONFIGURATIONS", 1000), deadline=None, suppress_health_check=list(HealthCheck))
@given(mutated())
def test_a_thousand_mutated_configurations(content):
    accepted_and_equal_or_refused(as_text(content))
