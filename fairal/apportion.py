"""Split a whole into whole parts: subjects over groups, picks over quotas."""


def largest_remainder(weights, total: int, ceilings=None) -> list[int]:
    """Split `total` in proportion to `weights` into whole numbers, none above its ceiling.

    What a full share cannot take goes to the others, again by largest remainder; ties go to the first.

    Args:
        weights: Non-negative numbers; all zero counts as all equal.
        total: What to hand out.
        ceilings: The most each may take; None for no limit.

    Returns:
        Whole numbers that add up to `total`, or to the sum of the ceilings where that is less.
    """
    n = len(weights)
    room = [total] * n if ceilings is None else [min(c, total) for c in ceilings]
    shares, left = [0] * n, min(total, sum(room))
    while left:
        open_ = [i for i in range(n) if shares[i] < room[i]]
        exact = _in_proportion([weights[i] for i in open_], left)
        whole = [min(int(e + 1e-9), room[i] - shares[i]) for e, i in zip(exact, open_, strict=True)]
        capped = any(int(e + 1e-9) > w for e, w in zip(exact, whole, strict=True))
        for i, w in zip(open_, whole, strict=True):
            shares[i] += w
        left -= sum(whole)
        if capped:
            continue  # what a full share could not take is dealt again among the rest
        order = sorted(range(len(open_)), key=lambda j: whole[j] - exact[j])
        for j in order:
            if left and shares[open_[j]] < room[open_[j]]:
                shares[open_[j]] += 1
                left -= 1
    return shares


def _in_proportion(weights, total: int) -> list[float]:
    mass = weights if sum(weights) > 0 else [1.0] * len(weights)
    return [total * m / sum(mass) for m in mass]
