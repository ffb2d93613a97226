import shutil

import numpy as np
import pytest
from kept import EXPERIMENT, RECORDS, ROUND, STATE, kept_home, members_of, sealed, write

from fairal.errors import InputError
from fairal.report.results import read_experiment
from fairal.runs.bundles import Bundle
from fairal.runs.bundles.export import Wanted, export
from fairal.runs.bundles.provenance import provenance_of
from fairal.runs.journal import Damaged
from fairal.runs.paths import RunKey
from fairal.runs.store import Store

KEY = RunKey(EXPERIMENT, "weighted_entropy-0")


@pytest.fixture
def own(tmp_path) -> Store:
    return kept_home(tmp_path / "own")


def test_a_bundle_is_read_as_the_home_that_it_came_from(kept, sound):
    with Bundle(sound) as bundle:
        there, here = bundle.snapshot(EXPERIMENT), kept.snapshot(EXPERIMENT)
        assert (there.id, there.created, there.config) == (here.id, here.created, here.config)
        assert len(there.runs) == 3
        for one, other in zip(there.runs, here.runs, strict=True):
            assert (one.key, one.role, one.state, one.shown) == (other.key, other.role, other.state, other.shown)
            assert [r.as_line() for r in one.records] == [r.as_line() for r in other.records]
        volumes, again = bundle.volumes(KEY, 1), kept.volumes(KEY, 1)
        assert list(volumes.probability) == list(again.probability)
        assert np.array_equal(volumes.probability["pool0002"], again.probability["pool0002"])
        assert np.array_equal(volumes.maps["biased"]["error"], again.maps["biased"]["error"])
        subject, same = (r.subject(EXPERIMENT, 0, "test0000biased") for r in (bundle, kept))
        assert np.array_equal(subject.t1, same.t1)
        assert np.array_equal(subject.context, same.context)
        assert [run.rounds for run in read_experiment(bundle, EXPERIMENT).runs] == [
            run.rounds for run in read_experiment(kept, EXPERIMENT).runs
        ]


def test_what_was_not_kept_is_none_and_another_experiment_is_not_there(sound):
    with Bundle(sound) as bundle:
        assert bundle.volumes(KEY, 0) is None
        assert bundle.subject(EXPERIMENT, 1, "test0000biased") is None
        assert bundle.experiments() == [EXPERIMENT]
        for read in (bundle.snapshot, lambda name: bundle.subject(name, 0, "x")):
            with pytest.raises(InputError, match="There is no experiment 'other"):
                read("other-20260101-aaaaaa")


def test_what_was_read_is_remembered(sound):
    with Bundle(sound) as bundle:
        assert bundle.snapshot(EXPERIMENT) is bundle.snapshot(EXPERIMENT)
        assert bundle.volumes(KEY, 1) is bundle.volumes(KEY, 1)


def test_a_damaged_member_is_said_where_it_would_be_shown(members, tmp_path):
    changed = members | {RECORDS: members[RECORDS][:-9] + b"\n", ROUND: members[ROUND][:-9]}
    path = write(tmp_path / "x.fairal.zip", sealed(changed))
    with Bundle(path) as bundle:
        states = {run.key.run: (run.shown, run.reason) for run in bundle.snapshot(EXPERIMENT).runs}
        assert states["entropy-0"] == ("damaged", f"The bundle is damaged: {RECORDS} is damaged.")
        assert states["random-0"][0] == "done"
        with pytest.raises(Damaged, match=r"The bundle x\.fairal\.zip is damaged: it is no zip file"):
            bundle.volumes(KEY, 1)


def test_equal_content_gives_equal_bytes_but_for_the_manifest(own, sound, tmp_path):
    export(own, EXPERIMENT, tmp_path / "again.fairal.zip")
    one, other = members_of(sound), members_of(tmp_path / "again.fairal.zip")
    assert list(one) == list(other)
    assert [name for name in one if one[name] != other[name]] in ([], ["manifest.json"])


def test_no_code_token_log_or_lock_is_in_a_bundle(own, members):
    own.log(RunKey(EXPERIMENT, "entropy-0"), "secret")
    own.run_lock(KEY).touch()
    assert sorted({name.rsplit("/", 1)[-1] for name in members if name.startswith("runs/")}) == [
        "round-01.npz",
        "rounds.jsonl",
        "state.json",
    ]
    assert b"token" not in members["experiment.json"]


