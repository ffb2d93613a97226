import csv
import shutil

import nibabel as nib
import numpy as np
import pytest
from scans import SHAPE, bids, blob, brain, mask_path, save, t1_path, table

from fairal.cohort.bids import write_bids
from fairal.cohort.folder import importing
from fairal.cohort.folder.collection import Collections
from fairal.cohort.folder.importing import import_folder, update_collection
from fairal.cohort.folder.wishes import TooFewGroups, Wishes
from fairal.errors import InputError, RunError
from fairal.facts.subject import Row

FOUR = {"sub-01": "F", "sub-02": "M", "sub-03": "F", "sub-04": "M"}


@pytest.fixture
def collections(tmp_path) -> Collections:
    return Collections(tmp_path / "home")


@pytest.fixture
def scans(tmp_path):
    """Four participants of two groups, the last one unlabelled."""
    return bids(tmp_path / "scans", FOUR, unlabelled=["sub-04"])


def everything_below(folder) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def as_decathlon(source, target):
    """Write a BIDS folder in the Decathlon's layout; the test set's scans are those without a mask."""
    for image in sorted(source.glob("sub-*/anat/*_T1w.nii.gz")):
        name = image.parts[-3].removeprefix("sub-")
        masks = list(source.glob(f"derivatives/*/sub-{name}/anat/*_mask.nii.gz"))
        part = "imagesTr" if masks else "imagesTs"
        for folder, file in ((part, image), *(("labelsTr", mask) for mask in masks)):
            (target / folder).mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target / folder / f"{name}.nii.gz")
    rows = (source / "participants.tsv").read_text().replace("\nsub-", "\n")
    (target / "participants.tsv").write_text(rows)
    return target


@pytest.fixture(scope="module")
def written(smoke_cohort, tmp_path_factory):
    """What `fairal cohort` writes, in both layouts."""
    root = tmp_path_factory.mktemp("written")
    write_bids(list(smoke_cohort.values()), root / "BIDS")
    return {"BIDS": root / "BIDS", "Decathlon / nnU-Net": as_decathlon(root / "BIDS", root / "decathlon")}


def normalised(volume: np.ndarray) -> np.ndarray:
    clipped = np.clip(volume.astype(float), *np.percentile(volume.astype(float), (0.5, 99.5)))
    return (clipped - clipped.mean()) / clipped.std()


@pytest.mark.parametrize("layout", ["BIDS", "Decathlon / nnU-Net"])
def test_what_fairal_cohort_writes_comes_back_voxel_for_voxel(written, layout, smoke_cohort, collections):
    report = import_folder(collections, "own", Wishes(written[layout], "group", crop=False))
    assert report.layout == layout
    assert (len(report.usable), report.labelled, report.left_out) == (24, 24, [])
    rows = list(csv.DictReader((written[layout] / "participants.tsv").open(), delimiter="\t"))
    assert report.groups == {g: sum(r["group"] == g for r in rows) for g in ("biased", "reference")}
    own, pool = collections.open("own"), smoke_cohort["pool"]
    names = [("sub-" if layout == "BIDS" else "") + subject.id for subject in pool.subjects]
    t1, mask = own.load(names)
    assert own.spacing_mm == pool.spacing_mm
    assert np.array_equal(mask, pool.mask)
    assert np.allclose(t1, np.stack([normalised(volume) for volume in pool.t1]), atol=0.01)
    assert [own.scan(name).volume_mm3 for name in names] == [subject.volume_mm3 for subject in pool.subjects]
    assert np.allclose(own.affine(names[0])[:3, 3], pool.origin_mm)


def test_a_cropped_import_holds_every_structure_whole(written, smoke_cohort, collections):
    report = import_folder(collections, "own", Wishes(written["BIDS"], "group", spacing_mm=3, size=(12, 20, 14)))
    assert report.shape == (12, 20, 14)
    names = [f"sub-{subject.id}" for subject in smoke_cohort["test"].subjects]
    _, mask = collections.open("own").load(names)
    assert np.array_equal(mask.sum((1, 2, 3)), smoke_cohort["test"].mask.sum((1, 2, 3)))


