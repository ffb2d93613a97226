"""What the launch form says, as plain data: from configurations, and back to them. Nothing here draws."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import zip_longest
from typing import Any

from fairal.config import Arm, ExperimentConfig, LearnerConfig, parse_experiment
from fairal.errors import InputError
from fairal.presets import DEMO_STRATEGIES, preset
from fairal.strategies.catalog import CATALOG, REFERENCES

LEARNERS: dict[str, LearnerConfig] = {name: preset(name)[0].learner for name in ("demo", "paper-grid", "smoke")}
VIEWS = {
    "Deep grey matter, 1.5 mm": ("deep-grey", 1.5),
    "Deep grey matter, 1 mm": ("deep-grey", 1.0),
    "Deep grey matter, 3 mm (to try things)": ("deep-grey", 3.0),
    "Whole brain, 1.5 mm (slow)": ("brain", 1.5),
}
DEVICES = ("auto", "cpu", "cuda", "mps")
VOLUMES = ("first_seed", "all", "none")
STARTS = ("5+1", "3+3", "9+1", "5+5", "2+1", "6+0")
MOST_SEEDS = 100
_GROUPS = ("reference", "biased")


def selectable() -> dict[str, str]:
    """Every arm that the form offers: its text (as `Arm` writes it), and how it picks."""
    return {str(Arm(entry.id)): entry.picks_by for entry in CATALOG.values()}


def source(arm: str) -> str:
    """Say what an arm is there for, and where it comes from."""
    entry = CATALOG[Arm.parse(arm).query]
    return f"{entry.role}; {entry.source}".removesuffix("; -")


@dataclass(frozen=True)
class Draft:
    """One value for each field of the form.

    Attributes:
        study: Which experiments belong together; with several starts the name, unless said otherwise.
        bias, fading: Strength and contrast fade of the biased group.
        biased_share: Of the pool.
        pool, pairs: Subjects of the pool, matched pairs of the test set.
        view: A key of `VIEWS`.
        starts: Counts such as ``5+1``, reference + biased; an experiment for each.
        learner: A key of `LEARNERS`.
        strategies: Arms, in the order of tables and colours.
        against: The baseline: the arm that the others are measured against.
        seeds, first_seed: How many, from which on.
        references: Whether all reference fits are made.
    """

    name: str = "what-if"
    study: str = ""
    bias: float = 1.0
    fading: float = 0.0
    biased_share: float = 0.3
    pool: int = 120
    pairs: int = 50
    view: str = "Deep grey matter, 1.5 mm"
    starts: tuple[str, ...] = ("5+1",)
    per_round: int = 6
    rounds: int = 4
    learner: str = "demo"
    strategies: tuple[str, ...] = DEMO_STRATEGIES
    against: str = "entropy"
    seeds: int = 1
    first_seed: int = 0
    references: bool = False
    device: str = "auto"
    volumes: str = "first_seed"

    @classmethod
    def from_configs(cls, configs: Sequence[ExperimentConfig]) -> "Draft":
        """Say in the form's words what these configurations say.

        Raises:
            InputError: The form cannot say exactly this; the sentence names what it has no field for.
        """
        first = configs[0]
        cohort, starts = first.cohort, tuple(start_text(config) for config in configs)
        if cohort.kind != "synthetic":
            raise _cannot_say("a cohort that is not synthetic")
        if cohort.group_names != _GROUPS:
            raise _cannot_say(f"groups {', '.join(cohort.group_names)}: it knows a reference and a biased group")
        biased, several = cohort.groups[1], len(configs) > 1
        draft = cls(
            name=first.name.removesuffix(f" {starts[0]}") if several else first.name,
            study=first.study,
            bias=biased.strength,
            fading=biased.fade,
            biased_share=biased.share,
            pool=cohort.pool_size,
            pairs=cohort.test_pairs,
            view=_key(VIEWS, (cohort.field_of_view, cohort.spacing_mm), "this field of view at this spacing"),
            starts=starts,
            per_round=first.query.per_round,
            rounds=first.query.rounds,
            learner=_key(LEARNERS, first.learner, "this learner"),
            strategies=first.strategies,
            against=first.baseline,
            seeds=len(first.seeds),
            first_seed=first.seeds[0],
            references=bool(first.references),
            device=first.device,
            volumes=first.volumes,
        )
        draft._check_offered()
        said, wanted = ([c.model_dump(mode="json") for c in some] for some in (draft.to_configs(), configs))
        if different := list(_differing(said, wanted)):  # a name says least about why
            raise _cannot_say("{} = {}".format(*min(different, key=lambda d: d[0] in ("name", "study"))))
        return draft

    def _check_offered(self) -> None:
        """What a choice of the form does not offer cannot be drawn."""
        offered = {
            "device": DEVICES,
            "volumes": VOLUMES,
            "seeds": range(1, MOST_SEEDS + 1),
            "against": self.strategies,
        }
        for field, options in offered.items():
            if getattr(self, field) not in options:
                raise _cannot_say(f"{field} = {getattr(self, field)}")
        if missing := set(self.strategies) - set(selectable()):
            raise _cannot_say(f"strategies = {sorted(missing)[0]}")

    def contents(self) -> list[dict[str, Any]]:
        """Write one experiment for each start as JSON, not yet checked.

        Raises:
            InputError: A start is not two counts, or there is none.
        """
        if not self.starts:
            raise InputError("Choose at least one start, e.g. 5+1.")
        return [self._content(*parse_start(text)) for text in self.starts]

    def to_configs(self) -> list[ExperimentConfig]:
        """Give the experiments that the form describes.

        Raises:
            InputError: What is wrong with them, and what would be right.
        """
        return [parse_experiment(content) for content in self.contents()]

    def budget(self) -> list[int]:
        """Labelled scans at the end, for each start."""
        return [sum(parse_start(text)) + self.per_round * self.rounds for text in self.starts]

    def _content(self, reference: int, biased: int) -> dict[str, Any]:
        several = len(self.starts) > 1
        field_of_view, spacing_mm = VIEWS[self.view]
        return {
            "name": f"{self.name} {reference}+{biased}" if several else self.name,
            "study": self.study or (self.name if several else ""),
            "cohort": {
                "field_of_view": field_of_view,
                "spacing_mm": spacing_mm,
                "groups": [
                    {"name": _GROUPS[0], "share": round(1 - self.biased_share, 9)},
                    {"name": _GROUPS[1], "share": self.biased_share, "strength": self.bias, "fade": self.fading},
                ],
                "pool_size": self.pool,
                "test_pairs": self.pairs,
            },
            "learner": LEARNERS[self.learner].model_dump(mode="json"),
            "query": {
                "start": {_GROUPS[0]: reference, _GROUPS[1]: biased},
                "per_round": self.per_round,
                "rounds": self.rounds,
            },
            "strategies": list(self.strategies),
            "seeds": list(range(self.first_seed, self.first_seed + self.seeds)),
            "references": list(REFERENCES) if self.references else [],
            "baseline": self.against,
            "device": self.device,
            "volumes": self.volumes,
        }


NAMES = tuple(field.name for field in fields(Draft))


def start_text(config: ExperimentConfig) -> str:
    """Write an experiment's start as the form does: reference + biased."""
    return "+".join(str(config.query.start.get(group, 0)) for group in _GROUPS)


