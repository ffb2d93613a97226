"""Every strategy in one table: the form, the charts, the command line and the README read it.

Nothing heavy is imported here; a strategy's function is loaded when a run needs it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from zlib import crc32

SPARE_COLOURS = ("#8C8C00", "#B0307A", "#3A3A3A", "#00A6A6", "#9C6ADE", "#7A3B1D")
"""For a strategy that names no colour of its own yet."""


@dataclass(frozen=True)
class Entry:
    """One strategy.

    Attributes:
        id, label: In configurations, and as a person reads it.
        picks_by, role: What it does and what it is there for, in plain words.
        source: Where it comes from.
        function: Where it is, ``module:function``.
        colour: Its own in every chart, apart from the others' and the groups' for colour-blind people too (a test);
            one of the spare ones where none is given.
        headline: Whether it is the one that headlines speak of.
        needs: What must be computed for it before it picks, see `Pool`: ``out_of_fold`` or nothing.
        judges_labelled: It goes by the groups' Dice on the labelled scans, D_g. A network that has learned few scans of
            a group by heart makes that group look well served, see docs/study.md.
    """

    id: str
    label: str
    picks_by: str
    role: str
    source: str
    function: str
    colour: str = ""
    headline: bool = False
    needs: tuple[str, ...] = ()
    judges_labelled: bool = False

    def __post_init__(self) -> None:
        if not self.colour:
            object.__setattr__(self, "colour", SPARE_COLOURS[crc32(self.id.encode()) % len(SPARE_COLOURS)])

    def load(self) -> Callable:
        """Import the strategy's function."""
        module, name = self.function.split(":")
        return getattr(import_module(f"fairal.strategies.{module}"), name)


OUT_OF_FOLD = "out_of_fold"
FOLDS = 2
"""Into so many parts the labelled set is cut for out-of-fold results; each is predicted by a network of its own."""
_PAPER = "Danaee et al. 2026, arXiv 2605.01706"

CATALOG: dict[str, Entry] = {
    entry.id: entry
    for entry in (
        Entry("random", "Random", "uniformly at random", "baseline", "-", "random:random", "#B4B4B4"),
        Entry("entropy", "Entropy", "mean entropy of the whole volume, U", "baseline of the headline",
              "Shannon entropy; " + _PAPER, "entropy:entropy", "#5A69F0"),
        Entry("masked_entropy", "Masked entropy", "mean entropy in and around the predicted structure, U_m",
              "2×2 ablation", _PAPER, "masked_entropy:masked_entropy", "#6996FF"),
        Entry("weighted_volume_entropy", "Weighted volume entropy",
              "mean entropy of the whole volume, times the weight of its group: w_g · U", "2×2 ablation", _PAPER,
              "weighted_volume_entropy:weighted_volume_entropy", "#78A53C", judges_labelled=True),
        Entry("weighted_entropy", "Weighted entropy",
              "mean entropy in and around the predicted structure, times the weight of its group: w_g · U_m",
              "the paper's", _PAPER, "weighted_entropy:weighted_entropy", "#EE6677", headline=True,
              judges_labelled=True),
        Entry("balanced_random", "Balanced random", "an equal quota per group, random inside",
              "control: is it only the group choice?", "-", "balanced_random:balanced_random", "#87783C"),
        Entry("worst_group_random", "Worst group, random",
              "all from the group that is served worst by now (lowest D_g), random inside", "control", "-",
              "worst_group_random:worst_group_random", "#C30078", judges_labelled=True),
        Entry("fair_quota", "Fair quota",
              "quota in proportion to (1 − D_g)²: more of a group that is served worse; highest U_m inside each group",
              "ours: less gap at a lower cost to the other group", "this project", "fair_quota:fair_quota", "#F0A578",
              judges_labelled=True),
        Entry("bald", "BALD", "how much 10 dropout passes disagree (mutual information)",
              "what people would otherwise use", "Houlsby et al. 2011; Gal et al. 2017", "bald:bald", "#0F6978"),
        Entry("power_entropy", "Power entropy", "masked entropy with chance mixed in: 30 · ln U_m + Gumbel noise",
              "batch diversity", "Kirsch et al. 2021", "power_entropy:power_entropy", "#784B2D"),
        Entry("stochastic_batches", "Stochastic batches", "of many random batches the one of highest mean U_m",
              "the authors' earlier method", "Gaillochet et al. 2023", "stochastic_batches:stochastic_batches",
              "#C30F00"),
        Entry("core_set", "Core-set", "scans unlike those labelled: k-centre greedy on the bottleneck's features",
              "diversity", "Sener & Savarese 2018", "core_set:core_set", "#873C4B"),
        Entry("parity", "Parity", "quota that levels the groups' labelled counts, highest U_m inside each group",
              "ours: does it need the model's word on who is worse off?", "this project", "parity:parity", "#872DC3"),
        Entry("shell_entropy", "Shell entropy", "mean entropy within 1.5 mm of the predicted boundary, U_s",
              "uncertainty with less of the structure's size in it", "this project", "shell_entropy:shell_entropy",
              "#003CE1"),
        Entry("oof_quota", "Out-of-fold quota",
              "quota in proportion to a group's error on scans not trained on (shrunk out-of-fold ASSD⁴); highest U_m "
              "inside each group",
              "ours: errors in millimetres, on scans the network has not seen", "this project", "oof_quota:oof_quota",
              "#4B00FF", needs=(OUT_OF_FOLD,)),
        Entry("learning_curve_quota", "Learning-curve quota",
              "quota of smallest predicted surface-Dice gap at ≤ 0.01 predicted Dice loss of the better group, "
              "highest U_m inside each group", "the fairest that the better group can afford",
              "after Tae & Whang 2021 (Slice Tuner)", "learning_curve_quota:learning_curve_quota", "#D20FB4",
              needs=(OUT_OF_FOLD,)),
    )
}  # fmt: skip

[HEADLINE] = (entry.id for entry in CATALOG.values() if entry.headline)
"""The strategy that headlines speak of: the paper's."""

PAPER_SET = ("random", "entropy", "masked_entropy", "weighted_volume_entropy", "weighted_entropy")

REFERENCES: dict[str, str] = {
    "reference_only": "Reference group only",
    "full_pool": "Whole pool",
}
"""Single fits for orientation, not bounds: a well chosen subset can be fairer than the whole pool."""


def label(strategy: str) -> str:
    """Give the name a person reads; a strategy that is not in the catalog goes by its id."""
    if strategy in REFERENCES:
        return REFERENCES[strategy]
    return CATALOG[strategy].label if strategy in CATALOG else strategy
