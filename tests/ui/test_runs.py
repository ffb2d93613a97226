"""The page Runs: experiments first, each run when asked for; only what applies can be done."""

import shutil
from dataclasses import replace

import pytest
from tiny import tiny_config, tiny_record
from ui_states import PAGES, open_page, said, written

from fairal.facts.record import Cases
from fairal.runs import control
from fairal.runs.claims import settle
from fairal.ui.experiment_list import dice_ranges, experiment_rows
from fairal.ui.live import SeenRun, see_runs
from fairal.ui.run_list import act, applicable, columns_of, runs_frame


def set_state(store, key, **changes) -> None:
    store.write_state(key, replace(store.state(key), **changes))


def enabled(page) -> set[str]:
    return {b.key.removeprefix("do_") for b in page.button if (b.key or "").startswith("do_") and not b.disabled}


def test_an_experiment_is_opened_from_the_list_and_left_again(monkeypatch, store):
    old, _ = store.create(tiny_config(name="the older one"))
    new, _ = store.create(tiny_config(name="the newer *one*"))
    page = open_page(monkeypatch, store, "runs")
    assert not page.exception
    assert len(page.dataframe) == 0
    assert [b.key for b in page.button if b.label == "Open"] == [f"open_{new}", f"open_{old}"]
    assert r"**the newer \*one\***" in written(page)
    page.button(key=f"open_{old}").click().run()
    assert len(page.dataframe[0].value) == 3
    assert page.subheader[0].value == "the older one"
    next(b for b in page.button if b.label == "All experiments").click().run()
    assert len(page.dataframe) == 0


def test_the_list_goes_on_on_further_pages_and_keeps_to_the_states_asked_for(monkeypatch, crowded):
    page = open_page(monkeypatch, crowded, "runs")
    first = [b.key for b in page.button if b.label == "Open"]
    page.get("pagination")[0].set_value(4).run()
    assert not page.exception
    last = [b.key for b in page.button if b.label == "Open"]
    assert (len(first), len(last), len({*first, *last})) == (25, 25, 50)
    assert last[-1] == f"open_{crowded.experiments()[-1]}"
    assert "No experiment is failed or waiting." in said(
        open_page(monkeypatch, crowded, "runs", {"states": ["failed", "waiting"]})
    )
    assert "100 experiments" in said(open_page(monkeypatch, crowded, "runs", {"states": ["done"]}))


def test_an_experiment_shows_its_groups_from_the_lowest_to_the_highest_run(store):
    experiment, _ = store.create(tiny_config())
    for key, dice in zip(store.runs(experiment), (0.5, 0.71, 0.6), strict=True):
        columns = dict.fromkeys(("assd_mm", "hd95_mm", "surface_dice", "volume_error"), (0.5, 0.25))
        cases = Cases(("a", "b"), ("reference", "biased"), dice=(0.9, dice), volume_mm3=(9.0, 9.0),
                      predicted_mm3=(8.0, 8.0), **columns)  # fmt: skip
        store.append_round(key, tiny_record(test=cases), None)
    assert dice_ranges(store, experiment) == "reference 0.90, biased 0.50 to 0.71"


def test_a_damaged_record_is_said_in_the_list_and_not_just_done(monkeypatch, store):
    store.create(tiny_config(name="another"))
    experiment, _ = store.create(tiny_config())
    keys = store.runs(experiment)
    for key in keys:
        for round_ in range(3):
            store.append_round(key, tiny_record(round_), None)
        set_state(store, key, state="done", rounds_done=3)
    settle(store)
    assert experiment_rows(store, [experiment])[0].standing.state == "done"
    path = store.records_file(keys[1])
    path.write_bytes(path.read_bytes().replace(b"0.25", b"0.26"))
    assert experiment_rows(store, [experiment])[0].standing.state == "damaged"
    page = open_page(monkeypatch, store, "runs")
    assert "damaged" in said(page)
    page.button(key=f"open_{experiment}").click().run()
    assert sorted(page.dataframe[0].value.state) == ["! damaged", "✓ done", "✓ done"]


def test_the_worst_group_is_drawn_round_by_round(store):
    experiment, _ = store.create(tiny_config())
    key = store.runs(experiment)[0]
    columns = dict.fromkeys(("assd_mm", "hd95_mm", "surface_dice", "volume_error"), (0.5, 0.25))
    for round_, dice in enumerate(((0.9, 0.31), (0.6, 0.7))):
        cases = Cases(("a", "b"), ("reference", "biased"), dice=dice, volume_mm3=(9.0, 9.0), predicted_mm3=(8.0, 8.0),
                      **columns)  # fmt: skip
        store.append_round(key, tiny_record(round_, test=cases), None)
    runs = see_runs(store, experiment)
    assert [run.worst for run in runs] == [(0.31, 0.6), (), ()]
    line = columns_of(runs)["worst"]["type_config"]
    assert (line["y_min"], line["y_max"]) == (0.3, 1.0)
    frame = runs_frame(runs)
    first = ["strategy", "seed", "state", "progress", "rounds", "Dice, reference", "Dice, biased", "gap", "worst"]
    assert list(frame.columns[: len(first)]) == first
    assert frame["Dice, biased"][0] == 0.7


