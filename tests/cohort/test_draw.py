import numpy as np
import pytest

from fairal.cohort.arrays import load_cohort, save_cohort
from fairal.cohort.synthetic.context import context_grid, render_context
from fairal.cohort.synthetic.draw import build_cohort, cohort_key, plan
from fairal.config import GroupConfig
from fairal.errors import RunError


def test_the_test_set_is_matched(smoke_cohort):
    test = smoke_cohort["test"]
    assert len(test.subjects) == 8
    for i in range(0, 8, 2):
        a, b = test.subjects[i : i + 2]
        assert a.anatomy == b.anatomy
        bias = {"strength", "fade", "amplitude_mm"}  # all else is the same person in the same scanner
        assert {k: v for k, v in a.about.items() if k not in bias} == {
            k: v for k, v in b.about.items() if k not in bias
        }
        assert (a.group, b.group) == ("reference", "biased")
        assert a.volume_mm3 == a.about["twin_volume_mm3"] > b.volume_mm3
        assert (test.t1[i] == test.t1[i + 1]).mean() > 0.5


def test_the_pool_has_its_groups_and_shares_no_anatomy_with_the_test_set(smoke_cohort):
    pool, test = smoke_cohort["pool"], smoke_cohort["test"]
    groups = [s.group for s in pool.subjects]
    assert (groups.count("reference"), groups.count("biased")) == (10, 6)
    assert not {s.anatomy for s in pool.subjects} & {s.anatomy for s in test.subjects}
    assert pool.t1.shape == (16, 24, 28, 20)
    assert pool.t1.dtype == np.float16


def test_each_subject_records_what_was_done_to_it(smoke_cohort):
    for subject, mask in zip(smoke_cohort["pool"].subjects, smoke_cohort["pool"].mask, strict=True):
        assert subject.volume_mm3 == mask.sum() * 27
        assert subject.about["strength"] == (1.0 if subject.group == "biased" else 0.0)
        assert (subject.about["amplitude_mm"] > 0) == (subject.group == "biased")


def test_a_seed_draws_the_same_cohort_again_and_another_seed_another(smoke, smoke_cohort):
    again = build_cohort(smoke.cohort, 0, "test")
    assert np.array_equal(again.t1, smoke_cohort["test"].t1)
    assert again.subjects == smoke_cohort["test"].subjects
    assert not np.array_equal(build_cohort(smoke.cohort, 1, "test").t1, again.t1)


def test_a_part_of_a_split_equals_its_rows(smoke, smoke_cohort):
    whole = smoke_cohort["pool"]
    part = build_cohort(smoke.cohort, 0, "pool", only=[5, 2])
    assert part.subjects == (whole.subjects[5], whole.subjects[2])
    assert np.array_equal(part.t1, whole.t1[[5, 2]])
    assert np.array_equal(part.mask, whole.mask[[5, 2]])
    assert part.key != whole.key


def test_anatomies_do_not_depend_on_the_groups(smoke):
    weaker = smoke.cohort.model_copy(update={"groups": tuple(GroupConfig(name=n, share=0.5) for n in "ab")})
    first = {s.anatomy: s.about["twin_volume_mm3"] for s in build_cohort(smoke.cohort, 0, "pool").subjects}
    assert {s.anatomy: s.about["twin_volume_mm3"] for s in build_cohort(weaker, 0, "pool").subjects} == first


def test_three_groups_work_like_two(smoke):
    groups = (
        GroupConfig(name="a", share=0.5),
        GroupConfig(name="b", share=0.25, strength=0.42),
        GroupConfig(name="c", share=0.25, strength=1.0),
    )
    cohort = smoke.cohort.model_copy(update={"groups": groups})
    assert [row[2] for row in plan(cohort, 0, "test")[:3]] == ["a", "b", "c"]
    test = build_cohort(cohort, 0, "test")
    means = [np.mean([s.volume_mm3 for s in test.subjects if s.group == g]) for g in "abc"]
    assert means[0] > means[1] > means[2]


def test_the_key_of_a_split_ignores_what_only_the_other_depends_on(smoke):
    more_test = smoke.cohort.model_copy(update={"test_pairs": 9})
    more_pool = smoke.cohort.model_copy(update={"pool_size": 30})
    assert cohort_key(smoke.cohort, 0, "pool") == cohort_key(more_test, 0, "pool")
    assert cohort_key(smoke.cohort, 0, "test") == cohort_key(more_pool, 0, "test")
    assert cohort_key(smoke.cohort, 0, "test") != cohort_key(more_test, 0, "test")
    assert cohort_key(smoke.cohort, 0, "pool") != cohort_key(smoke.cohort, 1, "pool")


def test_a_stored_cohort_comes_back_equal_and_a_damaged_one_says_so(smoke_cohort, tmp_path):
    save_cohort(smoke_cohort["test"], tmp_path)
    back = load_cohort(tmp_path)
    assert back.subjects == smoke_cohort["test"].subjects
    assert np.array_equal(back.mask, smoke_cohort["test"].mask)
    (tmp_path / "t1.npy").write_bytes((tmp_path / "t1.npy").read_bytes()[:500])
    with pytest.raises(RunError, match="damaged"):
        load_cohort(tmp_path)


def test_a_context_shows_the_whole_brain(smoke_cohort):
    context = render_context(smoke_cohort["test"].subjects[0], 0)
    assert context.shape == context_grid().shape
    assert 0.15 < (context > 60).mean() < 0.6
