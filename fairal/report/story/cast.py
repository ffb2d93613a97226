"""Who plays in a story: a baseline, the arm it is about, the control, and the fairest arm if there is one."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from fairal.errors import InputError
from fairal.report.arms import headline_arm
from fairal.report.comparison import Reached, by_noise_alone, summarise_experiment
from fairal.report.evidence import DECIDING, verdicts
from fairal.report.levels import ArmSummary
from fairal.report.quantity import Quantity
from fairal.report.results import ExperimentResult, RunResult, comparable_round
from fairal.report.verdict import Code, Verdict

CONTROL = "worst_group_random"
"""The arm that chooses the group as weighted entropy does, and inside of it by chance."""
_NOT_WIDENED: frozenset[Code] = frozenset({"closes", "no_difference"})


@dataclass(frozen=True)
class Cast:
    """An experiment at its last comparable round, and what is known of its arms there.

    Attributes:
        result: Of the experiment.
        at: The round.
    """

    result: ExperimentResult
    at: int

    @classmethod
    def of(cls, result: ExperimentResult) -> "Cast":
        """Choose from an experiment.

        Raises:
            InputError: There is nothing to compare.
        """
        at = comparable_round(result)
        cast = cls(result, -1 if at is None else at)
        if at is None or not cast.others:
            raise InputError(
                f"{result.id} has no story yet: it takes {result.config.baseline}, another arm, and a round that both "
                "have finished with one seed."
            )
        return cast

    @property
    def baseline(self) -> str:
        """What everything is compared with."""
        return self.result.config.baseline

    @cached_property
    def others(self) -> tuple[str, ...]:
        """All arms that share a seed with the baseline, in the order of the experiment."""
        return tuple(arm for arm in self.said if arm != self.baseline) if self.baseline in self.said else ()

    @property
    def lead(self) -> str:
        """The arm that the story is about: that of the headlines, or the first that is no control."""
        plain = [arm for arm in self.others if arm != CONTROL] or list(self.others)
        return headline_arm(plain) or plain[0]

    @property
    def control(self) -> str | None:
        """The control; None where it did not run."""
        return CONTROL if CONTROL in self.others and self.lead != CONTROL else None

    @cached_property
    def fair(self) -> str | None:
        """The arm that comes nearest to no gap at no cost: the gap that is left in surface Dice plus what the better
        group loses in it. Only of those that close the gap in surface Dice, and neither widen nor turn nor level down
        that in Dice; None where no arm does."""
        fair = [arm for arm in self.others if self._is_fair(arm)]
        return min(fair, key=self._from_ideal, default=None)

    def _is_fair(self, arm: str) -> bool:
        codes = {measure: self.outcome(arm, measure).code for measure in DECIDING}
        return codes["surface_dice"] == "closes" and codes["dice"] in _NOT_WIDENED

    def _from_ideal(self, arm: str) -> float:
        against = self.rows["surface_dice"][arm].against
        return against.own.gap + max(0.0, against.paid.best_loss)

    @cached_property
    def said(self) -> Mapping[str, Verdict]:
        """The verdict on every arm: Dice first, surface Dice beside it."""
        return verdicts(self.result, at_round=self.at)

    @cached_property
    def _outcomes(self) -> dict[str, dict[str, Verdict]]:
        return {each: verdicts(self.result, at_round=self.at, measures=(each,)) for each in DECIDING}

    def outcome(self, arm: str, measure: str) -> Verdict:
        """The verdict in one measure alone."""
        return self._outcomes[measure][arm]

    @cached_property
    def rows(self) -> dict[str, dict[str, ArmSummary]]:
        """By measure and arm: where it stands, and what changed against the baseline."""
        each = {m: summarise_experiment(self.result, at_round=self.at, measure=m) for m in DECIDING}
        return {measure: {row.strategy: row for row in rows} for measure, rows in each.items()}

    def noise(self, measure: str) -> float | None:
        """The gap that noise alone would show under the baseline; None if unknown."""
        return by_noise_alone(self.result, self.baseline, Quantity(measure, "gap"))

    @cached_property
    def even(self) -> bool:
        """Whether the baseline has no gap beyond noise in either deciding measure, and so none to close."""
        return all(self.rows[each][self.baseline].level.gap <= (self.noise(each) or 0.0) for each in DECIDING)

    def reached(self, arm: str, measure: str = "dice") -> Reached:
        """The runs of an arm that have come this far, by seed."""
        return Reached.by(self.result, arm, measure, self.at)

    def runs(self, arm: str) -> dict[int, RunResult]:
        """Those of them whose seed the baseline shares."""
        base = self.reached(self.baseline).runs
        return {seed: run for seed, run in self.reached(arm).runs.items() if seed in base}

    @property
    def told(self) -> tuple[str, ...]:
        """The arms that the story shows, the baseline first."""
        arms = (self.baseline, self.lead, self.control, self.fair)
        return tuple(dict.fromkeys(arm for arm in arms if arm is not None))

    @cached_property
    def seed(self) -> int:
        """The one whose picks are shown: the first that all told arms share, or the first of the lead."""
        shared = set.intersection(*(set(self.runs(arm)) for arm in self.told))
        return min(shared or self.runs(self.lead))

    @property
    def learned(self) -> bool:
        """Whether the lead's and the baseline's models are good enough to be compared."""
        return self.said[self.lead].code != "not_learned" and self.said[self.baseline].code != "not_learned"
