"""Each page, empty, running, failed, finished, and with 300 runs; and with addresses that lie."""

import subprocess
import sys
import time
from dataclasses import replace

import pytest
from made import made_home
from tiny import tiny_config
from ui_states import PAGES, ROOT, open_page, said

from fairal.config import study_json
from fairal.presets import STRENGTHS
from fairal.runs import control
from fairal.runs.store import Store
from fairal.ui.live import live

HEAVY = {"torch", "monai", "nilearn"}


@pytest.mark.parametrize("name", PAGES)
def test_an_empty_home_shows_what_will_stand_here(monkeypatch, store, name):
    page = open_page(monkeypatch, store, name)
    assert not page.exception
    assert not page.error
    assert len(page.title) == 1
    if name in ("runs", "compare", "slices"):
        assert "will stand here" in said(page)
        assert page.button[0].label == "Run the demo"


@pytest.mark.parametrize("name", PAGES)
def test_a_running_experiment(monkeypatch, running, name):
    store, _ = running
    page = open_page(monkeypatch, store, name)
    assert not page.exception
    assert not page.error
    if name == "overview":
        assert "The first round is on its way" in said(page)


@pytest.mark.parametrize("name", PAGES)
def test_a_failed_run_says_why(monkeypatch, failed, name):
    store, _ = failed
    page = open_page(monkeypatch, store, name)
    assert not page.exception
    if name in ("overview", "runs", "compare"):
        assert "The loss stopped being finite at step 3." in said(page)


@pytest.mark.parametrize("name", PAGES)
def test_a_finished_experiment(monkeypatch, finished, name):
    page = open_page(monkeypatch, finished[0], name)
    assert not page.exception
    assert not page.error
    if name == "compare":
        assert "Signed gap, surface Dice" in "".join(str(element.proto.body) for element in page.get("html"))
        assert "n = 2 seeds, 4 matched test pairs each" in said(page)
        assert "no claim about patients" in said(page)
    if name == "runs":
        assert len(page.dataframe[0].value) == 10
        assert "10 runs, 0 selected" in said(page)


@pytest.mark.parametrize("name", PAGES)
def test_300_runs_stay_quick(monkeypatch, crowded, name):
    page = open_page(monkeypatch, crowded, name)
    assert not page.exception
    started = time.perf_counter()
    page.run()
    seconds = time.perf_counter() - started
    assert not page.exception
    assert seconds < 3.0, f"{name} took {seconds:.2f} s"  # 0.5 s is the aim; a shared machine gets some slack
    if name == "runs":
        assert "100 experiments, 25 on a page" in said(page)
        assert len([b for b in page.button if b.label == "Open"]) == 25


@pytest.mark.parametrize(
    ("name", "query", "sentence"),
    [
        ("runs", {"experiment": "../.."}, "is not here"),
        ("runs", {"experiment": "<script>alert(1)</script>"}, "is not here"),
        ("compare", {"experiments": "demo-20200101-ffffff"}, "is left out"),
        ("compare", {"experiments": "../../etc/passwd"}, "is left out"),
        ("slices", {"of": "nothing-of-this-name"}, "the latest is shown"),
        ("launch", {"clone": "../.."}, "The form shows its defaults"),
        ("launch", {"bias": "99", "pool": "-5", "starts": "9999+<b>"}, ""),
        ("cohort", {"strength": "1e99", "subject": "400"}, ""),
        ("slices", {"of_seed": "77", "left": "psychic", "who": "../x"}, ""),
    ],
)
def test_a_hand_edited_address_gives_a_sentence_and_a_page(monkeypatch, finished, name, query, sentence):
    page = open_page(monkeypatch, finished[0], name, query)
    assert not page.exception
    assert sentence in said(page)
    assert len(page.title) == 1


def test_a_damaged_run_leaves_the_rest_of_the_page_alive(monkeypatch, store):
    experiment, _ = store.create(tiny_config())
    keys = store.runs(experiment)
    (store.run_dir(keys[0]) / "state.json").write_text("{")
    (store.run_dir(keys[1]) / "rounds.jsonl").write_text('{"schema": 99, "round": 0}\n')
    other, _ = store.create(tiny_config())
    (store.experiment_dir(other) / "experiment.json").write_text("{")
    for name in PAGES:
        page = open_page(monkeypatch, store, name)
        assert not page.exception, name
    for one in (experiment, other):
        page = open_page(monkeypatch, store, "runs", {"experiment": one})
        assert not page.exception
        assert len(page.dataframe[0].value) == 3
    page = open_page(monkeypatch, store, "compare", {"experiments": experiment})
    assert "failed" in said(page)
    assert "not readable JSON" in said(page)


def test_an_unusable_home_is_a_sentence(monkeypatch, store, tmp_path):
    (tmp_path / "file").write_text("")
    store.home = tmp_path / "file" / "home"
    page = open_page(monkeypatch, store, "overview")
    assert not page.exception
    assert "cannot be written to" in said(page)


