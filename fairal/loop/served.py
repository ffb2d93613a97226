"""How the labelled subjects are served by now: what weights and quotas rest on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from fairal.config import QueryConfig
from fairal.facts.record import Cases
from fairal.fairness.groups import group_means
from fairal.strategies.held_out import HeldOut, held_out_by_group, out_of_fold_dice
from fairal.strategies.scores import group_weights


@dataclass(frozen=True)
class Served:
    """How the model does on what is labelled.

    Attributes:
        cases: The labelled subjects, predicted by the network that was trained on them.
        dice: D_g of each group; 0 for a group with none labelled.
        weights: w_g of each group.
        counts: Labelled subjects of each group.
        held_out: Out-of-fold results by group; empty where none were asked for.
    """

    cases: Cases
    dice: dict[str, float]
    weights: dict[str, float]
    counts: dict[str, int]
    held_out: dict[str, HeldOut]


def serve(cases: Cases, held_out: Cases | None, groups: Sequence[str], query: QueryConfig) -> Served:
    """Derive D_g and w_g from the measured labelled subjects.

    Args:
        cases: Predicted by the network that was trained on them.
        held_out: Predicted by networks that were not; None where there are none.
        groups: Of the cohort, in its order.
        query: Says which of the two D_g is taken from, and the weights' exponent.
    """
    counts = Counter(cases.group)
    out_of_fold = by_group(held_out, groups) if held_out else {}
    if query.dice_from == "out_of_fold" and out_of_fold:
        dice = out_of_fold_dice(out_of_fold)
    else:
        means = group_means(cases.dice, cases.group, groups)
        dice = {group: 0.0 if mean is None else mean for group, mean in means.items()}
    return Served(cases, dice, group_weights(dice, query.gamma), {g: counts[g] for g in groups}, out_of_fold)


def by_group(held_out: Cases, groups: Sequence[str]) -> dict[str, HeldOut]:
    """Sort held-out cases by group; a group without any is there as well."""
    columns = {name: held_out.of(name) for name in ("group", "dice", "surface_dice", "assd_mm")}
    return held_out_by_group(columns, groups)
