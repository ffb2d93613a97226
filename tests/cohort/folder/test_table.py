import pytest

from fairal.cohort.folder.table import find_table, read_table
from fairal.errors import InputError
from fairal.plain import plain


def read(tmp_path, content, column="sex"):
    path = tmp_path / "participants.tsv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(path, column)


@pytest.mark.parametrize(
    "content",
    [
        "participant_id\tage\tsex\nsub-1\t30\tF\nsub-2\t40\tMale, other\n",
        'participant_id,age,sex\r\nsub-1,30,F\r\nsub-2,40,"Male, other"\r\n',
        "participant_id;age;sex\r\nsub-1;30;F\r\nsub-2;40;Male, other",
        b"\xef\xbb\xbfparticipant_id\tage\tsex\r\nsub-1\t30\tF \r\n\r\nsub-2\t40\tMale, other\r\n",
        "participant_id\tage\tsex\rsub-1\t30\tF\rsub-2\t40\tMale, other\r",
    ],
    ids=["tsv", "csv", "semicolons", "bom and windows", "old mac"],
)
def test_tables_as_programs_write_them(tmp_path, content):
    assert read(tmp_path, content).groups == {"sub-1": "F", "sub-2": "Male, other"}


def test_groups_are_kept_as_written(tmp_path):
    groups = ["Site A", "site a", "Ärzte", "[red]x[/red]", "=1+1", "0"]
    table = read(tmp_path, "participant_id\tsex\n" + "".join(f"s{i}\t{g}\n" for i, g in enumerate(groups)))
    assert [table.group_of(f"s{i}") for i in range(6)] == groups


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        ("none", "no group"),
        ("blank", "no group"),
        ("short", "no group"),
        ("twice", "more than one row"),
        ("stranger", "no row"),
        ("long", "81 characters"),
    ],
)
def test_a_participant_without_one_group_is_a_sentence(tmp_path, who, reason):
    rows = ["none\tN/A", "blank\t ", "short", "twice\ta", "twice\ta", "long\t" + "x" * 81, "long enough\ta"]
    with pytest.raises(InputError, match=reason):
        read(tmp_path, "participant_id\tsex\n" + "\n".join(rows)).group_of(who)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"\xff\xfes\x00u\x00b\x00", "not UTF-8"),
        (b"PK\x03\x04\xf0\x9f", "not UTF-8"),
        (b"sub\tsex\ns1\tF", "must be participant_id, got 'sub'"),
        (b"participant_id\tage\ns1\t3", "must have one column 'sex' for --group; it has age"),
        (b"participant_id\tsex\tsex\ns1\ta\tb", "must have one column"),
        (b"participant_id", "no other column"),
        (b"\x1b[31mid\tsex\ns1\tF", r"got '\\x1b\[31mid'"),
        (b"participant_id\tsex\n" + b'"' + b"x" * 200_000, "cannot be read"),
    ],
    ids=[
        "empty",
        "blank",
        "utf-16",
        "zip",
        "first column",
        "no column",
        "two columns",
        "one column",
        "control",
        "field",
    ],
)
def test_a_hostile_or_wrong_table_is_a_sentence(tmp_path, content, reason):
    with pytest.raises(InputError, match=reason) as caught:
        read(tmp_path, content)
    assert str(caught.value).isprintable()


def test_an_accent_is_the_same_however_it_is_written(tmp_path):
    apart, joined = "sub-e\u0301", "sub-é"
    path = tmp_path / "participants.tsv"
    path.write_text(f"participant_id\tge\u0301nero\n{apart}\tfe\u0301m\nsub-b\tfém\n", encoding="utf-8")
    table = read_table(path, "género")
    assert table.group_of(joined) == table.group_of(apart) == table.group_of("sub-b") == "fém"


def test_the_table_named_now_comes_before_the_one_named_before_and_that_before_the_folder_s(tmp_path):
    own, before = tmp_path / "participants.csv", tmp_path / "before.tsv"
    with pytest.raises(InputError, match=r"no participants\.tsv"):
        find_table(tmp_path, None, before)
    own.touch()
    assert find_table(tmp_path, None, before) == own
    before.touch()
    assert find_table(tmp_path, None, before) == before
    assert find_table(tmp_path, tmp_path / "now.tsv", before) == tmp_path / "now.tsv"


def test_a_table_that_is_a_link_out_of_the_folder_is_not_read(tmp_path):
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / "participants.tsv").symlink_to("/etc/passwd")
    with pytest.raises(InputError, match="leads out"):
        find_table(tmp_path / "scans", None, None)


def test_what_steers_a_terminal_is_spelled_out():
    assert plain("a\x1b[2J\n\u202eb") == "a\\x1b[2J\\n\\u202eb"
    assert plain("x" * 10, 4) == "xxxx…"