@pytest.mark.parametrize(
    ("wanted", "volumes", "subjects"),
    [
        (Wanted(), 1, 1),
        (Wanted("all"), 1, 1),
        (Wanted("none"), 0, 0),
        (Wanted("all", ("entropy",)), 0, 0),
        (Wanted("some", ("weighted_entropy", "random")), 1, 1),
    ],
)
def test_volumes_go_along_as_wished_and_subjects_with_them(kept, tmp_path, wanted, volumes, subjects):
    manifest = export(kept, EXPERIMENT, tmp_path / "x.fairal.zip", wanted)
    assert sum("/volumes/" in name for name in manifest.members) == volumes
    assert sum(name.startswith("subjects/") for name in manifest.members) == subjects
    assert len(manifest.members) == 1 + 2 * 3 + volumes + subjects


def test_the_scans_of_test_subjects_may_go_along_without_those_of_the_picks(finished, tmp_path):
    store, experiment = finished
    tested, some = (
        {n for n in export(store, experiment, tmp_path / f"{which}.fairal.zip", Wanted(which)).members if "subj" in n}
        for which in ("tested", "some")
    )
    assert {name.split("-")[1][:4] for name in tested} == {"test"}
    assert len(tested) >= 6  # three of each group, and the worst served with their twins
    assert tested < some
    with Bundle(tmp_path / "tested.fairal.zip") as bundle:
        assert bundle.subject(experiment, 0, "test0000biased") is not None
        [pick, *_] = bundle.records("entropy-0")[0].picked_ids
        assert bundle.subject(experiment, 0, pick) is None


def test_provenance_counts_what_the_records_say(kept, sound):
    with Bundle(sound) as bundle:
        made = bundle.manifest.provenance
    records = [record for run in kept.snapshot(EXPERIMENT).runs for record in run.records]
    assert (made.seeds, made.rounds, made.device, made.torch) == (1, 9, ("cpu",), ("2.13.0+cpu",))
    assert made.seconds == round(sum(sum(r.seconds.values()) for r in records), 1)
    assert made.cores >= 1
    assert made.processor
    assert "1 seed(s), 9 rounds" in made.sentence()
    assert provenance_of([], 0).sentence().endswith("0 rounds, 0 s of computing on nothing yet.")


def test_what_has_not_ended_is_not_exported_and_nothing_is_left(own, tmp_path):
    state = own.state(KEY)
    own.write_state(KEY, type(state)("queued", rounds=3))
    with pytest.raises(InputError, match=r"weighted_entropy-0 of smoke-.* is queued; wait until it is done, or cancel"):
        export(own, EXPERIMENT, tmp_path / "x.fairal.zip")
    own.write_state(KEY, state)
    own.records_file(KEY).write_text("no json\n")
    with pytest.raises(Damaged, match="records of run weighted_entropy-0"):
        export(own, EXPERIMENT, tmp_path / "x.fairal.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["own"]


def test_a_damaged_volume_is_not_exported_and_nothing_is_left(own, tmp_path):
    np.savez(own.volumes_file(KEY, 1).open("wb"), **{"p/test0000biased": np.zeros((2, 2, 2))})
    with pytest.raises(InputError, match=r"cannot be exported: .* is no volume of bytes, got float64"):
        export(own, EXPERIMENT, tmp_path / "x.fairal.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["own"]


def test_a_file_that_is_there_or_named_otherwise_is_not_written(kept, sound, tmp_path):
    for out in (sound, tmp_path / "x.zip", tmp_path / "none" / "x.fairal.zip"):
        with pytest.raises(InputError, match="--out must be a new file"):
            export(kept, EXPERIMENT, out)
    with pytest.raises(InputError, match=r"--volumes must be one of some, tested, all, none, got 'most'"):
        Wanted("most")
    with pytest.raises(InputError, match=r"--volumes-of must name strategies of smoke-.*, got 'bald'"):
        export(kept, EXPERIMENT, tmp_path / "x.fairal.zip", Wanted("all", ("bald",)))


def test_a_closed_bundle_gives_nothing_more(sound, tmp_path):
    bundle = Bundle(shutil.copy(sound, tmp_path / "x.fairal.zip"))
    bundle.close()
    with pytest.raises(Damaged, match="cannot be unpacked"):
        bundle.snapshot(EXPERIMENT)
    assert STATE in bundle.members
