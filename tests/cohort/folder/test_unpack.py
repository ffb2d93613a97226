"""Archives that mean harm are refused with a sentence before a byte is written; honest ones come in."""

import io
import json
import re
import stat
import struct
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import pytest
from scans import bids
from typer.testing import CliRunner

from fairal.cli import app
from fairal.cohort.folder import unpack as module
from fairal.cohort.folder.unpack import unpack, unpacked
from fairal.errors import InputError

SCAN = "imagesTr/a.nii.gz"


def member(name: str, kind: int = 0, how: int = ZIP_STORED) -> ZipInfo:
    info = ZipInfo(name)
    info.external_attr, info.compress_type = (kind | 0o644) << 16 if kind else 0, how
    return info


def archive(*members: tuple[ZipInfo | str, bytes]) -> bytes:
    whole = io.BytesIO()
    with ZipFile(whole, "w") as opened:
        for info, content in members:
            opened.writestr(info, content)
    return whole.getvalue()


def named(name: str) -> bytes:
    return archive((SCAN, b"x"), (member(name), b"x"))


def patched(content: bytes, signature: bytes, offset: int, form: str, *values: int) -> bytes:
    """Overwrite fields of the last record that begins with the signature."""
    changed = bytearray(content)
    struct.pack_into(form, changed, content.rindex(signature) + offset, *values)
    return bytes(changed)


def twice(content: bytes = b"x" * 3000) -> bytes:
    """Two names in the list for the bytes of one file, as the flat bombs of David Fifield have them."""
    return patched(archive((SCAN, content), ("imagesTr/b.nii.gz", content)), b"PK\x01\x02", 42, "<I", 0)


CENTRAL, END = b"PK\x01\x02", b"PK\x05\x06"
HOSTILE = {
    "no zip": (b"participant_id\tsex\n" * 40, "not a whole zip"),
    "empty file": (b"", "not a whole zip"),
    "cut": (archive((SCAN, b"x" * 500))[:-30], "not a whole zip"),
    "no members": (archive(), "no file in it ends in"),
    "no scans": (archive(("notes.md", b"x")), "no file in it ends in"),
    "absolute": (named("/etc/cron.d/a.nii.gz"), "absolute path"),
    "drive": (named("C:/a.nii.gz"), "signs in its name"),
    "dot dot": (named("imagesTr/../../a.nii.gz"), "leads out"),
    "dot": (named("imagesTr/./a.nii.gz"), "signs in its name"),
    "no name between": (named("imagesTr//a.nii.gz"), "signs in its name"),
    "backslash": (named("..\\..\\a.nii.gz"), "signs in its name"),
    "line end": (named("imagesTr/a\nb.nii.gz"), "signs in its name"),
    "escape": (named("imagesTr/\x1b[31mred.nii.gz"), "signs in its name"),
    "right to left": (named("imagesTr/a\u202egz.iin.nii.gz"), "signs in its name"),
    "nul": (named("imagesTr/b.niiX").replace(b"b.niiX", b"b.nii\0"), "signs in its name"),
    "deep": (named("d/" * 40 + "a.nii.gz"), "deeper than 16"),
    "long": (named("a" * 700 + ".nii.gz"), "more than 600"),
    "link": (archive((SCAN, b"x"), (member("imagesTr/b.nii.gz", stat.S_IFLNK), b"/etc/passwd")), "is a link"),
    "link to a folder": (archive((SCAN, b"x"), (member("labelsTr", stat.S_IFLNK), b"/etc")), "is a link"),
    "pipe": (archive((SCAN, b"x"), (member("imagesTr/b.nii.gz", stat.S_IFIFO), b"")), "no plain file"),
    "duplicate": (named("imagesTr/A.nii.gz"), "is there twice"),
    "duplicate accent": (archive(("é.nii", b"x"), ("e\u0301.nii", b"x")), "is there twice"),
    "file and folder": (archive(("a.nii", b"x"), ("a.nii/b.nii", b"x")), "a file at the same time"),
    "archive inside": (named("more.zip"), "archive in the archive"),
    "tar inside": (named("more.tar.gz"), "archive in the archive"),
    "unusual packing": (archive((SCAN, b"x"), (member("b.nii", how=ZIP_BZIP2), b"x")), "unusual way"),
    "encrypted": (patched(archive((SCAN, b"x")), CENTRAL, 8, "<H", 1), "is encrypted"),
    "bomb": (archive((member(SCAN, how=ZIP_DEFLATED), bytes(2**22))), "times its own size"),
    "claims 3 GB": (patched(archive((SCAN, b"x")), CENTRAL, 24, "<I", 3 * 10**9), "claims 3,000,000,000 bytes"),
    "claims more": (patched(archive((SCAN, b"x")), CENTRAL, 24, "<I", 5000), "claims 5,000 bytes out of 1"),
    "claims less": (patched(archive((SCAN, b"x" * 900)), CENTRAL, 24, "<I", 9), "is damaged"),
    "shared bytes": (twice(), "shares its bytes"),
    "flipped": (archive((SCAN, b"x" * 900)).replace(b"xxx", b"xyx", 1), "is damaged"),
    "long list": (patched(archive((SCAN, b"x")), END, 12, "<I", 2**31), "list of files takes 2,147,483,648"),
    "zip64": (archive((SCAN, b"x")).replace(END, b"PK\x06\x07" + bytes(16) + END), "zip64"),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_archive_is_refused_with_its_sentence(tmp_path, kind):
    content, expected = HOSTILE[kind]
    (tmp_path / "a.zip").write_bytes(content)
    target = tmp_path / "in" / "target"
    target.mkdir(parents=True)
    with pytest.raises(InputError) as said:
        unpack(tmp_path / "a.zip", target)
    sentence = str(said.value)
    assert re.search(expected, sentence), sentence
    assert sentence.endswith(".")
    assert sentence.isprintable()
    if "damaged" not in expected:
        assert not list(target.iterdir()), "nothing is written before everything was checked"
    assert sorted(p.name for p in tmp_path.rglob("*")) == sorted(
        ["a.zip", "in", "target", *(p.name for p in target.rglob("*"))]
    )


def test_too_many_members_and_too_much_in_all_are_refused(tmp_path, monkeypatch):
    (tmp_path / "a.zip").write_bytes(archive((SCAN, b"x" * 60), ("b.nii", b"x" * 60)))
    monkeypatch.setattr(module, "ARCHIVE_UNPACKED_BYTES_MAX", 119)
    with pytest.raises(InputError, match="unpacks to 120 bytes; at most 119"):
        unpack(tmp_path / "a.zip", tmp_path)
    monkeypatch.setattr(module, "ARCHIVE_MEMBERS_MAX", 1)
    with pytest.raises(InputError, match="holds 2 files; at most 1 are taken"):
        unpack(tmp_path / "a.zip", tmp_path)


def test_a_full_disk_is_said_before_anything_is_written(tmp_path, monkeypatch):
    (tmp_path / "a.zip").write_bytes(archive((SCAN, bytes(3_000_000))))
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: type("", (), {"free": 1_000_000}))
    with pytest.raises(InputError, match="takes 3 MB and the disk has 1 left"):
        unpack(tmp_path / "a.zip", tmp_path)


