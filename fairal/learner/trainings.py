"""Every way of training in one table, as the strategies have theirs. Nothing heavy is imported here."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Training:
    """One way of training on a labelled set.

    Attributes:
        id, label: In configurations, and as a person reads it.
        does: What it does, in plain words that go on after "trains".
        source: Where it comes from.
        schedule: Who is drawn for each step, see `schedules`: ``plain`` or ``balanced``.
        needs_group_at_prediction: The network is told the group of every scan, also of those it predicts.
        robust: The steps weigh the groups by their losses.
    """

    id: str
    label: str
    does: str
    source: str
    schedule: str = "plain"
    needs_group_at_prediction: bool = False
    robust: bool = False


PLAIN = "plain"

TRAININGS: dict[str, Training] = {
    training.id: training
    for training in (
        Training(PLAIN, "Plain", "on every labelled scan equally often", "-"),
        Training("balanced", "Balanced", "on every group equally often, however few of it are labelled",
                 "group-balanced sampling; this project", schedule="balanced"),
        Training("conditional", "Told the group",
                 "with filters of its own for each group in the network's first layer; "
                 "the group of every scan must be known to predict it", "this project", needs_group_at_prediction=True),
        Training("balanced_conditional", "Balanced, told the group",
                 "on every group equally often, with filters of its own for each group in the first layer; "
                 "the group of every scan must be known to predict it", "this project",
                 schedule="balanced", needs_group_at_prediction=True),
        Training("group_dro", "Group DRO",
                 "on every group equally often, where the one of highest training loss counts the most",
                 "Sagawa et al. 2020", schedule="balanced", robust=True),
    )
}  # fmt: skip
