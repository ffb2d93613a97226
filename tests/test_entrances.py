"""Every hostile file at every entrance: one sentence, soon, in little memory, and nothing is changed."""

import json
import shutil
import time
import tracemalloc
from hashlib import blake2b
from pathlib import Path

import pytest
from hostile_files import FILES
from made import made_home
from scans import bids, mask_path, t1_path

from fairal.cli import main
from fairal.runs import library
from fairal.runs.store import Store

SECONDS = 15.0
"""Of this process: that others keep the machine busy makes no file hostile; who waits for ever meets pytest's limit."""
BYTES = 120_000_000
GROUPS = {"sub-01": "a", "sub-02": "b", "sub-03": "a", "sub-04": "b"}
LARGE = ("bomb", "gigabytes", "claims", "long", "deep", "many")


class Entrance:
    """The command line over a home of its own; what it says is a sentence, whatever it is given."""

    def __init__(self, folder: Path, monkeypatch, capsys) -> None:
        self.folder, self.home, self.scans = folder, folder / "home", folder / "scans"
        self._monkeypatch, self._capsys = monkeypatch, capsys
        monkeypatch.chdir(folder)
        monkeypatch.setenv("COLUMNS", "200")

    def run(self, *arguments: object) -> tuple[int, str, str]:
        """Run a command; gives its exit code, what it printed, and what it complained of."""
        self._monkeypatch.setattr("sys.argv", ["fairal", *map(str, arguments), "--home", str(self.home)])
        with pytest.raises(SystemExit) as left:
            main()
        said = self._capsys.readouterr()
        assert "fault of fairal" not in said.err
        assert "Traceback" not in said.err
        return left.value.code, said.out, said.err

    def refuses(self, *arguments: object) -> None:
        """Run a command that must be refused with one sentence."""
        code, _, complained = self.run(*arguments)
        assert code == 2, complained
        assert complained.startswith("fairal: ")
        assert complained.count("\n") == 1, complained
        assert complained.strip().isprintable()


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    """A folder of four scans, and a home with an experiment and the collection of these scans."""
    folder = tmp_path_factory.mktemp("entrances") / "template"
    folder.mkdir()
    store, _ = made_home(folder / "home")
    bids(folder / "scans", GROUPS, unlabelled=["sub-04"])
    from fairal.cohort.folder.collection import Collections
    from fairal.cohort.folder.importing import import_folder
    from fairal.cohort.folder.wishes import Wishes

    import_folder(Collections(store.home), "own", Wishes(folder / "scans", "sex"))
    return folder


@pytest.fixture
def entrance(template, tmp_path, monkeypatch, capsys) -> Entrance:
    shutil.copytree(template, tmp_path / "here", symlinks=True)
    return Entrance(tmp_path / "here", monkeypatch, capsys)


def contents(folder: Path) -> dict[str, str]:
    """Digests of all that stands below a folder, but of what every command may write: locks, ledger, reserve."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.suffix == ".lock" or path.name in ("ended.jsonl", "reserve", "lock"):
            continue
        plain = path.is_file() and not path.is_symlink() and path.stat().st_size < 10**8
        found[name] = blake2b(path.read_bytes()).hexdigest() if plain else f"mode {path.lstat().st_mode:o}"
    return found


def _move(path: Path, place: Path) -> None:
    """Put a file in the place of another; a link that leads to itself does so there as well."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    if path.is_symlink() and path.readlink() == Path(path.name):
        path.unlink()
        place.symlink_to(place.name)
    else:
        path.rename(place)


def as_config(entrance: Entrance, path: Path) -> None:
    entrance.refuses("run", path, "--detach")


def as_config_of_a_cohort(entrance: Entrance, path: Path) -> None:
    entrance.refuses("cohort", path, "--out", entrance.folder / "written")


def as_bundle(entrance: Entrance, path: Path) -> None:
    entrance.refuses("add", path)


def as_zip_of_scans(entrance: Entrance, path: Path) -> None:
    """Also the way of the page's upload, which runs this command."""
    zipped = path.with_suffix(".zip")
    _move(path, zipped)
    entrance.refuses("import", zipped, "--json", "--name=new", "--group=sex", "--structure=")


