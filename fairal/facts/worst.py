"""Who is served worst: the cases that a person wants to see first."""

from fairal.facts.record import Cases


def worst_of_each_group(cases: Cases, count: int) -> tuple[str, ...]:
    """List the cases of lowest Dice in each group.

    Args:
        cases: Measured.
        count: At most so many of a group.

    Returns:
        Ids, the worst of all first; equal Dice by id.
    """
    order = sorted(zip(cases.id, cases.group, cases.dice, strict=True), key=lambda case: (case[2] or 0.0, case[0]))
    kept: list[str] = []
    seen: dict[str, int] = {}
    for id_, group, _ in order:
        seen[group] = seen.get(group, 0) + 1
        if seen[group] <= count:
            kept.append(id_)
    return tuple(kept)
