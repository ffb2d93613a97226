"""Why a scan was picked, in words that its numbers bear out."""

from fairal.strategies.catalog import CATALOG
from fairal.strategies.scores import NOTHING_FOUND

_CLOSE = 1e-6


def reason(query: str, score: float | None, uncertainty: float | None, weight: float) -> str:
    """Say why a strategy picked a scan.

    Args:
        query: The strategy.
        score: What ranked it; None where nothing did.
        uncertainty: Before any weight; None where none was measured.
        weight: w_g of the scan's group. It is named where the score shows that it played a part.
    """
    how = CATALOG[query].picks_by
    if score is None:
        return how
    if uncertainty is None:
        return f"{how}: {score:.3g}"
    said = _uncertain(uncertainty)
    if abs(score - uncertainty) <= _CLOSE * max(1.0, abs(uncertainty)):
        return f"{said}, in the quota of its group" if "quota" in how else said
    if abs(score - weight * uncertainty) <= _CLOSE * max(1.0, abs(score)):
        if abs(weight - 1) < 0.05:
            return f"{said}, its group weighs as the average"
        return f"{said}, {_times(weight)} the weight of its group"
    return f"{said}, score {score:.3g} ({how})"


def _uncertain(uncertainty: float) -> str:
    if uncertainty == NOTHING_FOUND:
        return "nothing found in it, uncertain 1.00"
    # The entropy of a whole volume is a few thousandths: two decimals would make all of them alike.
    return f"uncertain {uncertainty:.2f}" if uncertainty >= 0.1 else f"uncertain {uncertainty:.2g}"


def _times(weight: float) -> str:
    for words, value in (("half", 0.5), ("twice", 2.0)):
        if abs(weight - value) < 0.05 * value:
            return words
    return f"{weight:.1f} times" if weight >= 0.1 else f"{weight:.2g} times"
