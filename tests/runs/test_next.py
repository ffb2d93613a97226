"""Label these next: what is asked, answered, kept, put aside, and what it must never see."""

import gc
import json
import shutil
from dataclasses import replace
from types import FunctionType, ModuleType

import numpy as np
import pytest
import torch
from own_scans import BIASED, LABELLED, REFERENCE, import_mine, label, look_again, own_folders, take_masks_away
from typer.testing import CliRunner

from fairal.cli import app
from fairal.cohort.folder.collection import Collections
from fairal.cohort.folder.source import FolderSource, look_at
from fairal.cohort.source import Remembered
from fairal.config import parse_experiment
from fairal.config.advice import ask_next
from fairal.errors import InputError, RunError
from fairal.facts.advice import COLUMNS, Answer
from fairal.loop.job import ask
from fairal.loop.round import Trained
from fairal.loop.round import answer as play
from fairal.loop.task import Task
from fairal.runs.advice import Desk, Work
from fairal.runs.advice_start import start
from fairal.runs.advice_worker import answer, plan
from fairal.runs.store import Store
from fairal.strategies.pool import Picks


@pytest.fixture(scope="module")
def template(tmp_path_factory, smoke_cohort):
    """What every test gets a copy of; the first answer's network is on the shelf."""
    folder = tmp_path_factory.mktemp("next")
    scans, _ = own_folders(folder, smoke_cohort)
    store = Store(folder / "home")
    import_mine(store, scans)
    answer(plan(store, question()))
    desk_of(store).history_file.unlink()
    return folder


@pytest.fixture
def own(tmp_path, template):
    """A home with the collection ``mine``: 24 scans, 5 of them labelled; the other masks lie elsewhere."""
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    return Store(tmp_path / "home"), tmp_path / "scans", tmp_path / "away"


def question(**changes):
    return ask_next(**{"collection": "mine", "steps": 4, "k": 3, **changes})


def desk_of(store) -> Desk:
    return Desk(Collections(store.home).folder("mine"))


def run(store, *arguments):
    return CliRunner().invoke(app, ["next", "mine", "--steps", "4", "--home", str(store.home), *arguments])


def test_an_answer_is_as_other_programs_expect_it(own, tmp_path):
    store, *_ = own
    folder = Collections(store.home).open("mine").content.folder
    ran = run(store, "--k", "4", "--json", "--out", str(tmp_path / "wanted.tsv"))
    content = json.loads(ran.stdout)
    assert list(content) == ["collection", "strategy", "labelled", "unlabelled", "labelled_dice", "held_out_dice",
                             "weights", "wanted"]  # fmt: skip
    assert (content["collection"], content["strategy"]) == ("mine", "weighted_entropy")
    assert (content["labelled"], content["unlabelled"], content["held_out_dice"]) == (5, 19, None)
    assert [row["rank"] for row in content["wanted"]] == [1, 2, 3, 4]
    for row in content["wanted"]:
        assert list(row) == list(COLUMNS)
        assert row["participant_id"] not in LABELLED
        assert row["file"] == f"{folder}/{row['participant_id']}/anat/{row['participant_id']}_T1w.nii.gz"
        assert row["score"] == pytest.approx(row["weight"] * row["uncertainty"])
        assert row["weight"] == content["weights"][row["group"]]
    scores = [row["score"] for row in content["wanted"]]
    assert scores == sorted(scores, reverse=True)
    table = [line.split("\t") for line in (tmp_path / "wanted.tsv").read_text().splitlines()]
    assert table[0] == list(COLUMNS)
    assert [row[1] for row in table[1:]] == [row["participant_id"] for row in content["wanted"]]
    assert "5 labelled scans to train on, 19 without a mask to score" in ran.stderr


def test_the_same_question_has_the_same_answer_and_trains_nothing(own):
    store, *_ = own
    made = plan(store, question(seed=1))
    assert "; 1 training of 4 steps, about" in made.cost()
    first = answer(made)
    again = plan(store, question(seed=1))
    assert again.to_train() == 0
    assert "the networks are trained already" in again.cost()
    assert answer(again).advice == first.advice