def test_the_report_is_what_the_contract_says(scans, collections):
    (scans / "participants.tsv").write_text(
        "participant_id\tsex\nsub-01\tF\nsub-02\tM\nsub-03\tn/a\nsub-04\tM\nsub-99\tF\n"
    )
    report = import_folder(collections, "own", Wishes(scans, "sex"))
    assert report.as_json() == {
        "collection": "own",
        "usable": 3,
        "labelled": 2,
        "unlabelled": 1,
        "left_out": [
            {
                "participant_id": "sub-03",
                "file": "sub-03/anat/sub-03_T1w.nii.gz",
                "reason": "participants.tsv gives no group for this participant (n/a or empty).",
            },
            {
                "participant_id": "sub-99",
                "file": "participants.tsv",
                "reason": "The table has a row for this participant, but there is no image.",
            },
        ],
        "groups": {"F": 1, "M": 2},
        "shape": list(SHAPE),
        "spacing_mm": 1.0,
    }


def test_a_collection_gives_rows_volumes_and_a_cohort(scans, collections):
    import_folder(collections, "own", Wishes(scans, "sex"))
    own = collections.open("own")
    assert own.rows()[0] == Row("sub-01", "F", has_mask=True)
    assert own.rows()[3] == Row("sub-04", "M", has_mask=False)
    assert own.groups == ("F", "M")
    assert (own.shape, own.origin_mm) == (SHAPE, (-8.0, -9.0, -7.0))
    cohort = own.cohort(["sub-04", "sub-01"], "pool", "key")
    assert [(s.id, s.group, s.volume_mm3) for s in cohort.subjects] == [("sub-04", "M", None), ("sub-01", "F", 150.0)]
    assert not cohort.mask[0].any()
    assert np.array_equal(cohort.mask[1], blob())
    assert not own.load(["sub-01"], masks=False)[1].any()
    with pytest.raises(InputError, match="no usable scan 'sub-77'"):
        own.load(["sub-77"])


def test_the_source_folder_is_only_read(scans, collections):
    before = everything_below(scans)
    import_folder(collections, "own", Wishes(scans, "sex"))
    update_collection(collections, "own", Wishes(scans, "sex"))
    assert everything_below(scans) == before


def test_files_as_life_has_them_come_in_together(tmp_path, collections):
    folder = bids(tmp_path / "scans", {"sub-1": "site A", "sub-2": "Site B"})
    groups = {"sub-1": "site A", "sub-2": "Site B", "sub-lps": "site A", "sub-u8": "Site B", "sub-wide": "site A",
              "sub-4d": "Site B", "sub-small_1-x": "site A"}  # fmt: skip
    flip = np.diag([-1.0, -1, 1, 1])
    save(t1_path(folder, "sub-lps"), brain(11)[::-1, ::-1], flip)
    save(mask_path(folder, "sub-lps"), blob()[::-1, ::-1].astype(np.uint8) * 2, flip)
    save(t1_path(folder, "sub-u8"), brain(12), dtype=np.uint8)
    save(t1_path(folder, "sub-wide"), brain(13) * 1e6)
    save(t1_path(folder, "sub-4d"), brain(14)[..., None])
    save(mask_path(folder, "sub-4d"), blob()[..., None], dtype=np.float32)
    save(t1_path(folder, "sub-small_1-x"), brain(15, (12, 20, 14)))
    table(folder, groups)
    report = import_folder(collections, "own", Wishes(folder, "sex", structure=(1, 2)))
    assert report.left_out == []
    assert report.groups == {"Site B": 3, "site A": 4}
    assert report.shape == (16, 20, 14)
    t1, mask = collections.open("own").load(["sub-lps", "sub-u8", "sub-wide", "sub-small_1-x"])
    assert np.array_equal(mask[0, :, 1:19], blob())
    assert t1[:3, :, 1:19].astype(float).std((1, 2, 3)) == pytest.approx(1, abs=1e-3)
    assert not t1[3, :2].any()


@pytest.mark.parametrize(
    ("structure", "reasons"),
    [
        ((), {"sub-02": "holds the labels 1, 2", "sub-03": "holds label 5, most others 1; --structure 1,5"}),
        ((1, 2), {"sub-03": "none of the labels 1, 2"}),
        ((1, 2, 5), {}),
    ],
)
def test_labels_are_joined_and_never_guessed(tmp_path, collections, structure, reasons):
    folder = bids(tmp_path / "scans", FOUR | {"sub-05": "M"})
    both = blob() + blob(high=(7, 8, 6)).astype(np.uint8)
    save(mask_path(folder, "sub-02"), both, dtype=np.uint8)
    save(mask_path(folder, "sub-03"), blob() * 5, dtype=np.uint8)
    report = import_folder(collections, "own", Wishes(folder, "sex", structure=structure))
    assert {row.participant_id for row in report.left_out} == set(reasons)
    for row in report.left_out:
        assert reasons[row.participant_id] in row.reason
        assert row.file.startswith("derivatives/")


