"""One self-contained HTML file of a comparison: it opens offline and explains itself."""

import base64
import html
import io
import json
from collections.abc import Sequence
from importlib.metadata import version

from PIL import Image

from fairal import __version__
from fairal.config.arm import Arm
from fairal.fairness.measures import MEASURES
from fairal.report.arms import arm_label
from fairal.report.export import to_bytes
from fairal.report.figure import Figure, Subject, View
from fairal.report.figures import figures
from fairal.report.frames import readable
from fairal.report.glossary import define
from fairal.report.levels import ArmSummary
from fairal.report.people import THRESHOLDS, poorly_served, say_volumes
from fairal.report.quantity import MEASURE_LABELS
from fairal.report.results import ExperimentResult, comparable_round, sample
from fairal.report.summary import headline, paid_sentence
from fairal.strategies.catalog import CATALOG

OWN_SCANS_CANNOT_TELL = (
    "These numbers are about the scans that were imported, their masks and their groups, and about nobody else. The "
    "groups hold other people: a gap between them may come from anything in which they differ. A single seed says "
    "nothing about training or the split; an interval over seeds covers what was drawn anew for each seed."
)
CANNOT_TELL = (
    "These are synthetic brains with a bias built in on purpose: the numbers make no claim about patients, nor about "
    "groups that differ in contrast, scanner or anatomy rather than in the size of one structure. A single seed says "
    "nothing about training or cohort; an interval over seeds covers what was drawn anew for each seed. Sizes and "
    "learning rates are ours, not the paper's."
)
EXPLAINED = ("arm", "Dice", "surface Dice", "gap", "signed gap", "disparity reduction", "noise floor", "fair line",
             "equity-scaled Dice", "levelling down", "who paid")  # fmt: skip
"""The terms of the glossary that a report uses."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
"""No script and no request, whatever stands in the document; charts bring styles of their own."""
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:1080px;margin:2rem auto;padding:0 1rem;color:#1b1f24}
h1{line-height:1.2}h2{margin-top:2.5rem}table{border-collapse:collapse;font-size:13px;display:block;overflow-x:auto}
td,th{padding:.3rem .45rem;border-bottom:1px solid #d0d7de;text-align:right;white-space:nowrap}
th{white-space:normal;vertical-align:bottom}td:first-child,th:first-child{text-align:left}
figure{margin:1.5rem 0}figcaption{color:#57606a;font-size:14px}img,svg{max-width:100%;height:auto}
dt{font-weight:600}dd{margin:0 0 .6rem}
.note{background:#fff8e5;padding:.8rem 1rem;border-left:4px solid #e69f00}pre{font-size:12px;overflow-x:auto}
"""


def report(result: ExperimentResult, baseline: str | None = None, mosaic: Image.Image | None = None) -> str:
    """Write the comparison of an experiment as one HTML document.

    Args:
        result: From `read_experiment`, with at least one comparable round.
        baseline: An arm; the configuration's by default.
        mosaic: A picture of slices to show as well.

    Raises:
        ValueError: No round is finished for every strategy.
    """
    baseline = baseline or result.config.baseline
    if comparable_round(result) is None:
        raise ValueError("the experiment has no round that every strategy has reached")
    subject = Subject(result, View.of(result, baseline))
    summary = subject.summaries["dice"]
    drawn = "".join(_figure(figure) for figure in figures(subject))
    title = html.escape(result.config.name)
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>fairal: {title}</title>
<style>{_STYLE}</style></head><body>
<h1>{title}</h1>
<p>{html.escape(question(result, baseline))}</p>
<p><strong>{html.escape(subject.choice.text)}</strong></p>
<p>{html.escape(headline(result, summary, baseline))}</p>
<p>{html.escape(sample(result))} · {summary[0].labelled} labelled scans at the end · baseline:
{html.escape(arm_label(baseline))} · {html.escape(result.id)}</p>
<p class="note">{cannot_tell(result)}</p>
<h2>All numbers</h2>{_tables(subject)}<h2>People poorly served</h2>{_people(subject)}{drawn}{_mosaic(mosaic)}
<h2>What the words mean</h2>{_definitions(result)}
<h2>Configuration</h2><details><summary>As it can be launched again</summary>
<pre>{html.escape(json.dumps(result.config.model_dump(mode="json"), indent=1))}</pre></details>
<p>fairal {__version__}, {_versions()}.</p></body></html>"""


def cannot_tell(result: ExperimentResult) -> str:
    """Say what an experiment's numbers cannot tell."""
    return CANNOT_TELL if result.synthetic else OWN_SCANS_CANNOT_TELL


