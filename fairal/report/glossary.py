"""Every term, defined once, in plain words. Pages, cards, report and documentation quote it from here."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

TERMS: Mapping[str, str] = MappingProxyType({
    # what is asked
    "arm": "How to pick scans for labelling (the query) and how to train on them (the training), compared as one.",
    "baseline": "The arm whose gap the others are to reduce.",
    "budget": "Scans labelled by an expert, from the start to the last round.",
    "round": "Train from scratch on what is labelled, measure on the test set, pick the next scans. Round 0 is the "
             "start.",
    "seed": "One repetition of everything with another cohort (or split) and other chance. One is an anecdote; from "
            "five on there are intervals.",
    "reference fit": "A single training for orientation: on the first group alone, or on the whole pool. No bound.",
    "group": "Subjects that share a value of the sensitive attribute, such as a diagnosis, a sex or a scanner.",
    "pool": "Subjects that could be labelled; nobody looks at their masks before they are picked.",
    "twin": "The same synthetic anatomy and scan once in each group: they differ by the bias alone.",
    "bias": "How far the structure is shrunk in the biased group, before anybody trains; 1 leaves about half of it.",
    "contrast fade": "How far the structure's intensity goes towards white matter in the biased group.",
    # how scans are picked, and networks trained
    "entropy": "How unsure the model is of a voxel, in bits: 0 is certain, 1 a coin toss. U is the mean over a scan.",
    "masked entropy": "U_m: the mean entropy in and around the predicted structure alone, where it can matter.",
    "weighted entropy": "w_g · U_m: entropy counts for more where a group is served worse by now.",
    "group weight": "w_g: how much a group counts in the pick; the lower its Dice on labelled scans, D_g, the more.",
    "quota": "How many of each group a round picks; who is picked inside a group is another question.",
    "parity": "Picks so that the groups' labelled counts become equal.",
    "balanced": "Every group is trained on equally often, however few of it are labelled.",
    "conditional": "The network is told the group: its first layer has filters of its own for each, so the group of "
                   "every scan must be known to predict it.",
    "group DRO": "The group with the highest training loss counts the most in every step.",
    # what is measured on a case
    "Dice": "Overlap of prediction and truth, 0 to 1. At equal boundary error it is lower for a smaller structure.",
    "surface Dice": "Share of both surfaces that lie within 1 mm of each other, 0 to 1; size matters far less to it. "
                    "On voxels of 1.5 mm the next voxel is too far already.",
    "ASSD": "Mean distance between the two surfaces, in mm; 0 is perfect.",
    "HD95": "The distance that 95 % of the surface stays below, in mm: a near-worst error.",
    "volume error": "(predicted − true) / true volume: above 0 the model draws too much, below 0 it misses.",
    "missed": "Inside the truth, and not predicted.",
    "over-drawn": "Predicted, and outside the truth.",
    "poorly served": "Test subjects whose result lies under the threshold that you set.",
    # what is made of the groups' means
    "gap": "Best minus worst group's mean. It is never negative, so chance alone makes some.",
    "signed gap": "First minus second group's mean: below 0 the second group is served better.",
    "worst group": "Mean of the group that is served worst: what no average can hide.",
    "equity-scaled Dice": "Mean Dice over 1 + the groups' summed distance from it: the price of unequal groups.",
    "disparity reduction": "The share of the baseline's gap that an arm removes: at 100 % none is left, above that it "
                           "is turned round.",
    "noise floor": "The gap that one run would show, by its test subjects and its training, if all groups were "
                   "served equally.",
    "noise line": "Short dashes in a chart, marked *noise alone*: the noise floor of the baseline.",
    "fair line": "The gap that one and the same boundary error for everyone would still show on this test set, because "
                 "the groups differ in size.",
    "levelling down": "The gap closes mostly because the better served group loses.",
    "who paid": "Splits a change of gap into the worst group's gain and the best group's loss.",
    "verdict": "The judgement on an arm in words: it rests on seeds, interval and level, never on one number alone.",
    "interval": "At 95 %, over seeds: the means that these results do not contradict.",
})  # fmt: skip
"""Definitions by term, as a person writes the term inside a sentence."""


def define(term: str) -> str:
    """Give a term's definition.

    Raises:
        KeyError: It is not in the glossary.
    """
    return TERMS[term]


def defined(terms: Iterable[str]) -> str:
    """Write several terms with their definitions as a Markdown list, in the glossary's order.

    Raises:
        KeyError: One is not in the glossary.
    """
    wanted = set(terms)
    if missing := wanted - TERMS.keys():
        raise KeyError(min(missing))
    return "\n".join(f"- **{term[0].upper()}{term[1:]}**: {text}" for term, text in TERMS.items() if term in wanted)
