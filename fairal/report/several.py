"""Several experiments side by side: in what they differ, and what each came to."""

from collections.abc import Iterator, Sequence

import pandas as pd

from fairal.report.arms import arm_label
from fairal.report.comparison import summarise_experiment
from fairal.report.frames import readable
from fairal.report.quantity import Quantity
from fairal.report.results import ExperimentResult, comparable_round
from fairal.report.tables import means_and_seeds


def by_strength(results: Sequence[ExperimentResult], quantity: Quantity) -> pd.DataFrame:
    """A number over the groups at each experiment's last comparable round, by bias strength.

    Returns:
        Of synthetic experiments, rows of `tables.means_and_seeds` with ``label``, ``experiment`` and ``x``, how strong
        the bias is.
    """
    rows = [
        {"experiment": result.id, "label": arm_label(run.strategy), "seed": run.seed, "x": _strength(result),
         "strategy": run.strategy, "value": value}
        for result in results
        if result.synthetic and (at := comparable_round(result)) is not None
        for run in result.runs
        if run.role == "strategy" and len(run.records) > at
        and (value := quantity.of(run.records[at], result.groups)) is not None
    ]  # fmt: skip
    return means_and_seeds(pd.DataFrame(rows), ["label", "x"], quantity.possible) if rows else pd.DataFrame()


def _strength(result: ExperimentResult) -> float:
    return max(group.strength for group in result.config.cohort.groups)


def differences(results: Sequence[ExperimentResult]) -> pd.DataFrame:
    """The fields in which configurations differ: a row per field, a column per experiment."""
    configs = {result.id: dict(_fields(result.config.model_dump(mode="json"))) for result in results}
    names = dict.fromkeys(name for config in configs.values() for name in config)
    differing = [name for name in names if len({config.get(name, "–") for config in configs.values()}) > 1]
    columns = {experiment: [config.get(name, "–") for name in differing] for experiment, config in configs.items()}
    return pd.DataFrame({"Field": differing} | columns)


def _fields(content: dict, before: str = "") -> Iterator[tuple[str, str]]:
    """Walk a configuration down to its values: ``cohort, group biased: strength`` and ``1.0``."""
    for name, value in content.items():
        said = name.replace("_", " ")
        if isinstance(value, dict):
            yield from _fields(value, f"{before}{said}, ")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for i, item in enumerate(value):
                yield from _fields(item, f"{before}{said} {item.get('name', i + 1)}, ")
        else:
            yield f"{before}{said}", ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def side_by_side(results: Sequence[ExperimentResult], baseline: str) -> pd.DataFrame:
    """One row per experiment and arm, as a person reads it."""
    tables = [
        readable(summarise_experiment(result, baseline), result.groups).assign(Experiment=result.id)
        for result in results
        if comparable_round(result) is not None
    ]
    if not tables:
        return pd.DataFrame()
    table = pd.concat(tables, ignore_index=True)
    return table[["Experiment", *[c for c in table.columns if c != "Experiment"]]]
