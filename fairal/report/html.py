"""One self-contained HTML file of a comparison.

It opens offline and holds configuration, versions, n, and what the numbers cannot tell.
"""

import base64
import html
import io
import json
from importlib.metadata import version

import pandas as pd
from PIL import Image

from fairal import __version__
from fairal.report.charts import (
    dice_by_budget,
    measure_by_budget,
    pick_shares,
    reduction_bars,
    to_bytes,
    trade_off,
    who_paid_bars,
)
from fairal.report.frames import groups_frame, rounds_frame, summary_frame
from fairal.report.results import ExperimentResult, comparable_round
from fairal.report.summary import headline, paid_sentence, summarise_experiment
from fairal.strategies.catalog import label

CANNOT_TELL = (
    "These are synthetic brains with a bias built in on purpose: the numbers make no claim about patients, nor about "
    "groups that differ in contrast, scanner or anatomy rather than in the size of one structure. A single seed says "
    "nothing about training or cohort; an interval over seeds covers what was drawn anew for each seed. Sizes and "
    "learning rates are ours, not the paper's."
)
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:1080px;margin:2rem auto;padding:0 1rem;color:#1b1f24}
h1{line-height:1.2}table{border-collapse:collapse;font-size:14px;display:block;overflow-x:auto}
td,th{padding:.3rem .7rem;border-bottom:1px solid #d0d7de;text-align:right}
td:first-child,th:first-child{text-align:left}
figure{margin:1.5rem 0}figcaption{color:#57606a;font-size:14px}img,svg{max-width:100%;height:auto}
.note{background:#fff8e5;padding:.8rem 1rem;border-left:4px solid #e69f00}pre{font-size:12px;overflow-x:auto}
"""


def report(result: ExperimentResult, baseline: str | None = None, mosaic: Image.Image | None = None) -> str:
    """Write the comparison of an experiment as one HTML document.

    Args:
        result: From `read_experiment`, with at least one comparable round.
        baseline: A strategy id; the configuration's by default.
        mosaic: A picture of slices to show as well.

    Raises:
        ValueError: No round is finished for every strategy.
    """
    baseline = baseline or result.config.baseline
    summary = summarise_experiment(result, baseline)
    at = comparable_round(result)
    if at is None:
        raise ValueError("the experiment has no round that every strategy has reached")
    rounds, groups, table = rounds_frame(result), groups_frame(result), summary_frame(summary)
    strategies, config = result.config.strategies, result.config
    seeds = max(row.seeds for row in summary if row.role == "strategy")
    n = f"n = {seeds} seed{'s' if seeds > 1 else ''}, {config.cohort.test_pairs} matched test pairs each"
    noise = next((row.gap_by_noise for row in summary if row.strategy == baseline), None)
    figures = [
        (dice_by_budget(groups, result.groups), f"Test Dice per group by labelled scans. Bands: 95 % over seeds. {n}."),
        (
            measure_by_budget(rounds, "gap", strategies, noise=noise),
            f"Gap by labelled scans; dashed: what noise alone would show. {n}.",
        ),
        (
            reduction_bars(table, strategies),
            f"Disparity reduction against {label(baseline).lower()}, 95 % interval. {n}.",
        ),
        (who_paid_bars(table, strategies), "Who paid for the change of gap."),
        (trade_off(rounds, strategies, at), f"Mean Dice against gap at {summary[0].labelled} labelled scans."),
        (pick_shares(groups, result.groups), "Share of each group in every pick."),
    ]
    drawn = []
    for chart, caption in figures:
        if chart.to_dict().get("datasets") and any(chart.to_dict()["datasets"].values()):
            drawn.append(
                f"<figure>{to_bytes(chart, 'svg').decode()}<figcaption>{html.escape(caption)}</figcaption></figure>"
            )
    if mosaic is not None:
        buffer = io.BytesIO()
        mosaic.save(buffer, "PNG", optimize=True)
        data = base64.b64encode(buffer.getvalue()).decode()
        caption = "A test subject of each group: T1, truth and prediction outlined, entropy over it."
        drawn.append(
            f'<figure><img alt="{caption}" src="data:image/png;base64,{data}">'
            f"<figcaption>{caption}</figcaption></figure>"
        )
    paid = "".join(
        f"<li>{html.escape(label(row.strategy))}: {html.escape(paid_sentence(row))}</li>"
        for row in summary
        if row.worst_group_gain is not None and row.role == "strategy"
    )
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "monai", "numpy", "scipy"))
    title = html.escape(config.name)
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>fairal: {title}</title>
<style>{_STYLE}</style></head><body>
<h1>{title}</h1><p>{html.escape(result.id)} · {n} · {summary[0].labelled} labelled scans at the end ·
baseline: {html.escape(label(baseline))}</p>
<p><strong>{html.escape(headline(result, summary, baseline))}</strong></p><p class="note">{CANNOT_TELL}</p>
{_table(table, result)}<ul>{paid}</ul>{"".join(drawn)}
<h2>Configuration</h2><pre>{html.escape(json.dumps(config.model_dump(mode="json"), indent=1))}</pre>
<p>fairal {__version__}, {versions}.</p></body></html>"""


def _table(table: pd.DataFrame, result: ExperimentResult) -> str:
    columns = {
        "label": "Strategy", "seeds": "Seeds", "labelled": "Labelled", "dice": "Dice",
        **{f"dice_{g}": f"Dice {g}" for g in result.groups}, "gap": "Gap", "gap_by_noise": "Gap by noise alone",
        "es_dice": "ES-Dice", "disparity_reduction": "Reduction", "interval_low": "from", "interval_high": "to",
        "worst_group_gain": "Worst gained", "best_group_loss": "Best lost", "p_holm": "p (Holm)",
    }  # fmt: skip
    shown = table[[c for c in columns if c in table]].rename(columns=columns)
    return shown.to_html(index=False, float_format=lambda v: f"{v:.3f}", na_rep="–", border=0)
