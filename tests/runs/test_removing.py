"""What is deleted is exactly one thing inside of the home, and a link is never followed."""

from contextlib import suppress

import pytest
from tiny import tiny_config

from fairal.errors import FairalError, InputError
from fairal.runs import control, removing
from fairal.runs.library import readers
from fairal.runs.removing import check_inside, remove_files, remove_tree
from fairal.runs.shelf import trim
from fairal.runs.store import RunKey, Store

ODD = [
    "",
    ".",
    "..",
    "/",
    "/etc",
    "../x",
    "a/../b",
    "a\0b",
    "latest",
    "*",
    "~",
    "-",
    "x" * 300,
    " ",
    "\n",
    "%2e%2e",
    "²",
]


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "home")


@pytest.fixture
def treasure(tmp_path):
    """A folder outside of the home that looks like an experiment, with a file that must stay."""
    folder = tmp_path / "outside"
    for below in ("runs/random-0/volumes", "subjects"):
        (folder / below).mkdir(parents=True)
        (folder / below / "keep.npz").write_bytes(b"dear")
    (folder / "experiment.json").write_text("{}")
    return folder


def is_whole(treasure) -> bool:
    return sum(1 for path in treasure.rglob("keep.npz") if path.read_bytes() == b"dear") == 2


@pytest.mark.parametrize("name", ODD)
def test_an_odd_name_deletes_nothing(store, name):
    experiment, _ = store.create(tiny_config())
    key = store.runs(experiment)[0]
    for attempt in (
        lambda: control.delete_experiment(store, name),
        lambda: control.delete_run(store, RunKey(experiment, name)),
        lambda: control.delete_run(store, RunKey(name, key.run)),
        lambda: readers(store).remove(name),
        lambda: store.clean_volumes(name),
    ):
        with pytest.raises(FairalError):
            attempt()
    assert store.experiments() == [experiment]
    assert key in store.runs(experiment)


def test_a_linked_experiment_is_none_and_what_it_points_to_stays(store, treasure):
    (store.experiments_dir / "linked-away-1").symlink_to(treasure)
    assert store.experiments() == []
    for attempt in (control.delete_experiment, Store.delete_experiment, Store.clean_volumes):
        with pytest.raises(InputError, match=r"link|no experiment"):
            attempt(store, "linked-away-1")
    assert is_whole(treasure)


def test_a_linked_run_and_linked_volumes_are_left_alone(store, treasure):
    experiment, _ = store.create(tiny_config())
    folder, key = store.experiment_dir(experiment), RunKey(experiment, "random-7")
    (store.runs_dir(experiment) / key.run).symlink_to(treasure / "runs" / "random-0")
    (folder / "subjects").rmdir()
    (folder / "subjects").symlink_to(treasure / "subjects")
    assert key not in store.runs(experiment)
    for attempt in (control.cancel, control.resume, control.retry, control.delete_run, Store.delete_run):
        with pytest.raises(InputError, match="is a link"):
            attempt(store, key)
    assert sorted(p.name for p in (treasure / "runs" / "random-0").iterdir()) == ["volumes"]
    assert store.clean_volumes(experiment) == 0
    assert is_whole(treasure)
    control.delete_experiment(store, experiment)
    assert is_whole(treasure)
    assert store.experiments() == []


def test_a_linked_cache_entry_is_not_trimmed_and_a_linked_part_of_the_home_is_refused(store, treasure):
    link = store.cache_dirs["fits"] / "abc"
    link.symlink_to(treasure)
    assert trim(store, 0) == 0
    assert is_whole(treasure)
    store.experiments_dir.rename(store.home / "elsewhere")
    store.experiments_dir.symlink_to(treasure)
    with pytest.raises(InputError, match="experiments is a link"):
        Store(store.home)


@pytest.mark.parametrize("swapped", ["experiments", "experiment"])
def test_a_link_that_takes_a_folders_place_after_the_look_leads_nowhere(store, treasure, monkeypatch, swapped):
    experiment, _ = store.create(tiny_config())
    place = store.experiments_dir if swapped == "experiments" else store.experiment_dir(experiment)
    aim = treasure.parent / "elsewhere" if swapped == "experiments" else treasure
    if swapped == "experiments":
        aim.mkdir()
        treasure.rename(aim / experiment)

    def look_and_swap(path, home):
        check_inside(path, home)
        place.rename(place.with_name("gone-away-1"))
        place.symlink_to(aim)

    monkeypatch.setattr(removing, "check_inside", look_and_swap)
    with suppress(InputError):
        store.delete_experiment(experiment)
    assert is_whole(aim)


def test_the_home_itself_may_be_a_link(tmp_path, store):
    experiment, _ = store.create(tiny_config())
    (tmp_path / "here").symlink_to(store.home)
    linked = Store(tmp_path / "here")
    linked.delete_experiment(experiment)
    assert linked.experiments() == []


def test_nothing_but_what_is_below_the_home_is_removed(tmp_path, store):
    for path in (store.home, store.home / "a" / ".." / ".." / "outside", tmp_path, tmp_path / "outside"):
        with pytest.raises(InputError, match="is not inside of the home"):
            check_inside(path, store.home)
        with pytest.raises(InputError):
            remove_tree(path, store.home)
    assert store.home.is_dir()


def test_only_plain_files_of_the_suffix_are_removed(store, treasure):
    place = store.home / "place"
    (place / "folder.npz").mkdir(parents=True)
    (place / "one.npz").write_bytes(b"12345")
    (place / "one.json").write_bytes(b"1")
    (place / "link.npz").symlink_to(treasure / "subjects" / "keep.npz")
    assert remove_files(place, ".npz", store.home) == 5
    assert sorted(p.name for p in place.iterdir()) == ["folder.npz", "link.npz", "one.json"]
    assert is_whole(treasure)