def test_one_label_of_several_is_the_structure_and_the_rest_is_background(tmp_path, collections):
    folder = bids(tmp_path / "scans", FOUR)
    save(mask_path(folder, "sub-02"), blob() + blob(high=(7, 8, 6)).astype(np.uint8), dtype=np.uint8)
    report = import_folder(collections, "own", Wishes(folder, "sex", structure=(1,)))
    assert report.other_labels == (2,)
    assert collections.open("own").scan("sub-02").original.mask_voxels == 150 - 8


def test_a_scan_that_is_there_twice_is_left_out_once(tmp_path, collections):
    folder = bids(tmp_path / "scans", FOUR)
    save(t1_path(folder, "sub-03"), brain(0))
    [row] = import_folder(collections, "own", Wishes(folder, "sex")).left_out
    assert row.participant_id == "sub-03"
    assert "that of sub-01, voxel for voxel" in row.reason


def test_fewer_than_two_groups_import_nothing_and_say_why(scans, collections):
    table(scans, dict.fromkeys(FOUR, "F"))
    with pytest.raises(TooFewGroups, match="only one group has usable scans") as caught:
        import_folder(collections, "own", Wishes(scans, "sex"))
    assert caught.value.report.as_json()["usable"] == 4
    assert collections.names() == []
    table(scans, dict.fromkeys(FOUR, "n/a"))
    with pytest.raises(TooFewGroups, match="no group has"):
        import_folder(collections, "own", Wishes(scans, "sex"))
    assert [path.name for path in collections.root.iterdir()] == [".lock"]