@pytest.fixture(scope="module")
def vanishing(tmp_path_factory) -> Store:
    """A home of this module's own, with an experiment: it is taken away while the server runs, and put back."""
    return made_home(tmp_path_factory.mktemp("vanishing") / "home")[0]


def taken_away(store: Store, what: str, aside):
    """Take the home or its experiments away, put a file in their place if so named; returns how to put them back."""
    place = store.home if what.startswith("home") else store.experiments_dir
    place.rename(aside)
    if what.endswith("a file"):
        place.write_text("")

    def put_back() -> None:
        place.unlink(missing_ok=True)
        aside.rename(place)

    return put_back


@pytest.mark.parametrize("what", ["home gone", "experiments gone", "experiments a file", "home a file"])
@pytest.mark.parametrize("name", PAGES)
def test_a_home_that_vanishes_under_the_server_is_one_sentence_until_it_is_back(
    monkeypatch, tmp_path, vanishing, name, what
):
    before = said(open_page(monkeypatch, vanishing, name))
    put_back = taken_away(vanishing, what, tmp_path / "aside")
    try:
        page = open_page(monkeypatch, vanishing, name)
    finally:
        put_back()
    assert not page.exception
    [error] = page.main.error
    assert error.value.replace("\\", "").startswith(
        f"The home {vanishing.home} is not what it was when it was opened: {vanishing.experiments_dir} is gone, is no"
    )
    assert said(open_page(monkeypatch, vanishing, name)) == before


def test_what_polls_says_that_the_home_vanished_between_two_looks_and_goes_on_looking(monkeypatch, running, tmp_path):
    store, experiment = running
    said, drawn, polls = [], [], []
    monkeypatch.setattr("fairal.ui.live.st.fragment", lambda **_: lambda again: polls.append(again) or again)
    monkeypatch.setattr("fairal.ui.live.st.error", lambda text, **_: said.append(text))
    live(store, [experiment], lambda: drawn.append(True))
    put_back = taken_away(store, "experiments gone", tmp_path / "aside")
    try:
        polls[0]()
    finally:
        put_back()
    assert (len(drawn), len(said)) == (1, 1)
    assert "is not what it was when it was opened" in said[0]
    polls[0]()
    assert (len(drawn), len(said)) == (2, 1)


def test_the_demo_starts_with_one_click_and_only_once(monkeypatch, store, started_workers):
    page = open_page(monkeypatch, store, "overview", {"demo": "smoke"})
    page.button[0].click().run()
    assert not page.exception
    [experiment] = store.experiments()
    assert store.config(experiment).name == "smoke"
    assert 0 in started_workers


def test_launch_says_what_it_means_and_writes_runs(monkeypatch, store):
    page = open_page(monkeypatch, store, "launch", {"learner": "smoke", "pool": "24", "pairs": "4", "rounds": "2"})
    assert "1 experiment, 4 runs, 10 trainings" in said(page)
    page.number_input(key="seeds").set_value(2).run()
    assert "8 runs, 20 trainings" in said(page)
    launch = next(b for b in page.button if b.label == "Launch")
    launch.click().run()
    assert not page.exception
    assert "Launched in the background" in said(page)
    [experiment] = store.experiments()
    config = store.config(experiment)
    assert (config.cohort.pool_size, config.query.rounds, config.seeds) == (24, 2, (0, 1))


def test_a_budget_beyond_the_pool_is_said_before_launching(monkeypatch, store):
    page = open_page(monkeypatch, store, "launch", {"pool": "20", "rounds": "9"})
    assert "query must label at most the pool's 20 subjects" in said(page)
    assert next(b for b in page.button if b.label == "Launch").disabled


def test_a_preset_fills_the_form_and_a_clone_brings_its_configuration(monkeypatch, finished):
    page = open_page(monkeypatch, finished[0], "launch")
    page.radio(key="preset").set_value("weak").run()
    assert not page.exception
    assert page.slider(key="bias").value == 0.35
    assert page.multiselect(key="starts").value == ["5+1", "3+3"]
    assert "2 experiments, 90 runs" in said(page)
    clone = open_page(monkeypatch, finished[0], "launch", {"clone": finished[1]})
    assert clone.number_input(key="pool").value == 16
    assert clone.number_input(key="seeds").value == 2


def test_what_the_form_cannot_say_is_edited_as_json(monkeypatch, store):
    groups = [
        {"name": "a", "share": 0.5},
        {"name": "b", "share": 0.25, "strength": 0.5},
        {"name": "c", "share": 0.25, "strength": 1.0},
    ]
    three = tiny_config().model_dump(mode="json")
    three["cohort"]["groups"] = groups
    three["query"]["start"] = {"a": 2, "b": 1, "c": 0}
    from fairal.config import parse_experiment

    experiment, _ = store.create(parse_experiment(three))
    page = open_page(monkeypatch, store, "launch", {"clone": experiment})
    assert not page.exception
    assert page.toggle(key="as_json").value
    assert '"name": "c"' in page.text_area(key="json_text").value
    page.text_area(key="json_text").set_value("{").run()
    assert "not valid JSON" in said(page)
    page.text_area(key="json_text").set_value(study_json([tiny_config(name="typed")])).run()
    next(b for b in page.button if b.label == "Launch").click().run()
    assert store.config(store.experiments()[0]).name == "typed"