def parse_start(text: str) -> tuple[int, int]:
    """Read a start: two counts like ``5+1``, reference + biased.

    Raises:
        InputError: It is not.
    """
    parts = text.replace(" ", "").split("+")
    if len(parts) != 2 or not all(p.isascii() and p.isdigit() and len(p) < 5 for p in parts):
        raise InputError(f"A start must be two counts like 5+1 (reference+biased), got '{text[:20]}'.")
    return int(parts[0]), int(parts[1])


def _key(table: dict, value: Any, what: str) -> str:
    for name, content in table.items():
        if content == value:
            return name
    raise _cannot_say(what)


def _cannot_say(what: str) -> InputError:
    return InputError(f"The form cannot say {what}; this one is edited as JSON.")


def _differing(said: Any, wanted: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """List (field, wanted value) wherever two lists of experiments differ; the field without the list's position."""
    if isinstance(said, dict) and isinstance(wanted, dict):
        for name in dict.fromkeys((*said, *wanted)):
            yield from _differing(said.get(name), wanted.get(name), (*place, name))
    elif isinstance(said, list) and isinstance(wanted, list):
        for i, (a, b) in enumerate(zip_longest(said, wanted)):
            yield from _differing(a, b, (*place, str(i)))
    elif said != wanted:
        yield ".".join(place[1:]), wanted
