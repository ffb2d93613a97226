"""Homes whose results were written by hand: as files go they are like computed ones, and nothing is trained."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from tiny import tiny_config, tiny_record

from fairal.cohort.arrays import Cohort, load_cohort, save_cohort
from fairal.facts.record import Pick, Record
from fairal.facts.subject import Subject
from fairal.facts.volumes import RoundVolumes, SubjectVolumes
from fairal.runs.claims import end, settle
from fairal.runs.locks import try_lock
from fairal.runs.shelf import obtain
from fairal.runs.speed import remember_speed
from fairal.runs.store import RunKey, Store

SHAPE = (4, 5, 6)
GROUPS = ("reference", "biased")
ROUNDS = 3
SHOWN = ("test0000reference", "test0000biased")


def made_record(key: RunKey, round_: int) -> Record:
    """A round's record: it goes on from the one before, and no two runs have the same."""
    labelled = [f"{key.run}-{i}" for i in range(round_ + 2)]
    picked = (Pick(f"{key.run}-{round_ + 2}", "biased", 0.5, 0.25),) if round_ + 1 < ROUNDS else None
    losses = tuple(np.random.default_rng(len(key.run) + round_).random(8).tolist())
    return tiny_record(round_, labelled=tuple(labelled), picked=picked, losses=losses, fit=f"{key.run} {round_}")


def made_volumes(key: RunKey, round_: int) -> RoundVolumes:
    """A round's volumes; no two rounds have the same."""
    random = np.random.default_rng(100 * len(key.run) + round_)
    cube = lambda: random.integers(0, 256, SHAPE, np.uint8)  # noqa: E731
    return RoundVolumes({name: cube() for name in SHOWN}, {g: {k: cube() for k in ("entropy", "error", "truth")}
                                                          for g in GROUPS})  # fmt: skip


def finish(store: Store, key: RunKey, rounds: int = ROUNDS) -> None:
    """Commit the rounds of a run that are not there yet, as a worker would, and end it where it is done."""
    with try_lock(store.run_lock(key)) as lock:
        store.heal(key)
        for round_ in range(len(store.rounds(key)), rounds):
            store.append_round(key, made_record(key, round_), made_volumes(key, round_), fence=lock.check)
            store.write_state(key, replace(store.state(key), state="running", rounds_done=round_ + 1))
        if rounds == ROUNDS:
            end(store, key, replace(store.state(key), rounds_done=ROUNDS), "done")
        else:
            store.write_state(key, replace(store.state(key), state="queued"))


def made_home(folder: Path) -> tuple[Store, str]:
    """A home with every kind of file: three finished runs, a cohort and a fit on the shelf, a measured speed."""
    store = Store(folder)
    experiment, _ = store.create(tiny_config(volumes="all"), token="made")
    for key in store.runs(experiment):
        finish(store, key)
    for name in SHOWN:
        store.write_subject(experiment, 0, name, made_subject(name))
    settle(store)
    remember_speed(store, tiny_config(), 2.5)
    made_cohort(store)
    made_fit(store)
    return store, experiment


def made_subject(name: str) -> SubjectVolumes:
    grey = np.random.default_rng(len(name)).integers(0, 256, SHAPE, np.uint8)
    return SubjectVolumes(grey, (grey > 128).astype(np.uint8))


def made_cohort(store: Store) -> tuple[Cohort, bool]:
    """Take a cohort from the shelf, or draw it; says whether it was there."""

    def draw() -> Cohort:
        grey = np.random.default_rng(1).standard_normal((2, *SHAPE)).astype(np.float16)
        subjects = tuple(Subject(f"s{i}", "", GROUPS[i], "pool", 5.0, {"age": 60 + i}) for i in range(2))
        return Cohort("c" * 24, 2.0, (0.0, 1.0, 2.0), subjects, grey, grey > 0)

    return obtain(store, "cohorts", "c" * 24, load_cohort, draw, save_cohort)


def made_fit(store: Store) -> tuple[tuple[np.ndarray, str], bool]:
    """Take what stands for a fit from the shelf, or make it; says whether it was there."""

    def save(fit: tuple[np.ndarray, str], folder: Path) -> None:
        np.savez(folder / "weights.npz", w=fit[0])
        (folder / "fit.json").write_text(fit[1])

    def load(folder: Path) -> tuple[np.ndarray, str]:
        with np.load(folder / "weights.npz") as stored:
            return stored["w"], (folder / "fit.json").read_text()

    weights = np.random.default_rng(2).standard_normal(64)
    return obtain(store, "fits", "f" * 24, load, lambda: (weights, '{"losses": [0.25, 0.125]}'), save)
