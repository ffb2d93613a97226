import re
import tracemalloc
from pathlib import Path

import pytest
from hostile import IMAGES, MASKS, write_corpus
from scans import bids, table

from fairal.cohort.folder.collection import Collections
from fairal.cohort.folder.importing import import_folder
from fairal.cohort.folder.nifti import read_header, read_volume
from fairal.cohort.folder.wishes import Wishes
from fairal.errors import InputError

GOOD = {"sub-01": "a", "sub-02": "b", "sub-03": "a"}


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """All hostile files and three sound scans in one folder, imported."""
    root = tmp_path_factory.mktemp("hostile")
    folder = bids(root / "scans", GOOD)
    expected = write_corpus(folder)
    table(folder, GOOD | {name: "ab"[i % 2] for i, name in enumerate(expected)})
    report = import_folder(Collections(root / "home"), "own", Wishes(folder, "sex", structure=(1, 2)))
    return report, expected


def test_the_corpus_holds_more_than_forty_files():
    assert len(IMAGES) + len(MASKS) > 60


def test_sound_scans_come_in_beside_the_hostile_ones(imported):
    report, _ = imported
    assert [scan.participant_id for scan in report.usable] == list(GOOD)
    assert report.groups == {"a": 2, "b": 1}


@pytest.mark.parametrize("kind", [*IMAGES, *MASKS])
def test_a_hostile_file_is_left_out_with_its_sentence(imported, kind):
    report, expected = imported
    [reason] = {row.reason for row in report.left_out if row.participant_id == f"sub-{kind}"}
    assert re.search(expected[f"sub-{kind}"], reason), reason
    assert reason.endswith((".", ")."))
    assert "\n" not in reason
    assert reason.isprintable()


def _peak(read, path: Path) -> int:
    tracemalloc.start()
    with pytest.raises(InputError):
        read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize("kind", ["bomb", "thirtygigabytes", "claimsmore", "fiftyfour", "manyseries"])
def test_what_a_file_claims_costs_no_memory(tmp_path, kind):
    path = tmp_path / "scan.nii.gz"
    IMAGES[kind][0](path)
    assert _peak(read_volume, path) < 8e6


def test_a_header_is_read_without_the_voxels(tmp_path):
    path = tmp_path / "scan.nii.gz"
    IMAGES["cutvoxels"][0](path)
    assert read_header(path).shape == (16, 18, 14)