def test_from_five_labelled_in_every_group_on_the_dice_is_cross_validated(own):
    store, scans, away = own
    assert answer(plan(store, question())).folds == 0
    label(scans, away, ["sub-pool0003", *REFERENCE[2:], *BIASED[2:], "sub-pool0001"])
    report = look_again(store, scans)
    labelled = [scan for scan in report.usable if scan.has_mask]
    made = plan(store, question())
    assert len(made.folds) == 2
    # Each labelled scan is in the training set of exactly one of the two.
    assert sorted(id_ for fold in made.folds for id_ in fold.labelled) == sorted(s.participant_id for s in labelled)
    given = answer(made)
    assert given.folds == 2
    assert set(given.advice.held_out_dice) == {"biased", "reference"}
    assert given.advice.held_out_dice != given.advice.labelled_dice
    shown = run(store).stdout
    assert "Cross-validated: 2 folds" in shown
    assert "On training scans: no estimate for new ones" in shown


def test_what_was_asked_for_is_compared_with_what_came(own):
    store, scans, away = own
    given = answer(plan(store, question()))
    stranger = next(p.name for p in sorted(away.iterdir()) if p.name not in given.asked)
    label(scans, away, [*given.asked[:2], stranger])
    arguments = ["import", str(scans), "--name", "mine", "--group", "group", "--update", "--home", str(store.home)]
    sentence = "asked for 3, came 2 ("
    assert sentence in CliRunner().invoke(app, arguments).stderr
    said = run(store, "--k", "2").stderr
    assert sentence in said
    assert "1 more came that were not asked for" in said
    first, second = desk_of(store).history()[0]
    assert (first.advice.labelled, second.advice.labelled) == (5, 8)
    assert not set(second.asked) & {*given.asked[:2], stranger}
    assert first.digest != second.digest == Collections(store.home).open("mine").digest


def test_a_scan_put_aside_is_not_offered_again_until_it_is_put_back(own):
    store, *_ = own
    first = answer(plan(store, question()))
    best = first.asked[0]
    assert run(store, "--aside", best, "--reason", "it moved").exit_code == 0
    assert desk_of(store).aside()[best].reason == "it moved"
    without = answer(plan(store, question()))
    assert without.asked[:2] == first.asked[1:]
    assert (without.advice.labelled, without.advice.unlabelled) == (5, 19)
    assert run(store, "--back", best).exit_code == 0
    assert answer(plan(store, question())).advice == first.advice


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--aside", "sub-pool0001"], "needs a reason of 1 to 300 characters"),
        (["--aside", "sub-pool0001", "--reason", "x" * 301], "needs a reason of 1 to 300 characters"),
        (["--aside", "nobody", "--reason", "x"], "has no usable scan 'nobody'"),
        (["--aside", LABELLED[0], "--reason", "x"], "has a mask: it is trained on and never offered"),
        (["--back", "sub-pool0001"], "is not put aside"),
        (["--reason", "x"], "name the scan with --aside"),
        (["--k", "0"], "--k must lie in 1..500, got 0"),
        (["--strategy", "psychic"], "--strategy must be one of random, entropy"),
        (["--training", "hard"], "--training must be one of plain, balanced"),
        (["--out", "/no/such/folder/x.tsv"], "must be a file in a folder that is there"),
    ],
)
def test_a_mistake_is_a_sentence(own, arguments, sentence):
    ran = run(own[0], *arguments)
    assert isinstance(ran.exception, InputError)
    assert sentence in str(ran.exception)
    assert desk_of(own[0]).aside() == {}


def test_nothing_labelled_says_whom_to_begin_with(own):
    store, scans, away = own
    take_masks_away(scans, (), away)
    look_again(store, scans)
    with pytest.raises(InputError, match="label a few first, such as sub-pool0001, sub-pool0000"):
        plan(store, question())


