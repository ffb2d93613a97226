"""A story's scenes say what the records hold, and of two arms no more than the verdict allows."""

import json
from dataclasses import replace

import numpy as np
import pytest
from told import FINAL, GROUPS, SPREAD, made_up

from fairal.config import FolderCohort
from fairal.errors import InputError
from fairal.facts.volumes import SubjectVolumes
from fairal.report.evidence import verdicts
from fairal.report.story import tell
from fairal.report.story.cast import Cast
from fairal.report.story.twins import outlined, twins_of
from fairal.report.story.words import Part, group, number, sentence, text_of
from fairal.report.summary import baseline_missing, experiment_json


class Kept:
    """A reader that holds the volumes of some subjects: a block in a volume, and a smaller one."""

    def __init__(self, *ids: str) -> None:
        self.ids = ids

    def subject(self, experiment: str, seed: int, subject: str) -> SubjectVolumes | None:
        if subject not in self.ids:
            return None
        truth = np.zeros((12, 14, 10), np.uint8)
        truth[3:8, 5:9, 3 : 8 if "reference" in subject else 6] = 1
        return SubjectVolumes(np.full(truth.shape, 90, np.uint8), truth)


@pytest.fixture(scope="module")
def story():
    return tell(made_up())


def without(*arms: str) -> dict:
    return {arm: means for arm, means in FINAL.items() if arm not in arms}


def test_the_sentences_by_hand(story):
    assert {scene.id: scene.sentence for scene in story.scenes} == {
        "pool": "10 reference and 6 biased scans could be labelled. The budget pays for 5.",
        "baseline": "Entropy gives the biased group 0% of its picks. "
        "Dice ends at 0.900 for reference and 0.800 for biased.",
        "people": "Poorly served: 5 of 20 biased and 0 of 20 reference test subjects.",
        "lead": "Weighted entropy gives the biased group 100% of its picks; "
        "the gap in Dice closes by levelling down: 0.100 to 0.010.",
        "people_after": "Now poorly served: 0 biased instead of 5 and still 0 reference.",
        "bill": "The bill: reference lost 0.060 Dice, biased gained 0.030; "
        "in surface Dice the gap turns round: reference is now worse served.",
        "control": "Choosing at random from the worst served group does as well: a gap of 0.008 against 0.010.",
        "fair": "Fair without levelling down: parity, balanced training narrows the gap by 95% in surface Dice and by "
        "65% in Dice; reference loses 0.005 Dice.",
        "limits": "Synthetic brains, a bias built in on purpose: no claim about patients. What about your scans?",
    }


def test_every_scene_that_compares_says_its_n_and_that_the_brains_are_synthetic(story):
    told = [scene.n for scene in story.scenes if scene.id not in ("pool",)]
    assert set(told) == {"n = 5 seeds, 4 matched test pairs each; synthetic brains"}
    assert story.scene("pool").n == "16 scans of seed 0; synthetic brains"


def test_the_verdict_stands_below_what_is_said_of_an_arm(story):
    said = verdicts(made_up())
    assert said["weighted_entropy"].code == "levelling_down"
    for scene, arm in (("bill", "weighted_entropy"), ("control", "worst_group_random"), ("fair", "parity+balanced")):
        assert said[arm].text in story.scene(scene).caption


def test_one_seed_decides_nothing_and_no_arm_is_called_fair():
    story = tell(made_up(seeds=(0,)))
    for scene in ("lead", "bill", "control"):
        assert story.scene(scene).sentence.endswith("one seed decides nothing.")
    assert story.scene("fair").sentence == "No arm can be called fair yet: that takes 5 seeds."
    assert all("closes" not in scene.sentence for scene in story.scenes)
    assert "n = 1 seed," in story.scene("lead").n


def test_three_seeds_do_not_decide_the_gap():
    assert (
        tell(made_up(seeds=(1, 2, 3)))
        .scene("lead")
        .sentence.endswith("the gap in Dice goes from 0.100 to 0.010, which 3 seeds do not decide.")
    )


