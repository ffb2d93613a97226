"""Label next in every state: nothing imported, nothing asked, at work, failed, answered, put aside, changed since."""

import re

import pytest
from own_scans import LABELLED, import_mine, label, look_again, own_folders
from ui_states import open_page, said, written

from fairal.cohort.folder.collection import Collections
from fairal.config.advice import ask_next
from fairal.runs.advice import Desk, Work
from fairal.runs.advice_worker import answer, plan
from fairal.runs.store import Store


@pytest.fixture(scope="module")
def answered(tmp_path_factory, smoke_cohort):
    """A collection with one answer, and the folders of its scans and of the masks that are not there yet."""
    folder = tmp_path_factory.mktemp("page")
    scans, away = own_folders(folder, smoke_cohort)
    store = Store(folder / "home")
    import_mine(store, scans)
    answer(plan(store, ask_next(collection="mine", steps=4, k=3)))
    return store, scans, away


@pytest.fixture
def desk(answered):
    store, *_ = answered
    desk = Desk(Collections(store.home).folder("mine"))
    yield desk
    for name in desk.aside():
        desk.put_back(name)
    desk.write_work(Work("done"))


def test_an_empty_home_says_how_to_import(monkeypatch, store):
    page = open_page(monkeypatch, store, "next")
    assert not page.exception
    assert "will stand here. Import a folder first" in said(page)
    assert page.code[0].value == "fairal import FOLDER --name NAME --group COLUMN"


def test_the_list_stands_there_with_pictures_reasons_and_the_download(monkeypatch, answered, desk):
    page = open_page(monkeypatch, answered[0], "next")
    assert not page.exception
    assert not page.error
    [given] = desk.history()[0]
    text = said(page).replace("\\", "")
    for wanted in given.advice.wanted:
        assert f"{wanted.rank}. {wanted.participant_id}" in text
        assert any(f"{wanted.group}: {wanted.reason}" in block.value for block in page.get("html"))
    assert len(page.image) == 3
    assert "no estimate for new ones" in text
    assert [button.label for button in page.get("download_button")] == ["The list (TSV)"]
    table = page.dataframe[0].value
    assert list(table.labelled) == [2, 3]
    assert "Up to 3 trainings of 150 steps, about" in text


def test_the_button_starts_one_process_with_what_was_chosen(monkeypatch, answered, desk):
    started = []
    monkeypatch.setattr("fairal.runs.advice_start.subprocess.Popen", lambda command, **how: started.append(command))
    page = open_page(monkeypatch, answered[0], "next", {"next_strategy": "Entropy"})
    page.number_input(key="next_k").set_value(7).run()
    [button] = [button for button in page.button if button.label == "Whom next?"]
    button.click().run()
    assert not page.exception
    [command] = started
    assert {"--strategy=entropy", "--training=balanced", "--k=7", "--seed=0", "--steps=150"} < set(command)
    assert command[-2:] == ["--", "mine"]
    assert [button.disabled for button in page.button if button.label == "Whom next?"] == [True]


@pytest.mark.parametrize(
    ("work", "sentence"),
    [
        (Work("failed", reason="The disk [is](http://x) full."), r"The disk \[is\]\(http\://x\) full\."),
        (Work("stopped", reason="Stopped; trainings that were finished are kept."), "Stopped; trainings"),
        (Work("running", "fit 1 of 3", 5, 150), "was interrupted before it was there"),
    ],
)
def test_what_became_of_the_last_work_is_said(monkeypatch, answered, desk, work, sentence):
    desk.write_work(work)
    page = open_page(monkeypatch, answered[0], "next")
    assert not page.exception
    assert sentence in written(page)


def test_work_is_shown_and_can_be_stopped(monkeypatch, answered, desk):
    with desk.alone():
        desk.write_work(Work("running", "fit 2 of 3", 5, 150))
        page = open_page(monkeypatch, answered[0], "next")
        assert not page.exception
        assert page.get("progress")[0].proto.text == "training 2 of 3 5/150"
        page.button(key="next_stop").click().run()
        assert desk.asked_to_stop()


def test_a_scan_can_be_put_aside_with_a_reason_and_offered_again(monkeypatch, answered, desk):
    name = desk.history()[0][0].asked[0]
    page = open_page(monkeypatch, answered[0], "next")
    page.button(key=f"aside_{name}").click().run()
    assert "needs a reason" in said(page)
    page.text_input(key=f"why_{name}").set_value("it *moved*").run()
    page.button(key=f"aside_{name}").click().run()
    assert not page.exception
    assert desk.aside()[name].reason == "it *moved*"
    assert len(page.image) == 2
    assert r"it \*moved\*" in written(page)
    page.button(key=f"back_{name}").click().run()
    assert desk.aside() == {}
    assert len(page.image) == 3


def test_masks_that_came_are_compared_and_the_history_has_a_chart(monkeypatch, answered, desk):
    store, scans, away = answered
    asked = desk.history()[0][0].asked
    more = sorted(path.name for path in away.iterdir() if path.name not in asked)
    label(scans, away, asked[:2])
    look_again(store, scans)
    page = open_page(monkeypatch, store, "next")
    assert re.search(r"changed since this answer: asked for 3, came 2 \(.*Ask again", said(page).replace("\\", ""))
    assert "from 5 labelled scans in every group on" in said(page)
    label(scans, away, more[:8])
    look_again(store, scans)
    answer(plan(store, ask_next(collection="mine", steps=4, k=3)))
    page = open_page(monkeypatch, store, "next")
    assert not page.exception
    assert "Cross-validated Dice of each group by labelled scans" in said(page)
    came = page.dataframe[-1].value
    assert list(came.asked) == [3, 3]
    assert list(came.came) == [0, 2]
    assert list(came.labelled) == [len(LABELLED) + 10, len(LABELLED)]


def test_an_address_that_lies_and_a_damaged_collection_are_sentences(monkeypatch, answered):
    page = open_page(monkeypatch, answered[0], "next", {"next_of": "../..", "next_strategy": "psychic"})
    assert not page.exception
    store = answered[0]
    file = Collections(store.home).folder("mine") / "collection.json"
    content = file.read_bytes()
    try:
        file.write_bytes(content.replace(b"biased", b"Biased", 1))
        page = open_page(monkeypatch, store, "next")
        assert not page.exception
        assert "is damaged" in said(page)
    finally:
        file.write_bytes(content)