def as_folder_of_scans(entrance: Entrance, path: Path) -> None:
    entrance.refuses("import", path, "--name", "new", "--group", "sex")


def as_table(entrance: Entrance, path: Path) -> None:
    entrance.refuses("import", entrance.scans, "--name", "new", "--group", "sex", "--participants", path)


def as_scan_in_a_folder(entrance: Entrance, path: Path) -> None:
    _move(path, t1_path(entrance.scans, "sub-02"))
    code, said, complained = entrance.run("import", entrance.scans, "--name", "new", "--group", "sex", "--json")
    report = json.loads(said)
    assert code == 0, complained
    assert {row["participant_id"] for row in report["left_out"]} == {"sub-02"}
    assert all(row["reason"].isprintable() and row["reason"].endswith((".", ")")) for row in report["left_out"])
    shutil.rmtree(entrance.home / "collections" / "new")


def as_mask_of_label_next(entrance: Entrance, path: Path) -> None:
    """A mask that comes back for a scan that was asked for: it is left out, and what there was stays."""
    _move(path, mask_path(entrance.scans, "sub-04"))
    code, said, complained = entrance.run(
        "import", entrance.scans, "--name", "own", "--group", "sex", "--update", "--json"
    )
    assert code == 0, complained
    report = json.loads(said)
    assert report["usable"] >= 3
    assert report["labelled"] == 3
    assert {row["participant_id"] for row in report["left_out"]} <= {"sub-04"}
    assert report["left_out"] or report["usable"] == 4


ENTRANCES = {function.__name__: function for function in (
    as_config, as_config_of_a_cohort, as_bundle, as_zip_of_scans, as_folder_of_scans, as_table, as_scan_in_a_folder,
    as_mask_of_label_next,
)}  # fmt: skip


def test_the_corpus_holds_more_than_forty_files():
    assert len(FILES) > 60


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("way", ENTRANCES)
def test_a_hostile_file_is_a_sentence_at_every_entrance(entrance, way, kind):
    path = entrance.folder / "given"
    FILES[kind](path)
    before, started = contents(entrance.home), time.process_time()
    measured = any(word in kind for word in LARGE)
    if measured:
        tracemalloc.start()
    ENTRANCES[way](entrance, path)
    if measured:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < BYTES
    assert time.process_time() - started < SECONDS
    if way != "as_mask_of_label_next":
        assert contents(entrance.home) == before
    assert {p.name for p in entrance.folder.iterdir()} <= {"home", "scans", "given", "given.zip"}
    assert [p.name for p in entrance.home.iterdir() if p.name.startswith((".", ".new"))] == []


# ------------------------------------------------------------------ what lies in a home already, or in the package


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("where", ["added", "shipped"])
def test_a_hostile_file_among_the_bundles_is_a_sentence_and_harms_no_other(
    entrance, monkeypatch, tmp_path, where, kind
):
    folder = entrance.home / "bundles" if where == "added" else tmp_path / "shipped"
    folder.mkdir()
    if where == "shipped":
        monkeypatch.setattr(library, "SHIPPED_DIR", folder)
    path = folder / "hostile-20261124-abcdef.fairal.zip"
    FILES[kind](path)
    there = Store(entrance.home).experiments()
    before, started = contents(entrance.folder), time.process_time()
    code, said, complained = entrance.run("list", "--json", *(["--shipped"] if where == "shipped" else []))
    assert (code, complained) == (0, "")
    rows = {row["experiment"]: row["state"] for row in json.loads(said)}
    assert set(rows) <= {*there, "hostile-20261124-abcdef"}
    assert rows.get("hostile-20261124-abcdef", "damaged") == "damaged"
    for command in (["show"], ["show", "--json"], ["story", "--out", tmp_path / "story.html"]):
        code, _, complained = entrance.run(*command, "hostile-20261124-abcdef")
        assert code in (1, 2), complained
        assert complained.count("\n") == 1, complained
    assert entrance.run("show", there[0])[0] == 0
    assert time.process_time() - started < SECONDS
    assert contents(entrance.folder) == before
    assert not (tmp_path / "story.html").exists()