@pytest.mark.parametrize(
    ("dice", "ends"),
    [
        ((0.90, 0.87), "the gap in Dice closes: 0.100 to 0.030."),
        ((0.90, 0.80), "the gap in Dice stays within noise: 0.100 to 0.100."),
        ((0.90, 0.72), "the gap in Dice widens: 0.100 to 0.180."),
        ((0.80, 0.90), "the gap in Dice turns round: now the reference group is worse served."),
    ],
)
def test_the_sentence_follows_the_verdict_on_dice(dice, ends):
    final = FINAL | {"weighted_entropy": {"dice": dice, "surface_dice": (0.85, 0.75)}}
    assert tell(made_up(final)).scene("lead").sentence.endswith(ends)


def test_without_the_control_its_scene_is_left_out_and_the_end_says_so():
    story = tell(made_up(without("worst_group_random")))
    assert story.scene("control") is None
    assert "the control did not run" in story.scene("limits").alt


def test_without_a_fair_arm_the_story_says_so_and_shows_all_gaps():
    scene = tell(made_up(without("parity+balanced"))).scene("fair")
    assert scene.sentence.startswith("No arm here is fair without levelling down")
    assert [strip.arm for strip in scene.picture.panels[0].strips] == [
        "entropy",
        "weighted_entropy",
        "worst_group_random",
    ]
    assert "Weighted entropy: turns it round" in scene.caption


def test_where_the_baseline_serves_all_alike_there_is_no_gap_to_close_and_nobody_to_count_again():
    alike = {arm: {"dice": (0.95, 0.95), "surface_dice": (0.95, 0.95)} for arm in without("parity+balanced")}
    story = tell(made_up(alike, seeds=(2, 7, 12, 17, 22)))  # the seeds that shift nothing: a gap of 0
    assert story.scene("fair").sentence == (
        "There is no gap to close: that of entropy lies within noise in both measures."
    )
    assert story.scene("people_after") is None


def test_of_two_fair_arms_the_one_nearest_to_no_gap_at_no_cost_is_told():
    little = {"dice": (0.9, 0.82), "surface_dice": (0.85, 0.78)}  # 0.07 left, 0 lost; the other: 0.005 and 0.005
    assert Cast.of(made_up(FINAL | {"parity": little})).fair == "parity+balanced"


def test_an_arm_that_levels_down_in_dice_is_not_fair():
    levelled = {"dice": (0.84, 0.83), "surface_dice": (0.85, 0.845)}
    final = without("parity+balanced") | {"parity": levelled}
    assert Cast.of(made_up(final)).fair is None


def test_models_that_have_not_learned_are_not_compared():
    poor = {"dice": (0.5, 0.4), "surface_dice": (0.4, 0.3)}
    story = tell(made_up(FINAL | {"entropy": poor}))
    assert [scene.id for scene in story.scenes] == ["pool", "not_learned", "limits"]
    assert story.scene("not_learned").sentence == (
        "These models have not learned: the worst group's Dice is 0.400, below 0.5. Nothing is compared."
    )


def test_an_experiment_of_the_baseline_alone_has_no_story():
    with pytest.raises(InputError, match="no story yet: it takes entropy, another arm"):
        tell(made_up({"entropy": FINAL["entropy"]}))


def test_a_subject_keeps_its_dot_under_every_arm(story):
    entropy, weighted = story.scene("baseline").picture, story.scene("lead").picture
    assert entropy.dots == weighted.dots == story.scene("pool").picture.dots
    assert (entropy.dots.count("reference"), entropy.dots.count("biased")) == (10, 6)
    assert entropy.labelled[0] == weighted.labelled[0] == story.scene("pool").picture.start
    assert [entropy.dots[i] for i in entropy.labelled[1]] == ["reference"] * 2
    assert [weighted.dots[i] for i in weighted.labelled[1]] == ["biased"] * 2
    assert len({*entropy.labelled[0], *entropy.labelled[1], *weighted.labelled[1]}) == 3 + 2 + 2


def test_the_curves_are_means_over_the_seeds(story):
    picture = story.scene("lead").picture
    assert picture.curve.labelled == (3, 5)
    assert picture.curve.by_group["biased"] == pytest.approx((0.75, 0.83))
    assert picture.ghost.by_group["reference"] == pytest.approx((0.85, 0.90))
    assert picture.low == 0.7


