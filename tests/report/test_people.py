import pytest
from tiny import tiny_config, tiny_record

from fairal.facts.record import Cases
from fairal.fairness.measures import MEASURES
from fairal.report.figure import Subject, View
from fairal.report.people import is_poor, people, people_json, poorly_served, say_volumes, volume_words
from fairal.report.results import ExperimentResult, read_experiment

DICE, ASSD = MEASURES["dice"], MEASURES["assd_mm"]
GROUPS = ("reference", "biased")


def record(reference: list[float], biased: list[float]):
    """Matched cases with the given Dice; the biased twin is seen half as large again as it is."""
    n = len(reference)
    dice = tuple(d for pair in zip(reference, biased, strict=True) for d in pair)
    ids = tuple(f"t{i}{group}" for i in range(n) for group in GROUPS)
    others = dict.fromkeys(("assd_mm", "hd95_mm", "surface_dice", "volume_error"), (0.5,) * 2 * n)
    cases = Cases(ids, GROUPS * n, dice, volume_mm3=(4000.0, 2000.0) * n, predicted_mm3=(4000.0, 3004.0) * n, **others)
    return tiny_record(0, test=cases)


@pytest.fixture
def subject(store):
    """Two seeds of three arms after their start: with Dice 0.9, 0.8 and 0.7 against 0.8, 0.69 and 0.5 in each."""
    experiment, _ = store.create(tiny_config(seeds=[0, 1]))
    for key in store.runs(experiment):
        store.append_round(key, record([0.9, 0.8, 0.7], [0.8, 0.69, 0.5]), None)
    result = read_experiment(store, experiment)
    return Subject(result, View.of(result))


def test_poor_is_beyond_the_threshold_and_not_on_it():
    assert is_poor(DICE, [0.69, 0.7, 0.71], 0.7).tolist() == [True, False, False]
    assert is_poor(ASSD, [0.9, 1.0, 1.1], 1.0).tolist() == [False, False, True]


def test_what_was_not_found_is_poorly_served():
    assert is_poor(ASSD, [None, 0.5], 1.0).tolist() == [True, False]


def test_the_poorly_served_are_counted_by_arm_and_group_over_all_seeds(subject):
    table = poorly_served(subject, "dice", 0.7).set_index(["label", "group"])
    assert table.loc[("Entropy", "reference"), ["poor", "cases", "seeds"]].tolist() == [0, 6, 2]
    assert table.loc[("Entropy", "biased"), ["poor", "cases", "seeds"]].tolist() == [4, 6, 2]
    assert poorly_served(subject, "dice", 0.4).poor.sum() == 0


def test_twins_are_one_person_and_others_are_people_of_their_own(subject, monkeypatch):
    twins = people(subject, "entropy", "dice")
    assert [(p.seed, p.number, p.values) for p in twins[:2]] == [(0, 1, (0.9, 0.8)), (0, 2, (0.8, 0.69))]
    monkeypatch.setattr(ExperimentResult, "matched", False)
    alone = people(subject, "entropy", "dice")
    assert [(p.number, p.values) for p in alone[:4]] == [
        (1, (0.9, None)), (2, (0.8, None)), (3, (0.7, None)), (1, (None, 0.8)),
    ]  # fmt: skip


def test_a_volume_error_is_said_in_words(subject):
    assert volume_words(2903.0, 2049.6) == "sees 2,900 mm³ where 2,050 are"
    assert say_volumes(subject, "random") == [
        "reference: sees 4,000 mm³ where 4,000 are", "biased: sees 3,000 mm³ where 2,000 are",
    ]  # fmt: skip


def test_the_picture_gets_the_people_and_which_of_them_can_be_opened(subject):
    data = people_json(subject, "dice", 0.7, kept={("entropy", 0, "t1biased")})
    assert [arm["id"] for arm in data["arms"]] == ["random", "entropy", "weighted_entropy"]
    first, second = data["arms"][1]["people"][:2]
    assert (first["values"], first["kept"]) == ((0.9, 0.8), [False, False])
    assert (second["ids"], second["kept"]) == (("t1reference", "t1biased"), [False, True])
    assert data["domain"] == pytest.approx([0.5, 1.0])
    assert people_json(subject, "assd_mm", 1.0)["domain"] == pytest.approx([0.0, 1.1])
