"""Each seam with a second, tiny implementation behind it: what hangs on a seam must not know what stands behind."""

import numpy as np
import pytest
import torch
from tiny import tiny_config

from fairal.cohort.arrays import Cohort
from fairal.facts.subject import Row, Subject
from fairal.loop.run import active_learning
from fairal.report.results import read_experiment
from fairal.report.summary import summarise_experiment
from fairal.runs.launch import launch
from fairal.runs.reader import Snapshot
from fairal.runs.worker import Worker


class Shapes:
    """A source of balls and boxes: bright bodies in noise, nothing matched, other ids, an odd field of view."""

    groups, matched = ("ball", "box"), False
    shape, spacing_mm, origin_mm = (17, 20, 13), 2.0, (5.0, -7.0, 0.0)

    def rows(self, split):
        count = {"pool": 9, "test": 5}[split]
        return tuple(Row(f"{split}-{i:02d}_x", self.groups[i % 2]) for i in range(count))

    def key(self, split):
        return f"shapes-{split}"

    def load(self, split, only=None, hear=lambda done, total: None):
        rows = self.rows(split)
        rows = rows if only is None else [rows[i] for i in only]
        t1, mask, subjects = [], [], []
        for row in rows:
            rng = np.random.default_rng(int(row.id[-4:-2]) + 100 * (split == "test"))
            centre = np.array(self.shape) // 2 + rng.integers(-1, 2, 3)
            offset = np.abs(np.moveaxis(np.indices(self.shape), 0, -1) - centre)
            body = (offset**2).sum(-1) <= 16 if row.group == "ball" else offset.max(-1) <= 3
            mask.append(body)
            t1.append((2 * body + 0.3 * rng.standard_normal(self.shape)).astype(np.float16))
            subjects.append(Subject(row.id, "", row.group, split, float(body.sum() * self.spacing_mm**3)))
        return Cohort(self.key(split), self.spacing_mm, self.origin_mm, tuple(subjects), np.array(t1), np.array(mask))

    def context(self, subject):
        return None


def test_the_loop_runs_on_any_source():
    groups = [{"name": "ball", "share": 0.5}, {"name": "box", "share": 0.5}]
    query = {"start": {"ball": 1, "box": 1}, "rounds": 1, "per_round": 3}
    config = tiny_config(cohort={"groups": groups}, query=query, learner={"steps": 100})
    torch.set_num_threads(1)
    rounds = list(active_learning(config, "weighted_entropy", 0, source=Shapes(), keep_volumes=True))
    assert [r.labelled for r in rounds] == [2, 5]
    assert set(rounds[0].record.picked_ids) < {row.id for row in Shapes().rows("pool")}
    assert min(rounds[-1].dice_by_group.values()) > 0.7  # bright bodies: it has learned
    assert rounds[-1].record.test.group == ("ball", "box", "ball", "box", "ball")
    assert rounds[-1].volumes.maps["box"]["entropy"].shape == (17, 20, 13)


class InProcess:
    """A crew that works off everything before it returns."""

    here = True

    def ensure(self, store, linger_seconds=0.0, warm=False):
        Worker(store).work(slot=0)
        return 1

    def alive(self, store):
        return 0


def test_any_crew_computes(store):
    [experiment] = launch(store, [tiny_config(strategies=["random"])], crew=InProcess())
    assert [run.shown for run in store.snapshot(experiment).runs] == ["done"]


class Shipped:
    """A reader that holds one snapshot in memory, and the volumes that came with it."""

    def __init__(self, snapshot: Snapshot, volumes: dict, subjects: dict) -> None:
        self._snapshot, self._volumes, self._subjects = snapshot, volumes, subjects

    def experiments(self):
        return [self._snapshot.id]

    def snapshot(self, experiment):
        assert experiment == self._snapshot.id
        return self._snapshot

    def volumes(self, key, round_):
        return self._volumes.get((key, round_))

    def subject(self, experiment, seed, subject):
        return self._subjects.get(subject)


@pytest.fixture
def shipped(finished) -> Shipped:
    store, experiment = finished
    snapshot = store.snapshot(experiment)
    volumes = {(run.key, 2): store.volumes(run.key, 2) for run in snapshot.runs}
    names = {name for kept in volumes.values() if kept for name in kept.probability}
    return Shipped(snapshot, volumes, {name: store.subject(experiment, 0, name) for name in names})


def test_reports_read_from_any_reader(finished, shipped):
    [experiment] = shipped.experiments()
    rows = summarise_experiment(read_experiment(shipped, experiment))
    assert rows == summarise_experiment(read_experiment(finished[0], experiment))
