"""Every strategy in one table: the form, the charts, the command line and the README read it.

Nothing heavy is imported here; a strategy's function is loaded when a run needs it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module


@dataclass(frozen=True)
class Entry:
    """One strategy: its id, what a person reads, and where its function is (``module:function``)."""

    id: str
    label: str
    picks_by: str
    role: str
    source: str
    function: str

    def load(self) -> Callable:
        """Import the strategy's function."""
        module, name = self.function.split(":")
        return getattr(import_module(f"fairal.strategies.{module}"), name)


_PAPER = "Danaee et al. 2026, arXiv 2605.01706"

CATALOG: dict[str, Entry] = {
    entry.id: entry
    for entry in (
        Entry("random", "Random", "uniformly at random", "baseline", "-", "random:random"),
        Entry("entropy", "Entropy", "mean entropy of the whole volume, U", "baseline of the headline",
              "Shannon entropy; " + _PAPER, "entropy:entropy"),
        Entry("masked_entropy", "Masked entropy", "mean entropy in and around the predicted structure, U_m",
              "2×2 ablation", _PAPER, "masked_entropy:masked_entropy"),
        Entry("weighted_volume_entropy", "Weighted volume entropy", "w_g · U", "2×2 ablation",
              _PAPER, "weighted_volume_entropy:weighted_volume_entropy"),
        Entry("weighted_entropy", "Weighted entropy", "w_g · U_m", "the paper's", _PAPER,
              "weighted_entropy:weighted_entropy"),
        Entry("balanced_random", "Balanced random", "an equal quota per group, random inside",
              "control: is it only the group choice?", "-", "balanced_random:balanced_random"),
        Entry("worst_group_random", "Worst group, random", "all from the group of lowest D_g, random inside",
              "control", "-", "worst_group_random:worst_group_random"),
        Entry("fair_quota", "Fair quota", "quota in proportion to (1 − D_g)², highest U_m inside each group",
              "ours: less gap at a lower cost to the other group", "this project", "fair_quota:fair_quota"),
        Entry("bald", "BALD", "mutual information over 10 dropout passes", "what people would otherwise use",
              "Houlsby et al. 2011; Gal et al. 2017", "bald:bald"),
        Entry("power_entropy", "Power entropy", "30 · ln U_m + Gumbel noise", "batch diversity",
              "Kirsch et al. 2021", "power_entropy:power_entropy"),
        Entry("stochastic_batches", "Stochastic batches", "the random batch of highest mean U_m",
              "the authors' earlier method", "Gaillochet et al. 2023", "stochastic_batches:stochastic_batches"),
        Entry("core_set", "Core-set", "k-centre greedy on the bottleneck's features", "diversity",
              "Sener & Savarese 2018", "core_set:core_set"),
    )
}  # fmt: skip

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