def test_everything_labelled_asks_for_nobody_and_still_says_for_whom_it_works(own):
    store, scans, away = own
    label(scans, away, sorted(path.name for path in away.iterdir()))
    look_again(store, scans)
    given = answer(plan(store, question()))
    assert given.asked == ()
    assert (given.advice.labelled, given.advice.unlabelled) == (24, 0)
    assert set(given.advice.held_out_dice) == {"biased", "reference"}
    assert "nobody is left to ask for" in run(store).stdout


def test_fewer_are_left_than_asked_for(own):
    assert len(answer(plan(own[0], question(k=50))).asked) == 19


# ---------------------------------------------------------------------- what is kept


@pytest.mark.parametrize("part", ["fit 1 of 1", "pick", "write"])
def test_an_interrupted_answer_leaves_nothing_half(own, part):
    store, *_ = own
    desk = desk_of(store)

    def interrupt(heard, done, total):
        if heard == part:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        answer(plan(store, question(seed=1)), interrupt)
    assert desk.history() == ([], [])
    assert desk.work() == replace(desk.work(), state="stopped")
    assert not list(desk.folder.glob(".*"))
    assert len(answer(plan(store, question())).asked) == 3


def test_somebody_may_ask_it_to_stop(own):
    store, *_ = own
    with pytest.raises(RunError, match="Stopped"):
        answer(plan(store, question()), lambda *_: desk_of(store).ask_to_stop())
    assert desk_of(store).work().state == "stopped"
    assert answer(plan(store, question())).asked  # the wish to stop is not kept


def test_two_do_not_work_on_one_answer(own):
    store, *_ = own
    made = plan(store, question())
    with desk_of(store).alone(), pytest.raises(InputError, match="Somebody already works on an answer for mine"):
        answer(made)


def test_damaged_lines_are_left_out_with_a_sentence(own):
    store, *_ = own
    given, desk = answer(plan(store, question())), desk_of(store)
    line = given.as_line()
    changed = line.replace('"labelled": 5', '"labelled": 6')
    desk.history_file.write_text(f"{line}\n{changed}\nnot JSON\n[]\n{line}\n{line[:40]}")
    answers, damaged = desk.history()
    assert answers == [given, given]
    assert [sentence.split(" of ")[0] for sentence in damaged] == ["Line 2", "Line 3", "Line 4"]
    desk.keep(given, {})  # what a crash cut off goes, and the new line is whole
    assert desk.history()[0] == [given] * 3
    assert "Line 2 of" in run(store).stderr


def test_a_damaged_list_of_what_is_put_aside_is_not_taken_for_an_empty_one(own):
    store, *_ = own
    (desk_of(store).folder / "aside.json").write_text('{"aside": {"sub-pool0001": 3}}')
    with pytest.raises(RunError, match="is damaged; remove it and put them aside again"):
        plan(store, question())


def test_a_process_of_its_own_is_started_once_with_the_same_question(own, monkeypatch):
    store, *_ = own
    desk, started = desk_of(store), []
    monkeypatch.setattr(
        "fairal.runs.advice_start.subprocess.Popen", lambda command, **how: started.append((command, how))
    )
    asked = question(strategy="entropy", training="plain", seed=7)
    start(desk, asked, store.home)
    start(desk, asked, store.home)
    [(command, how)] = started
    assert how["start_new_session"]
    assert desk.work().state == "starting"
    ran = CliRunner().invoke(app, command[3:])
    assert json.loads(ran.stdout)["strategy"] == "entropy"
    assert desk.work().state == "done"
    [kept] = desk.history()[0]
    assert (kept.training, kept.seed, kept.steps, len(kept.asked)) == ("plain", 7, 4, 3)


def test_a_start_that_failed_says_why(own):
    store, scans, away = own
    take_masks_away(scans, (), away)
    look_again(store, scans)
    desk_of(store).write_work(Work("starting", started=0.0))
    desk_of(store).write_work(replace(desk_of(store).work(), state="starting", started=4e9))
    with pytest.raises(InputError):
        plan(store, question())
    assert desk_of(store).work().state == "failed"
    assert "No scan has a mask yet" in desk_of(store).work().reason


