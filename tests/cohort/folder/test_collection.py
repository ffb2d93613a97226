import json

import pytest
from scans import bids

from fairal.cohort.folder.collection import Collections
from fairal.cohort.folder.content import FILE, read_content, write_content
from fairal.cohort.folder.importing import import_folder, update_collection
from fairal.cohort.folder.wishes import Wishes
from fairal.errors import InputError, RunError

GROUPS = {"sub-01": "F", "sub-02": "M", "sub-03": "F"}
BAD_NAMES = [
    "",
    ".",
    "..",
    "../own",
    "a/b",
    "/etc",
    "-x",
    "a b",
    "a" * 49,
    "a\x00b",
    "a\n",
    "\x1b[2J",
    "[/b]",
    "²",
    "ä",
]


@pytest.fixture
def home(tmp_path):
    bids(tmp_path / "scans", GROUPS)
    import_folder(Collections(tmp_path / "home"), "own", Wishes(tmp_path / "scans", "sex"))
    return tmp_path / "home"


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_beside_the_pattern_is_a_sentence_everywhere(home, tmp_path, name):
    collections = Collections(home)
    for act in (collections.open, collections.forget, collections.check_there):
        with pytest.raises(InputError, match="1 to 48 letters, digits") as caught:
            act(name)
        assert str(caught.value).isprintable()
    with pytest.raises(InputError, match="1 to 48 letters"):
        import_folder(collections, name, Wishes(tmp_path / "scans", "sex"))
    assert collections.names() == ["own"]


def test_an_import_never_replaces_a_collection_and_an_update_needs_one(home, tmp_path):
    with pytest.raises(InputError, match="a collection 'own' already"):
        import_folder(Collections(home), "own", Wishes(tmp_path / "scans", "sex"))
    with pytest.raises(InputError, match="no collection 'other'; there are: own"):
        update_collection(Collections(home), "other", Wishes(tmp_path / "scans", "sex"))


def test_forget_removes_exactly_the_one(home, tmp_path):
    import_folder(Collections(home), "own2", Wishes(tmp_path / "scans", "sex"))
    Collections(home).forget("own")
    assert Collections(home).names() == ["own2"]
    assert (tmp_path / "scans" / "participants.tsv").exists()
    with pytest.raises(InputError, match="no collection 'own'; there are: own2"):
        Collections(home).forget("own")


@pytest.mark.parametrize("place", ["collections", "collections/evil", "collections/own/volumes"])
def test_links_are_never_followed_out_of_the_home(home, tmp_path, place):
    outside = tmp_path / "outside"
    (home / place).parent.mkdir(exist_ok=True)
    if (home / place).exists():
        (home / place).rename(outside)
    else:
        outside.mkdir()
    (outside / "kept.txt").write_text("kept")
    (home / place).symlink_to(outside)
    name = "evil" if place.endswith("evil") else "own"
    collections = Collections(home)
    for act in (collections.open, collections.forget):
        with pytest.raises(InputError, match="is a link"):
            act(name)
    assert (outside / "kept.txt").read_text() == "kept"


def test_one_import_at_a_time(home, tmp_path):
    with Collections(home).alone(), pytest.raises(InputError, match="Another import"):
        import_folder(Collections(home), "own2", Wishes(tmp_path / "scans", "sex"))


def test_every_flipped_bit_of_a_volume_is_said(home):
    own = Collections(home).open("own")
    path = own.folder / "volumes" / f"{own.scan('sub-02').stored.file}.npz"
    content = path.read_bytes()
    for place in range(0, len(content), len(content) // 50):
        path.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
        with pytest.raises(RunError, match="sub-02 in the collection own is damaged"):
            own.load(["sub-02"])
    own.load(["sub-01", "sub-03"])
    for broken in (b"", content[:-1], content + b"x"):
        path.write_bytes(broken)
        with pytest.raises(RunError, match="makes it again"):
            own.load(["sub-02"])


def test_every_flipped_bit_of_the_description_is_said_or_changes_nothing(home):
    path = home / "collections" / "own" / FILE
    content, sound = path.read_bytes(), Collections(home).open("own").content
    for place in range(0, len(content), 23):
        path.write_bytes(content[:place] + bytes([content[place] ^ (1 << place % 7)]) + content[place + 1 :])
        try:
            assert Collections(home).open("own").content == sound
        except RunError as error:
            assert "The collection own is damaged" in str(error)  # noqa: PT017


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"null", b"[" * 100_000, b'{"schema": 2}', b"\xff\xfe"])
def test_a_description_that_is_none_is_a_sentence(home, content):
    (home / "collections" / "own" / FILE).write_bytes(content)
    with pytest.raises(RunError, match="forget it and import it again"):
        Collections(home).open("own")
    Collections(home).forget("own")


def test_what_the_description_says_is_typed_even_where_the_checksum_is_right(home):
    folder = home / "collections" / "own"
    content = read_content(folder)
    write_content(folder, content.model_copy(update={"steps": content.steps.model_copy(update={"spacing_mm": -1.0})}))
    with pytest.raises(RunError, match="a field is not what it should be"):
        read_content(folder)


def test_the_digest_covers_groups_ids_volumes_and_grid_but_not_where_they_lay(home):
    content = read_content(home / "collections" / "own")
    assert content.model_copy(update={"folder": "/elsewhere", "updated": "now"}).digest == content.digest
    first, *rest = content.scans
    for change in ({"group": "M"}, {"participant_id": "sub-9"}, {"stored": rest[0].stored}, {"state": "left out"}):
        assert content.model_copy(update={"scans": (first.model_copy(update=change), *rest)}).digest != content.digest
    steps = content.steps.model_copy(update={"spacing_mm": 2.0})
    assert content.model_copy(update={"steps": steps}).digest != content.digest


def test_the_description_says_what_was_done(home):
    whole = json.loads((home / "collections" / "own" / FILE).read_text())
    assert whole["schema"] == 1
    assert whole["collection"]["steps"] == {
        "orientation": "RAS",
        "spacing_mm": 1.0,
        "image_interpolation": "bilinear",
        "mask_interpolation": "nearest",
        "crop": True,
        "box": [[-8, 8], [-9, 9], [-7, 7]],
        "clip_percentiles": [0.5, 99.5],
        "intensities": "z-score",
        "pad_value": 0.0,
        "image_type": "float16",
    }
    scan = whole["collection"]["scans"][0]
    assert scan["original"]["orientation"] == "RAS"
    assert (scan["original"]["mask_voxels"], scan["original"]["volume_mm3"]) == (150, 150.0)
