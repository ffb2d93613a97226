import json
from dataclasses import replace

import pytest
from tiny import tiny_config, tiny_record

from fairal.facts.record import Cases, Pick
from fairal.report.figure import Subject, View
from fairal.report.player import player_json
from fairal.report.results import read_experiment


def record(round_: int, reference: float, biased: float, labelled: tuple[int, int]):
    columns = dict.fromkeys(("assd_mm", "hd95_mm", "surface_dice", "volume_error"), (0.5, 0.25))
    cases = Cases(("a", "b"), ("reference", "biased"), (reference, biased), volume_mm3=(9.0, 9.0),
                  predicted_mm3=(8.0, 8.0), **columns)  # fmt: skip
    ids = tuple(f"s{i}" for i in range(sum(labelled)))
    by_group = dict(zip(("reference", "biased"), labelled, strict=True))
    picked = tuple(Pick(f"s{len(ids) + i}", "biased") for i in range(2)) if round_ == 0 else None
    return tiny_record(round_, test=cases, labelled=ids, labelled_by_group=by_group, picked=picked)


@pytest.fixture
def subject(store):
    """Two seeds: from (0.80, 0.60) and (0.84, 0.64) to (0.9, 0.7), and weighted entropy to (0.86, 0.82)."""
    experiment, _ = store.create(tiny_config(seeds=[0, 1]))
    for key in store.runs(experiment):
        start = (0.80, 0.60) if key.seed == 0 else (0.84, 0.64)
        store.append_round(key, record(0, *start, (2, 1)), None)
        end = (0.86, 0.82) if key.arm.query == "weighted_entropy" else (0.90, 0.70)
        store.append_round(key, record(1, *end, (2, 3) if key.seed == 0 else (3, 2)), None)
    result = read_experiment(store, experiment)
    return Subject(result, View.of(result))


def test_the_film_shows_means_over_seeds_on_axes_that_stay(subject):
    film = player_json(subject, "dice")
    assert (film["x"], film["y"], film["rounds"]) == ("reference", "biased", [3, 5])
    arms = {arm["id"]: arm for arm in film["arms"]}
    assert arms["entropy"]["points"][0] == pytest.approx([0.82, 0.62])
    assert arms["weighted_entropy"]["points"][1] == pytest.approx([0.86, 0.82])
    low, high = film["domain"]
    assert (low, high) == pytest.approx((0.62 - 0.04 * 0.28, 0.90 + 0.04 * 0.28))


def test_the_pool_is_that_of_the_smallest_seed(subject):
    film = player_json(subject, "dice", focus="random")
    assert film["arms"][0]["labelled"] == [[2, 1], [2, 3]]
    assert [(group["name"], group["pool"]) for group in film["groups"]] == [("reference", 10), ("biased", 6)]
    assert film["focus"] == "random"
    assert player_json(subject, "dice", focus="forgotten")["focus"] == "weighted_entropy"


def test_the_film_is_json(subject):
    errors = Subject(subject.result, replace(subject.view, measures=("assd_mm",)))
    assert json.loads(json.dumps(player_json(errors, "assd_mm")))["measure"]["sign"] == -1