def test_whoever_died_at_work_is_interrupted(own):
    desk = desk_of(own[0])
    desk.write_work(Work("running", "fit 1 of 3", 5, 150))
    assert desk.work().state == "interrupted"
    with desk.alone():
        assert desk.work().state == "running"


# ---------------------------------------------------------------------- the canary


def things_behind(what: object) -> list[object]:
    """Everything that can be reached from an object through attributes, closures and containers."""
    seen, left = {}, [what]
    while left:
        one = left.pop()
        if id(one) not in seen and not isinstance(one, type | ModuleType):
            seen[id(one)] = one
            # Of a function what it closes over, not the module around it: through that everything is reached.
            cells = getattr(one, "__closure__", None) or ()
            left += [cell.cell_contents for cell in cells] if isinstance(one, FunctionType) else gc.get_referents(one)
    return list(seen.values())


def test_no_voxel_of_a_hidden_mask_can_be_reached_from_what_a_strategy_is_given(own):
    store, scans, away = own
    label(scans, away, sorted(path.name for path in away.iterdir()))
    look_again(store, scans)
    query = {"start": {"biased": 1, "reference": 1}, "per_round": 2, "rounds": 1}
    content = question().experiment().model_dump(mode="json") | {"query": query}
    config = look_at(parse_experiment(content), store.home)
    source = Remembered(FolderSource(config.cohort, 0, store.home))
    ids = [row.id for row in source.rows("pool")]
    job = ask(Task(config, config.arms[0], 0, 0, tuple(ids[:6]), 2), source, torch.device("cpu"))
    reached = []

    def nosy(pool, k, rng):
        reached.extend(things_behind(pool))
        return Picks(pool.ids[:k])

    play(job, Trained(job.train()), strategy=nosy)
    shape = (len(ids), *source.shape)
    arrays = [one for one in reached if isinstance(one, np.ndarray) and one.shape[-3:] == source.shape]
    assert any(array.shape == shape and array.dtype == np.float16 for array in arrays)  # it did reach the volumes
    assert not any(array.dtype == bool and array.any() for array in arrays)
    assert not {s.volume_mm3 for s in source.load("pool").subjects} & {x for x in reached if isinstance(x, float)}


def test_a_line_is_refused_when_any_byte_of_it_changed(own):
    whole = answer(plan(own[0], question()))
    line, rng = whole.as_line().encode(), np.random.default_rng(0)
    for at in rng.integers(0, len(line), 200):
        flipped = bytearray(line)
        flipped[at] ^= 1 << rng.integers(0, 7)
        assert read(bytes(flipped)) in (None, whole)  # a change in how a sign is written changes nothing


def read(line: bytes) -> Answer | None:
    try:
        return Answer.from_line(line)
    except (ValueError, KeyError, TypeError):
        return None


def test_half_of_a_first_answer_does_not_swallow_the_next(own):
    store, *_ = own
    desk = desk_of(store)
    desk.history_file.write_text('{"schema": 1, "time": "2026-1')
    kept = answer(plan(store, question()))
    assert [each.asked for each in desk.history()[0]] == [kept.asked]
    content = desk.history_file.read_bytes()
    desk.history_file.write_bytes(content.removesuffix(b"\n"))
    again = answer(plan(store, question()))
    answers, damaged = desk.history()
    assert [each.asked for each in answers] == [kept.asked, again.asked]
    assert damaged == []


def test_training_that_judges_groups_by_heart_is_warned_of(own):
    store, *_ = own
    by_heart = "learns few scans of a group by heart"
    assert by_heart in " ".join(run(store, "--strategy", "weighted_entropy", "--training", "balanced").stdout.split())
    assert by_heart not in " ".join(run(store, "--strategy", "parity", "--training", "balanced").stdout.split())