def question(result: ExperimentResult, baseline: str) -> str:
    """Say what an experiment asked."""
    query = result.config.query
    others = ", ".join(arm_label(arm).lower() for arm in result.config.strategies if arm != baseline)
    start = " + ".join(f"{count} {group}" for group, count in query.start.items())
    return (
        f"From {start} labelled scans on, {query.per_round} more are labelled in each of {query.rounds} rounds. If "
        f"they are picked by {others or 'no other arm'} instead of {arm_label(baseline).lower()}, how good does the "
        "segmentation get, and for whom?"
    )


def _figure(figure: Figure) -> str:
    drawn = to_bytes(figure.draw(), "svg").decode()
    label = html.escape(figure.takeaway, quote=True)
    return (
        f'<h2>{html.escape(figure.title)}</h2><figure role="img" aria-label="{label}">{drawn}'
        f"<figcaption>{html.escape(figure.caption)}</figcaption></figure>"
    )


def _mosaic(mosaic: Image.Image | None) -> str:
    if mosaic is None:
        return ""
    buffer = io.BytesIO()
    mosaic.save(buffer, "PNG", optimize=True)
    data = base64.b64encode(buffer.getvalue()).decode()
    caption = "A test subject of each group: T1, truth and prediction outlined, entropy over it."
    return (
        f'<h2>Slices</h2><figure><img alt="{caption}" src="data:image/png;base64,{data}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _tables(subject: Subject) -> str:
    """A table for each measure, and who paid in it."""
    parts = []
    for measure, summary in subject.summaries.items():
        table = readable(summary, subject.result.groups).to_html(index=False, na_rep="–", border=0)
        parts.append(f"<h3>{html.escape(MEASURE_LABELS[measure])}</h3>{table}{_paid(summary, measure)}")
    return "".join(parts)


def _people(subject: Subject) -> str:
    """How many test subjects lie beyond the usual threshold, per arm and group; and volumes in words."""
    parts = []
    for measure in subject.view.measures:
        of, threshold = MEASURES[measure], THRESHOLDS[measure]
        table = poorly_served(subject, measure, threshold)
        if table.empty:
            continue
        table = table.assign(served=[f"{row.poor} of {row.cases}" for row in table.itertuples()])
        wide = table.pivot(index="label", columns="group", values="served").reindex(
            index=list(dict.fromkeys(table.label)), columns=list(subject.result.groups)
        )
        wide = wide.rename_axis(None, axis=1).reset_index(names="Arm")
        said = f"Test subjects {'below' if of.sign > 0 else 'above'} {of.say(threshold)} in {of.label}, all seeds."
        parts.append(f"<p>{html.escape(said)}</p>{wide.to_html(index=False, na_rep='–', border=0)}")
    volumes = ((arm_label(arm), "; ".join(say_volumes(subject, arm))) for arm in subject.view.arms)
    items = "".join(f"<li>{html.escape(f'{label}, on average: {said}.')}</li>" for label, said in volumes if said)
    return f"{''.join(parts)}<ul>{items}</ul>"


def _paid(summary: Sequence[ArmSummary], measure: str) -> str:
    said = [(row.strategy, row.against.paid) for row in summary if row.against and row.role == "strategy"]
    each = [f"{arm_label(arm)}: {paid_sentence(paid, measure)}" for arm, paid in said]
    return f"<ul>{''.join(f'<li>{html.escape(text)}</li>' for text in each)}</ul>"


def _definitions(result: ExperimentResult) -> str:
    words = {f"{term[0].upper()}{term[1:]}": define(term) for term in EXPLAINED}
    for arm in result.config.strategies:
        entry = CATALOG.get(Arm.parse(arm).query)
        if entry:
            words[arm_label(arm)] = f"Picks by {entry.picks_by}. Source: {entry.source}."
    items = "".join(f"<dt>{html.escape(word)}</dt><dd>{html.escape(said)}</dd>" for word, said in words.items())
    return f"<dl>{items}</dl>"


def _versions() -> str:
    return ", ".join(f"{name} {version(name)}" for name in ("torch", "monai", "numpy", "scipy"))