@pytest.mark.parametrize("what", ["headers", "check", "write"])
def test_an_interrupted_import_leaves_nothing(scans, collections, what):
    def interrupt(step, done, total):
        if (step, done) == (what, 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_folder(collections, "own", Wishes(scans, "sex"), interrupt)
    assert [path.name for path in collections.root.iterdir()] == [".lock"]


def test_what_a_killed_import_left_is_removed_by_the_next_and_is_no_collection(scans, collections):
    (collections.root / ".new-killed" / "volumes").mkdir(parents=True)
    assert collections.names() == []
    import_folder(collections, "own", Wishes(scans, "sex"))
    assert sorted(path.name for path in collections.root.iterdir()) == [".lock", "own"]


def test_an_update_takes_in_what_is_new_and_keeps_every_id_in_its_place(scans, collections):
    import_folder(collections, "own", Wishes(scans, "sex"))
    before = collections.open("own")
    shutil.rmtree(scans / "sub-01")
    save(t1_path(scans, "sub-02"), brain(50))
    save(mask_path(scans, "sub-04"), blob(), dtype=np.uint8)
    save(t1_path(scans, "sub-00"), brain(51))
    table(scans, FOUR | {"sub-00": "M"})
    report = update_collection(collections, "own", Wishes(scans, "sex"))
    changes = {name: report.as_json()[name] for name in ("new", "changed", "new_masks", "gone")}
    assert changes == {"new": ["sub-00"], "changed": ["sub-02"], "new_masks": ["sub-04"], "gone": ["sub-01"]}
    after = collections.open("own")
    assert [scan.participant_id for scan in after.content.scans] == ["sub-01", "sub-02", "sub-03", "sub-04", "sub-00"]
    assert [row.id for row in after.rows()] == ["sub-02", "sub-03", "sub-04", "sub-00"]
    assert after.scan("sub-03") == before.scan("sub-03")
    assert after.digest != before.digest
    assert after.content.steps == before.content.steps
    assert len(list((after.folder / "volumes").iterdir())) == 4
    with pytest.raises(RunError, match="sub-02 in the collection own is damaged"):
        before.load(["sub-02"])  # a reader of the old content is told, and gets no new volume


def test_a_scan_that_comes_back_has_its_old_place(scans, collections):
    import_folder(collections, "own", Wishes(scans, "sex"))
    digest = collections.open("own").digest
    (scans / "sub-02").rename(scans.parent / "away")
    assert update_collection(collections, "own", Wishes(scans, "sex")).changes.gone == ("sub-02",)
    (scans.parent / "away").rename(scans / "sub-02")
    assert update_collection(collections, "own", Wishes(scans, "sex")).changes.new == ("sub-02",)
    assert collections.open("own").digest == digest


def test_an_update_without_changes_writes_no_volume_and_keeps_the_digest(scans, collections, monkeypatch):
    import_folder(collections, "own", Wishes(scans, "sex"))
    digest = collections.open("own").digest
    monkeypatch.setattr(importing.Intake, "_bring", None)
    report = update_collection(collections, "own", Wishes(scans, "sex"))
    assert (report.changes.new, report.changes.changed) == ((), ())
    assert collections.open("own").digest == digest


def test_a_new_mask_outside_of_the_box_is_an_error_for_that_scan_alone(scans, collections):
    import_folder(collections, "own", Wishes(scans, "sex", size=(8, 8, 8)))
    save(mask_path(scans, "sub-04"), blob(low=(0, 0, 0), high=(3, 3, 3)), dtype=np.uint8)
    [row] = update_collection(collections, "own", Wishes(scans, "sex")).left_out
    assert (row.participant_id, row.file) == ("sub-04", "derivatives/me/sub-04/anat/sub-04_mask.nii.gz")
    assert "would be cut" in row.reason


def test_an_interrupted_update_changes_nothing(scans, collections):
    import_folder(collections, "own", Wishes(scans, "sex"))
    before = everything_below(collections.root)
    for name in ("sub-01", "sub-02"):
        save(t1_path(scans, name), brain(60 + int(name[-1])))

    def interrupt(step, done, total):
        if (step, done) == ("write", 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        update_collection(collections, "own", Wishes(scans, "sex"), interrupt)
    assert everything_below(collections.root) == before


@pytest.mark.parametrize(
    "wish", [{"spacing_mm": 2.0}, {"size": (8, 8, 8)}, {"structure": (2,)}, {"group": "age"}, {"crop": False}]
)
def test_an_update_keeps_what_the_volumes_were_made_with(scans, collections, wish):
    import_folder(collections, "own", Wishes(scans, "sex"))
    with pytest.raises(InputError, match=r"was imported with --\w+ .* keeps that"):
        update_collection(collections, "own", Wishes(**({"folder": scans, "group": "sex"} | wish)))


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({"spacing_mm": float("nan")}, "--spacing must lie in 0.02..50"),
        ({"spacing_mm": -1.0}, "--spacing must lie in"),
        ({"size": (8, 8)}, "--size must be three numbers"),
        ({"size": (8, 8, 10**9)}, "--size must be three numbers in 4..1024"),
        ({"size": (1024, 1024, 1024)}, "--size asks for 1,073,741,824 voxels"),
        ({"structure": (0, 1)}, "--structure must name labels in 1..65535"),
    ],
)
def test_a_wish_that_cannot_be_is_a_sentence(tmp_path, wish, reason):
    with pytest.raises(InputError, match=reason):
        Wishes(tmp_path, "sex", **wish)


def test_a_missing_volume_of_the_collection_is_made_again_by_an_update(scans, collections):
    import_folder(collections, "own", Wishes(scans, "sex"))
    own = collections.open("own")
    path = own.folder / "volumes" / f"{own.scan('sub-02').stored.file}.npz"
    content = path.read_bytes()
    path.unlink()
    assert update_collection(collections, "own", Wishes(scans, "sex")).changes.changed == ()
    assert path.read_bytes() == content


def test_the_stored_affine_puts_every_structure_where_its_file_has_it(tmp_path, collections):
    folder = bids(tmp_path / "scans", FOUR)
    moved = np.diag([-1.0, 1.2, 1, 1])
    moved[:3, 3] = (40, -10, 7)
    save(t1_path(folder, "sub-02"), brain(1), moved)
    save(mask_path(folder, "sub-02"), blob(), moved, dtype=np.uint8)
    import_folder(collections, "own", Wishes(folder, "sex"))
    own = collections.open("own")
    _, [mask] = own.load(["sub-02"])
    stored = nib.affines.apply_affine(own.affine("sub-02"), np.argwhere(mask)).mean(0)
    there = nib.affines.apply_affine(moved, np.argwhere(blob())).mean(0)
    assert np.allclose(stored, there, atol=0.5)