def zipped(folder: Path, to: Path, below: str = "") -> Path:
    with ZipFile(to, "w") as opened:
        for path in sorted(folder.rglob("*")):
            opened.write(path, below + path.relative_to(folder).as_posix())
    return to


def test_only_scans_and_tables_are_unpacked_and_what_file_managers_add_is_passed_over(tmp_path):
    content = archive(
        ("set/imagesTr/a.nii.gz", b"scan"), ("set/participants.tsv", b"table"), ("set/README.md", b"text"),
        ("__MACOSX/set/imagesTr/._a.nii.gz", b"x"), ("set/.DS_Store", b"x"), (member("set/labelsTr/"), b""),
    )  # fmt: skip
    (tmp_path / "a.zip").write_bytes(content)
    target = tmp_path / "target"
    target.mkdir()
    assert unpack(tmp_path / "a.zip", target) == ["set/imagesTr/a.nii.gz", "set/participants.tsv"]
    assert (target / "set/imagesTr/a.nii.gz").read_bytes() == b"scan"


def test_a_folder_is_given_as_it_is_and_a_zip_leaves_nothing_behind(tmp_path):
    folder, home = bids(tmp_path / "set", {"sub-01": "a", "sub-02": "b"}), tmp_path / "home"
    with unpacked(folder, home) as scans:
        assert scans == folder
    archived = zipped(folder, tmp_path / "a.ZIP", below="set/")
    with unpacked(archived, home) as scans:
        assert scans.name == "set"
        assert (scans / "participants.tsv").read_text() == (folder / "participants.tsv").read_text()
    assert list(home.iterdir()) == []


def test_a_zip_is_imported_at_the_command_line_as_its_folder_is(tmp_path):
    folder = bids(tmp_path / "set", {"sub-01": "a", "sub-02": "b"})
    said = []
    for source in (folder, zipped(folder, tmp_path / "a.zip")):
        options = ["--name", "own", "--group", "sex", "--home", str(tmp_path / f"home of {source.name}"), "--json"]
        ran = CliRunner().invoke(app, ["import", str(source), *options, "--progress", str(tmp_path / "progress.json")])
        said.append(json.loads(ran.stdout))
    assert said[0] == said[1]
    assert said[0]["usable"] == 2
    assert json.loads((tmp_path / "progress.json").read_text())["total"] == 2