def test_a_full_disk_at_launch_is_a_sentence(monkeypatch, store):
    page = open_page(monkeypatch, store, "launch", {"learner": "smoke", "pool": "24", "pairs": "4", "rounds": "2"})
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("fairal.runs.store.shutil.disk_usage", lambda _: usage)
    next(b for b in page.button if b.label == "Launch").click().run()
    assert not page.exception
    assert "MB of free disk" in said(page)
    assert store.experiments() == []


def test_cancel_and_resume_on_runs(monkeypatch, store):
    experiment, _ = store.create(tiny_config())
    page = open_page(monkeypatch, store, "runs", {"experiment": experiment})
    page.button(key="do_cancel").click().run()
    assert {store.state(k).state for k in store.runs(experiment)} == {"cancelled"}
    page = open_page(monkeypatch, store, "runs", {"experiment": experiment})
    page.button(key="do_resume").click().run()
    assert {store.state(k).state for k in store.runs(experiment)} == {"queued"}


def test_a_run_deleted_in_another_tab_while_shown(monkeypatch, finished, store):
    keep, _ = store.create(tiny_config())
    gone, _ = store.create(tiny_config())
    for name, query in (("compare", {"experiments": gone}), ("slices", {"of": gone}), ("runs", {"experiment": gone})):
        page = open_page(monkeypatch, store, name, query)
        assert not page.exception
    control.delete_experiment(store, gone)
    page.run()
    assert not page.exception
    assert "is not here" in said(page)
    assert store.experiments() == [keep]


def test_the_preview_is_quick_after_the_first(monkeypatch, store):
    page = open_page(monkeypatch, store, "cohort")
    started = time.process_time()  # of this process alone, whatever else the machine does
    page.slider(key="strength").set_value(0.62).run()
    seconds = time.process_time() - started
    assert not page.exception
    assert seconds < 2.0, f"{seconds:.2f} s"  # 0.5 s is the aim on an idle machine
    assert " on average, about a third smaller than its twin's" in said(page)


def test_cohort_and_launch_speak_of_the_same_pool(monkeypatch, store):
    share = {"share": "0.4"}
    page = open_page(monkeypatch, store, "cohort", share)
    pool = open_page(monkeypatch, store, "launch").number_input(key="pool").value
    assert f"Launch's pool of {pool} scans {round(0.4 * pool)} would be of the biased group" in said(page)


def test_the_name_of_a_strength_is_lit_wherever_the_strength_came_from(monkeypatch, store):
    page = open_page(monkeypatch, store, "cohort")
    assert page.button_group(key="named").value == "strong"
    page.slider(key="strength").set_value(0.62).run()
    assert page.button_group(key="named").value is None
    page.button_group(key="named").set_value("weak").run()
    assert page.slider(key="strength").value == STRENGTHS["weak"]
    assert open_page(monkeypatch, store, "cohort", {"strength": "0"}).button_group(key="named").value == "none"


def test_a_worker_that_cannot_start_is_said(monkeypatch, store):
    experiment, _ = store.create(tiny_config())
    page = open_page(monkeypatch, store, "compare", {"experiments": experiment})
    assert "No worker is alive" in said(page)
    key = store.runs(experiment)[0]
    store.write_state(key, replace(store.state(key), state="running", updated=0.0))
    assert "interrupted" in open_page(monkeypatch, store, "runs").dataframe[0].value.state[0]


def test_opening_a_page_brings_nothing_heavy_into_the_server():
    modules = sorted(f"fairal.ui.{path.stem}" for path in (ROOT / "fairal" / "ui").glob("[a-z]*.py"))
    code = f"import {', '.join(modules)}, sys\nprint(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert ran.returncode == 0, ran.stderr
    assert not {name.split(".")[0] for name in ran.stdout.split()} & HEAVY


def test_pages_are_thin():
    for name in PAGES:
        assert len((ROOT / "pages" / f"{name}.py").read_text().splitlines()) <= 80, name


def test_compare_answers_how_many_more_when_asked(monkeypatch, finished):
    from streamlit.testing.v1 import AppTest

    store, experiment = finished
    monkeypatch.setenv("FAIRAL_HOME", str(store.home))
    monkeypatch.chdir(ROOT)
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    test.session_state["more"] = True
    test.query_params["experiments"] = experiment
    test.switch_page("pages/compare.py").run()
    assert not test.exception
    answers = ("no number", "more of", "below 0.02 already")
    assert any(answer in text.value for answer in answers for text in test.text)
