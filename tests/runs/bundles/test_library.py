import os
import shutil
import stat

import pytest
from kept import EXPERIMENT, RECORDS, kept_home, members_of, sealed, write
from tiny import tiny_config

from fairal.errors import InputError
from fairal.report.results import read_experiment
from fairal.runs import library as library_module
from fairal.runs.claims import to_do
from fairal.runs.journal import Damaged
from fairal.runs.library import Library, readers
from fairal.runs.paths import RunKey
from fairal.runs.store import Store

OTHER = "other-20260101-abcdef"


@pytest.fixture
def shipped(tmp_path, members, monkeypatch):
    """A folder of shipped bundles with one in it, by the name of no experiment."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    about = members["experiment.json"].replace(EXPERIMENT.encode(), OTHER.encode())
    write(folder / "study.fairal.zip", sealed(members | {"experiment.json": about}, experiment=OTHER))
    monkeypatch.setattr(library_module, "SHIPPED_DIR", folder)
    return folder


def test_an_added_bundle_is_read_beside_ones_own(store, sound):
    own, _ = store.create(tiny_config())
    library = readers(store)
    library.add(sound)
    assert library.experiments() == [own, EXPERIMENT]
    assert [library.origin(e) for e in library.experiments()] == ["own", "added"]
    assert library.snapshot(own).runs[0].shown == "queued"
    assert library.snapshot(EXPERIMENT).runs[0].shown == "done"
    assert library.volumes(RunKey(EXPERIMENT, "weighted_entropy-0"), 1).maps["biased"]["truth"].shape == (24, 28, 20)
    assert library.subject(EXPERIMENT, 0, "test0000biased").t1.shape == (24, 28, 20)
    assert library.provenance(own) is None
    assert library.provenance(EXPERIMENT).rounds == 9
    assert library.place(EXPERIMENT) == store.bundles_dir / f"{EXPERIMENT}.fairal.zip"
    assert library.place(own) == store.experiment_dir(own)
    assert len(read_experiment(library, EXPERIMENT).runs) == 3
    assert store.experiments() == [own]


def test_an_added_bundle_stands_as_it_ended_and_may_not_be_worked_on(store, sound):
    library = readers(store)
    library.add(sound)
    stand = library.standing(EXPERIMENT)
    assert (stand.state, stand.runs, stand.runs_done, stand.rounds, stand.rounds_done) == ("done", 3, 3, 9, 9)
    assert stand.seconds_left == 0.0
    with pytest.raises(InputError, match="is an added bundle: it can be read, not worked on"):
        library.check_own(EXPERIMENT)
    mode = stat.S_IMODE(library.place(EXPERIMENT).stat().st_mode)
    assert mode == 0o444


def test_the_same_experiment_is_not_added_twice_nor_beside_ones_own(store, sound, tmp_path):
    readers(store).add(sound)
    with pytest.raises(InputError, match="is not added: smoke-20261124-1fc33e is here already"):
        readers(store).add(sound)
    with pytest.raises(InputError, match="is here already"):
        readers(kept_home(tmp_path / "own")).add(sound)


def test_a_shipped_bundle_is_read_in_an_empty_home_and_stays(store, shipped):
    library = readers(store)
    assert (library.shipped(), library.added(), library.experiments()) == ([OTHER], [], [OTHER])
    assert library.origin(OTHER) == "shipped"
    assert len(library.snapshot(OTHER).runs) == 3
    for forbidden in (library.check_own, library.remove):
        with pytest.raises(InputError, match=f"{OTHER} is shipped with fairal"):
            forbidden(OTHER)


def test_removing_takes_the_whole_id_of_an_added_bundle(store, sound):
    library = readers(store)
    library.add(sound)
    for name in (EXPERIMENT[:-1], "", "latest", "../" + EXPERIMENT):
        with pytest.raises(InputError, match="There is no bundle of"):
            library.remove(name)
    library.remove(EXPERIMENT)
    assert library.experiments() == []
    assert os.listdir(store.bundles_dir) == []
    library.add(sound)
    assert library.experiments() == [EXPERIMENT]


def test_ones_own_experiment_goes_before_a_bundle_of_its_id(tmp_path, sound):
    store = kept_home(tmp_path / "own")
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    shutil.copy(sound, shipped / "x.fairal.zip")
    library = Library(store, shipped)
    assert library.experiments() == [EXPERIMENT]
    assert library.origin(EXPERIMENT) == "own"


def test_a_bundle_damaged_after_it_was_added_is_said_and_leaves_the_others_alone(store, sound, shipped):
    library = readers(store)
    path = library.add(sound).path
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-5])
    assert library.experiments() == [EXPERIMENT, OTHER]
    with pytest.raises(Damaged, match=f"The bundle {EXPERIMENT}.fairal.zip is damaged: it is no zip file"):
        library.snapshot(EXPERIMENT)
    assert len(library.snapshot(OTHER).runs) == 3
    library.remove(EXPERIMENT)
    assert library.experiments() == [OTHER]


def test_a_replaced_bundle_is_read_anew(store, sound, tmp_path):
    library = readers(store)
    path = library.add(sound).path
    before = library.snapshot(EXPERIMENT)
    members = members_of(sound)
    write(tmp_path / "new", sealed(members | {RECORDS: b""}))
    os.replace(tmp_path / "new", path)
    assert [run.shown for run in before.runs] == ["done"] * 3
    assert [len(run.records) for run in library.snapshot(EXPERIMENT).runs] == [3, 0, 3]


def test_links_are_never_followed(store, sound, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    store.bundles_dir.symlink_to(elsewhere)
    with pytest.raises(InputError, match="is a link; bundles lie in the home itself"):
        readers(store).add(sound)
    assert list(elsewhere.iterdir()) == []
    store.bundles_dir.unlink()
    store.bundles_dir.mkdir()
    (store.bundles_dir / "linked-20260101-aaaaaa.fairal.zip").symlink_to(sound)
    assert readers(store).experiments() == []


def test_an_id_that_is_none_is_nobodys(store, sound):
    library = readers(store)
    library.add(sound)
    for name in ("../x", "", "x" * 70, EXPERIMENT + "\n"):
        with pytest.raises(InputError, match="There is no experiment"):
            library.snapshot(name)


def test_what_the_package_ships_is_sound_and_small(tmp_path):
    files = list(library_module.SHIPPED_DIR.glob("*.fairal.zip"))
    assert sum(file.stat().st_size for file in files) <= 10_000_000
    for i, file in enumerate(files):
        readers_of = Library(Store(tmp_path / str(i)), tmp_path / "none")
        assert readers_of.add(file).manifest.members


def test_a_link_or_an_empty_name_in_its_place_hides_no_bundle(store, sound, tmp_path):
    library = readers(store)
    library.add(sound)
    store.experiment_dir(EXPERIMENT).symlink_to(tmp_path)
    assert library.origin(EXPERIMENT) == "added"
    assert library.snapshot(EXPERIMENT).runs[0].shown == "done"


def test_folders_of_another_user_are_left_out_and_the_rest_goes_on(store, sound, monkeypatch):
    closed, _ = store.create(tiny_config(name="closed"))
    own, _ = store.create(tiny_config(name="own"))
    readers(store).add(sound)
    scandir = os.scandir

    def refused(folder):
        if str(folder) in (str(store.runs_dir(closed)), str(store.bundles_dir)):
            raise PermissionError(13, "Permission denied", str(folder))
        return scandir(folder)

    monkeypatch.setattr("os.scandir", refused)
    there = Store(store.home)
    assert readers(there).added() == []
    assert there.runs(closed) == []
    assert len(there.runs(own)) == 3
    assert next(to_do(there))[0].experiment == own