@pytest.mark.parametrize("name", PAGES)
def test_an_experiment_whose_runs_are_gone_crashes_no_page(monkeypatch, store, name):
    store.create(tiny_config(name="whole"))
    gone, _ = store.create(tiny_config(name="hollow"))
    shutil.rmtree(store.runs_dir(gone))
    query = {"runs": {"experiment": gone}, "compare": {"experiments": gone}, "slices": {"of": gone}}
    for asked in ({}, query.get(name, {})):
        page = open_page(monkeypatch, store, name, asked)
        assert not page.exception
    if name == "runs":
        assert "are gone" in said(page)
        assert enabled(page) == {"delete", "clone"}


def test_an_experiment_without_runs_can_be_deleted(store):
    gone, _ = store.create(tiny_config())
    shutil.rmtree(store.runs_dir(gone))
    assert [row.standing.state for row in experiment_rows(store, [gone])] == ["failed"]
    control.delete_experiment(store, gone)
    assert store.experiments() == []


@pytest.mark.parametrize("name", PAGES)
def test_runs_that_wait_for_masks_are_shown_as_such(monkeypatch, store, name):
    experiment, _ = store.create(tiny_config())
    for key in store.runs(experiment):
        set_state(store, key, state="waiting", reason="It waits for the masks of 2 subjects.")
    page = open_page(monkeypatch, store, name)
    assert not page.exception
    assert not page.error
    if name == "runs":
        assert set(page.dataframe[0].value.state) == {"◔ waiting"}
        assert enabled(page) == {"cancel", "delete", "clone"}


def test_only_what_applies_can_be_done(monkeypatch, finished, store):
    assert enabled(open_page(monkeypatch, finished[0], "runs")) == {"delete", "clone"}
    experiment, _ = store.create(tiny_config())
    keys = store.runs(experiment)
    control.cancel(store, keys[0])
    page = open_page(monkeypatch, store, "runs")
    assert enabled(page) == {"cancel", "resume", "delete", "clone"}
    runs = see_runs(store, experiment)
    assert [run.shown for run in runs] == ["cancelled", "queued", "queued"]
    assert [run.key for run in applicable("cancel", runs)] == keys[1:]
    assert [run.key for run in applicable("resume", runs)] == keys[:1]
    running = SeenRun(keys[0], store.state(keys[0]), "running")
    assert [verb for verb in ("cancel", "resume", "retry", "delete") if applicable(verb, [running])] == [
        "cancel",
        "delete",
    ]


def test_what_i_cancelled_myself_is_no_error(monkeypatch, store):
    experiment, _ = store.create(tiny_config())
    page = open_page(monkeypatch, store, "runs", {"experiment": experiment})
    page.button(key="do_cancel").click().run()
    assert not page.error
    assert [toast.value for toast in page.toast] == ["3 runs asked to stop."] or not page.toast
    assert "■ cancelled" in set(page.dataframe[0].value.state)


def test_a_verb_that_fails_for_one_run_says_why(monkeypatch, store):
    experiment, _ = store.create(tiny_config())
    keys, heard = store.runs(experiment), []
    monkeypatch.setattr("fairal.ui.run_list.st.toast", heard.append)
    (store.run_dir(keys[0]) / "state.json").write_text('{"schema": 7}')
    act(store, "cancel", keys)
    assert ["from a newer fairal" in text for text in heard] == [True]
    assert store.state(keys[1]).state == "cancelled"


def test_what_is_closed_is_read_once_at_most_and_not_again(monkeypatch, crowded):
    page = open_page(monkeypatch, crowded, "runs")
    read = []
    for name in ("state", "last_round"):
        whole = getattr(type(crowded), name)
        noted = lambda store, key, of=whole, name=name: read.append((name, key)) or of(store, key)  # noqa: E731
        monkeypatch.setattr(type(crowded), name, noted)
    page.run()
    page.get("pagination")[0].set_value(3).run()
    assert len([b for b in page.button if b.label == "Open"]) == 25
    assert len(read) == len(set(read))  # none at all where something else of this process has read them already
    seen = len(read)
    page.run()
    assert len(read) == seen