def test_test_subjects_stand_in_the_same_order_before_and_after(story):
    people = story.scene("people_after").picture
    assert people.dice["biased"][:4] == pytest.approx([0.83 + s - 0.001 for s in SPREAD])
    assert people.before["biased"][:4] == pytest.approx([0.80 + s - 0.002 for s in SPREAD])
    assert people.poorly() == {"reference": 0, "biased": 0}
    assert people.poorly_before() == {"reference": 0, "biased": 5}


def test_the_gaps_run_from_the_baselines_best_to_its_worst_group(story):
    dice, surface = story.scene("control").picture.panels
    assert (dice.best, dice.worst) == ("reference", "biased")
    assert np.mean(dice.strips[0].gaps) == pytest.approx(0.1)
    assert np.mean(surface.strips[1].gaps) == pytest.approx(-0.1)
    assert dice.noise > 0


def test_the_twins_are_a_pair_whose_volumes_were_kept():
    shown = twins_of(Kept("t1reference", "t1biased", "t2reference"), made_up())
    assert [(twin.group, twin.volume_cm3) for twin in shown.twins] == [("reference", 4.0), ("biased", 2.0)]
    story = tell(made_up(), shown)
    assert story.scenes[0].sentence == "The same brain, twice: the biased twin keeps 50% of its left caudate."


def test_without_volumes_the_packages_pair_stands_in_at_its_own_strength_alone():
    shown = twins_of(Kept(), made_up())
    assert [twin.volume_cm3 for twin in shown.twins] == [None, None]
    assert tell(made_up(), shown).scenes[0].sentence.endswith("in the biased twin the left caudate is smaller.")
    cohort = made_up().config.cohort
    groups = tuple(group.model_copy(update={"strength": 0.35 * i}) for i, group in enumerate(cohort.groups))
    weak = made_up()
    weak = replace(weak, config=weak.config.model_copy(update={"cohort": cohort.model_copy(update={"groups": groups})}))
    assert twins_of(Kept(), weak) is None


def test_ones_own_scans_have_no_twins():
    result = made_up()
    own = result.config.model_copy(update={"cohort": FolderCohort(collection="mine")})
    assert twins_of(Kept("t1reference", "t1biased"), replace(result, config=own)) is None


def test_an_outline_runs_along_the_edge_and_nowhere_else():
    mask = np.zeros((10, 10), bool)
    mask[3:7, 3:7] = True
    drawn = np.asarray(outlined(np.full((10, 10), 100, np.uint8), mask, "#FF0000"))
    assert drawn.shape == (160, 160, 3)
    assert drawn[80, 48].tolist() == [255, 0, 0]  # where voxel 3 begins
    assert drawn[80, 80].tolist() == drawn[8, 8].tolist() == [100, 100, 100]


def test_parts_of_a_sentence_keep_what_they_name():
    written = sentence("{of} lost {loss}.", of=group("biased"), loss=number(3))
    assert written == (Part("biased", "group", "biased"), Part(" lost "), Part("3", "number"), Part("."))
    assert text_of(written) == "biased lost 3."


def test_a_story_is_plain_data(story):
    content = json.loads(json.dumps(story.as_json(), allow_nan=False))
    assert [scene["picture"]["kind"] for scene in content["scenes"]] == [
        "pool", "rounds", "people", "rounds", "people", "slopes", "strips", "slopes", "cards",
    ]  # fmt: skip
    assert content["groups"]["biased"]["colour"] == "#E69F00"
    assert set(content["groups"]) == set(GROUPS)
    assert all(scene["alt"] and scene["n"] for scene in content["scenes"])


def test_a_baseline_that_is_none_of_the_arms_is_said():
    lone = made_up(baseline="random")
    said = (
        "The baseline, random, is none of the arms (entropy, weighted_entropy, worst_group_random, parity+balanced): "
    )
    assert baseline_missing(lone) == said + "nothing is compared with it."
    assert {row["verdict"]["text"] for row in experiment_json(lone)["summary"]} == {baseline_missing(lone)}
    assert {row["verdict"]["code"] for row in experiment_json(lone)["summary"]} == {"no_baseline"}
    assert baseline_missing(made_up()) == ""
