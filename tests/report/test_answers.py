"""Answers as a table to hand on, as rows and a chart; what came compared with what was asked for; reasons in words."""

import pytest

from fairal.facts.advice import COLUMNS, Advice, Answer, Came, Wanted, by_collection_state, came_of
from fairal.loop.reasons import reason
from fairal.report.answers import came_frame, dice_by_labelled, dice_frame, wanted_table


def wanted(rank: int, name: str, group: str = "a", **changes) -> Wanted:
    fields = {"score": 0.5, "uncertainty": 0.25, "weight": 2.0, "file": f"/scans/{name}.nii.gz", "reason": "because"}
    return Wanted(rank, name, group, **{**fields, **changes})


def answered(digest: str, labelled: tuple[str, ...], asked: tuple[Wanted, ...], held_out=None) -> Answer:
    advice = Advice(
        "mine", "weighted_entropy", len(labelled), 9, {"a": 0.9, "b": 0.8}, held_out, {"a": 1, "b": 1}, asked
    )
    by_group = {"a": len(labelled) - 1, "b": 1}
    return Answer(
        "2026-01-02T03:04:05+00:00", digest, "balanced", 0, 150, 2 if held_out else 0, by_group, labelled, advice
    )


ASKED = (wanted(1, "s4"), wanted(2, "s5", "b"), wanted(3, "s6"))
FIRST = answered("d1", ("s1", "s2"), ASKED)


def test_asked_for_three_two_came_and_one_that_nobody_asked_for():
    came = came_of(FIRST, ["s1", "s2", "s4", "s5", "s9"])
    assert came == Came(asked=3, came={"a": 1, "b": 1}, missing=("s6",), unasked=1)
    assert str(came) == "asked for 3, came 2 (1 of a, 1 of b); 1 more came that were not asked for"


def test_nothing_came():
    assert str(came_of(FIRST, ["s1", "s2"])) == "asked for 3, came 0"


def test_of_answers_about_one_state_the_last_counts():
    again, later = answered("d1", ("s1", "s2"), ASKED[:1]), answered("d2", ("s1", "s2", "s4"), ())
    assert by_collection_state([FIRST, again, later]) == [again, later]


def test_each_answer_is_compared_with_the_next_and_the_last_with_now():
    second = answered("d2", ("s1", "s2", "s4"), (wanted(1, "s7"),))
    frame = came_frame([FIRST, second], ["s1", "s2", "s4", "s5", "s7"])
    assert list(frame.asked) == [1, 3]
    assert list(frame.came) == [1, 1]
    assert list(frame.groups) == ["1 of a", "1 of a"]
    assert list(frame.unasked) == [1, 0]
    assert came_frame([], []).empty


def test_only_cross_validated_dice_is_drawn():
    second = answered("d2", ("s1", "s2", "s4"), (), {"a": 0.75, "b": 0.5})
    frame = dice_frame([FIRST, second])
    assert frame[["labelled", "labelled_of_group", "group", "dice"]].values.tolist() == [
        [3, 2, "a", 0.75],
        [3, 1, "b", 0.5],
    ]
    drawn = dice_by_labelled(frame, ["a", "b"]).to_dict()
    assert drawn["layer"][0]["encoding"]["y"]["title"] == "Dice, cross-validated"


def test_the_table_has_a_line_for_each_scan_and_no_formula():
    rows = (wanted(1, "=SUM(A1)", "-b", uncertainty=None), wanted(2, "s5"))
    lines = [line.split("\t") for line in wanted_table(rows).splitlines()]
    assert lines[0] == list(COLUMNS)
    assert lines[1][:6] == ["1", "'=SUM(A1)", "'-b", "0.5", "", "2.0"]
    assert lines[2][:3] == ["2", "s5", "a"]


def test_a_line_of_history_comes_back_as_it_was():
    assert Answer.from_line(FIRST.as_line()) == FIRST
    with pytest.raises(ValueError, match="its checksum is that of another content"):
        Answer.from_line(FIRST.as_line().replace("0.25", "0.35", 1))


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        (("weighted_entropy", 0.82, 0.41, 2.0), "uncertain 0.41, twice the weight of its group"),
        (("weighted_entropy", 0.205, 0.41, 0.5), "uncertain 0.41, half the weight of its group"),
        (("weighted_entropy", 0.56, 0.4, 1.4), "uncertain 0.40, 1.4 times the weight of its group"),
        (("weighted_entropy", 0.408, 0.4, 1.02), "uncertain 0.40, its group weighs as the average"),
        (("weighted_entropy", 2.0, 1.0, 2.0), "nothing found in it, uncertain 1.00, twice the weight of its group"),
        (("entropy", 0.0123, 0.0123, 2.0), "uncertain 0.012"),
        (("parity", 0.36, 0.36, 2.0), "uncertain 0.36, in the quota of its group"),
        (("random", None, None, 2.0), "uniformly at random"),
        (("bald", 0.4, None, 2.0), "how much 10 dropout passes disagree (mutual information): 0.4"),
    ],
)
def test_the_reason_says_in_words_what_the_numbers_say(numbers, said):
    assert reason(*numbers) == said
