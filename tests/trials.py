"""Damage done to homes, and what may come of it: right, or said; nothing else."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from made import ROUNDS, SHOWN, finish, made_cohort, made_fit, made_home
from tiny import tiny_config

from fairal.errors import FairalError
from fairal.runs.claims import settle, to_do
from fairal.runs.speed import estimate_seconds
from fairal.runs.standing import standing
from fairal.runs.store import Store

SAID = "said"
"""Stands for what a file held where it was said that the file is damaged."""


@dataclass(frozen=True)
class Harm:
    """What is done to a file: which, and how."""

    file: str
    how: str
    at: float
    bit: int

    def do(self, home: Path) -> None:
        path = home / self.file
        content = bytearray(path.read_bytes())
        place = int(self.at * len(content))
        if self.how == "flip":
            content[place] ^= 1 << self.bit
        elif self.how == "change":
            content[place] = (content[place] + 1 + 31 * self.bit) % 256
        elif self.how == "digit":
            digits = [i for i, byte in enumerate(content) if chr(byte).isdigit()]
            place = digits[int(self.at * len(digits))] if digits else place
            content[place] = ord("0") + (content[place] - ord("0") + 1 + self.bit % 9) % 10
        elif self.how == "cut out":
            del content[place]
        elif self.how == "cut off":
            del content[place:]
        elif self.how == "zeros":
            content[place:] = bytes(len(content) - place)
        else:
            content = bytearray()
        path.write_bytes(content)


HOWS = ("flip", "flip", "flip", "change", "digit", "cut out", "cut off", "zeros", "empty")


def harms(home: Path, count: int, seed: int) -> Iterator[Harm]:
    """Draw harms, to every kind of file in turn."""
    kinds: dict[str, list[str]] = {}
    for path in sorted(home.rglob("*")):
        if (
            path.is_file()
            and path.stat().st_size
            and path.suffix != ".lock"
            and path.name not in ("reserve", "log.txt")
        ):
            kinds.setdefault(_kind(path), []).append(str(path.relative_to(home)))
    random = Random(seed)
    for i in range(count):
        kind = sorted(kinds)[i % len(kinds)]
        yield Harm(random.choice(kinds[kind]), random.choice(HOWS), random.random(), random.randrange(8))


def _kind(path: Path) -> str:
    return "volumes" if path.parent.name == "volumes" else "subject" if path.parent.name == "subjects" else path.name


def observe(store: Store, experiment: str) -> dict[str, object]:
    """Read all that pages and computations read; what is said to be damaged is `SAID`."""
    seen: dict[str, object] = {"listed": store.experiments(), "state": _or_said(lambda: standing(store, experiment))}
    seen["config"] = _or_said(lambda: store.config(experiment).model_dump_json())
    seen["speed"] = estimate_seconds(store, tiny_config())
    for key in store.runs(experiment):
        look = _or_said(lambda key=key: store.look(key))
        shown = SAID if look == SAID else [record.as_line() for record in look.reading.records]
        complete = look != SAID and look.shown == "done"
        assert complete or look == SAID or look.state.reason, "a run that is not done says why"
        for round_ in range(ROUNDS):
            there = shown[round_] if shown != SAID and round_ < len(shown) else SAID
            seen[f"{key.run} {round_}"] = SAID if there == SAID and not complete else there
            seen[f"{key.run} {round_} volumes"] = _or_said(lambda k=key, r=round_: _numbers(store.volumes(k, r)))
    for name in SHOWN:
        seen[f"subject {name}"] = _or_said(lambda name=name: _numbers(store.subject(experiment, 0, name)))
    return seen


def _or_said(read):
    try:
        return read()
    except FairalError:
        return SAID


def _numbers(volumes) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in volumes.to_arrays().items()}


def wrong_after(home: Path, experiment: str, before: dict[str, object]) -> list[str]:
    """Name what is neither as it was nor said to be damaged, then heal the home and name what is not as it was."""
    store = Store(home)
    settle(store)
    seen = observe(store, experiment)
    wrong = [
        f"{name} is wrong" for name, value in seen.items() if value not in (before[name], SAID) and name != "speed"
    ]
    wrong = [text for text in wrong if not (text.startswith("state") and seen["state"].state == "damaged")]
    if seen["speed"] != before["speed"] and seen["speed"][1] != "guessed":
        wrong.append("the speed is wrong")
    for made, like in ((made_cohort, before["cohort"]), (made_fit, before["fit"])):
        if _shelf(made(store)[0]) != like:
            wrong.append(f"{made.__name__} is wrong")
    for key in store.runs(experiment):
        finish(store, key)  # as Resume and a worker do
    settle(store)
    healed = observe(Store(home), experiment)
    lost = {"speed", *(name for name in healed if "volumes" in name or "subject" in name)}
    wrong += [f"{name} is not healed" for name, value in healed.items() if name not in lost and value != before[name]]
    assert next(to_do(store), None) is None
    return wrong


def all_of(store: Store, experiment: str) -> dict[str, object]:
    """Observe a whole home, and what lies on its shelf."""
    return observe(store, experiment) | {"cohort": _shelf(made_cohort(store)[0]), "fit": _shelf(made_fit(store)[0])}


def _shelf(thing) -> tuple:
    if isinstance(thing, tuple):
        return thing[0].tobytes(), thing[1]
    return thing.t1.tobytes(), thing.mask.tobytes(), [subject.as_json() for subject in thing.subjects], thing.key


def try_harms(folder: Path, count: int, seed: int) -> tuple[int, list[str]]:
    """Do so many harms, each to a copy of a whole home; returns how many, and what failed."""
    store, experiment = made_home(folder / "whole")
    before, failures = all_of(store, experiment), []
    assert SAID not in before.values()
    for harm in harms(store.home, count, seed):
        copy = folder / "harmed"
        shutil.copytree(store.home, copy)
        harm.do(copy)
        try:
            failures += [f"{harm}: {wrong}" for wrong in wrong_after(copy, experiment, before)]
        except Exception as error:  # the trial is of what is raised at all
            failures.append(f"{harm}: {type(error).__name__}: {error}")
        shutil.rmtree(copy)
    return count, failures
