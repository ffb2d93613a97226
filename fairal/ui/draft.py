"""What the launch form says, as plain data: from configurations, and back to them. Nothing here draws."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import zip_longest
from typing import Any

from fairal.config import ExperimentConfig, LearnerConfig, parse_experiment
from fairal.errors import InputError
from fairal.presets import DEMO_STRATEGIES, OWN_LEARNER, preset
from fairal.strategies.catalog import REFERENCES
from fairal.ui.sources import GROUPS, cannot_say, cohort_content, key_of, parse_start, words_of

LEARNERS: dict[str, LearnerConfig] = {
    **{name: preset(name)[0].learner for name in ("demo", "strong", "paper-grid", "smoke")},
    "own scans": OWN_LEARNER,
}
DEVICES = ("auto", "cpu", "cuda", "mps")
VOLUMES = ("first_seed", "all", "none")
STARTS = ("5+1", "3+3", "9+1", "5+5", "2+1", "6+0")
MOST_SEEDS = 100


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
        scans: The collection to work on; empty for the synthetic cohort. Then the fields above say nothing,
            and the next three do.
        test_share: Of the labelled scans of each group, those to test on.
        unlabelled: What becomes of scans without a mask, a key of `sources.UNLABELLED`.
        own_start: (group, count) for each group of the collection that has some labelled at the start.
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
    scans: str = ""
    test_share: float = 0.3
    unlabelled: str = "leave_out"
    own_start: tuple[tuple[str, int], ...] = ()
    per_round: int = 8
    rounds: int = 3
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
        several = len(configs) > 1
        if first.cohort.kind == "folder":
            start = {"own_start": tuple(first.query.start.items())}
        else:
            start = {"starts": tuple(start_text(config) for config in configs)}
        draft = cls(
            **words_of(first.cohort),
            **start,
            name=first.name.removesuffix(f" {start_text(first)}") if several else first.name,
            study=first.study,
            per_round=first.query.per_round,
            rounds=first.query.rounds,
            learner=key_of(LEARNERS, first.learner, "this learner"),
            strategies=first.strategies,
            against=first.baseline,
            seeds=len(first.seeds),
            first_seed=first.seeds[0],
            references=bool(first.references),
            device=first.device,
            volumes=first.volumes,
        )
        draft._check_offered()
        said, wanted = (
            [as_asked(config).model_dump(mode="json") for config in some] for some in (draft.to_configs(), configs)
        )
        if different := list(_differing(said, wanted)):  # a name says least about why
            raise cannot_say("{} = {}".format(*min(different, key=lambda d: d[0] in ("name", "study"))))
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
                raise cannot_say(f"{field} = {getattr(self, field)}")

    def contents(self) -> list[dict[str, Any]]:
        """Write one experiment for each start as JSON, not yet checked; of a collection there is one.

        Raises:
            InputError: A start is not two counts, or there is none.
        """
        if self.scans:
            return [self._content(self.name, self.study, dict(self.own_start))]
        if not self.starts:
            raise InputError("Choose at least one start, e.g. 5+1.")
        starts = [dict(zip(GROUPS, parse_start(text), strict=True)) for text in self.starts]
        if len(starts) == 1:
            return [self._content(self.name, self.study, starts[0])]
        names = (f"{self.name} {'+'.join(map(str, start.values()))}" for start in starts)
        return [self._content(name, self.study or self.name, start) for name, start in zip(names, starts, strict=True)]

    def to_configs(self) -> list[ExperimentConfig]:
        """Give the experiments that the form describes.

        Raises:
            InputError: What is wrong with them, and what would be right.
        """
        return [parse_experiment(content) for content in self.contents()]

    def budget(self) -> list[int]:
        """Labelled scans at the end, for each start."""
        own = [sum(count for _, count in self.own_start)]
        starts = own if self.scans else [sum(parse_start(text)) for text in self.starts]
        return [start + self.per_round * self.rounds for start in starts]

    def _content(self, name: str, study: str, start: dict[str, int]) -> dict[str, Any]:
        return {
            "name": name,
            "study": study,
            "cohort": cohort_content(vars(self)),
            "learner": LEARNERS[self.learner].model_dump(mode="json"),
            "query": {"start": start, "per_round": self.per_round, "rounds": self.rounds},
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
    return "+".join(str(config.query.start.get(group, 0)) for group in GROUPS)


def as_asked(config: ExperimentConfig) -> ExperimentConfig:
    """Give what a person asked for; what a collection was at the time is looked at anew when it is launched."""
    if config.cohort.kind == "synthetic":
        return config
    return config.model_copy(update={"cohort": config.cohort.model_copy(update={"facts": None})})


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
