"""Write docs/api.md from the public docstrings: ``python docs/api.py``. A test holds that it is current."""

import ast
import inspect
import re
import textwrap
from importlib import import_module
from pathlib import Path

import fairal

PAGE = Path(__file__).with_suffix(".md")
HEAD = """# What can be called

Written by `docs/api.py` from the docstrings; change those. Arrays are in RAS order, shapes are in the notation
`(N, X, Y, Z)`, units are a suffix of the name. A person's mistake is an `InputError` with one sentence.
"""
CHAPTERS = {
    "The package": [f"fairal:{name}" for name in fairal.__all__ if name != "__version__"],
    "What is asked": ["fairal.config:Arm", "fairal.config:read_study", "fairal.config:study_json"],
    "Where subjects come from": [
        "fairal.cohort.source:Source",
        "fairal.cohort.source:open_source",
        "fairal.facts.subject:Row",
        "fairal.facts.subject:Subject",
        "fairal.cohort.arrays:Cohort",
    ],
    "A round": [
        "fairal.loop.task:next_task",
        "fairal.loop.job:ask",
        "fairal.loop.round:answer",
        "fairal.loop.round:Round",
        "fairal.facts.record:Record",
        "fairal.facts.record:Cases",
        "fairal.facts.record:Pick",
        "fairal.facts.volumes:RoundVolumes",
        "fairal.facts.volumes:SubjectVolumes",
    ],
    "Running in the background": [
        "fairal.runs.store:Store",
        "fairal.runs.launch:launch",
        "fairal.runs.crew:Crew",
        "fairal.facts.state:RunState",
    ],
    "Reading results": [
        "fairal.runs.reader:Reader",
        "fairal.runs.reader:Snapshot",
        "fairal.runs.reader:RunFacts",
        "fairal.runs.library:readers",
        "fairal.runs.library:Library",
        "fairal.report.results:read_experiment",
    ],
    "Handing over": [
        "fairal.runs.bundles.export:export",
        "fairal.runs.bundles.export:Wanted",
        "fairal.runs.bundles:Bundle",
        "fairal.runs.bundles:Provenance",
    ],
}
_SECTION = re.compile(r"^(Args|Returns|Yields|Raises|Attributes):$", re.MULTILINE)


def page() -> str:
    """Compose the page."""
    parts = [HEAD]
    for title, names in CHAPTERS.items():
        parts += [f"## {title}\n", *map(entry, names)]
    return "\n".join(parts)


def entry(name: str) -> str:
    """Compose one entry: how it is called, its docstring, and of a class its public methods."""
    module, _, attribute = name.partition(":")
    thing = getattr(import_module(module), attribute)
    lines = [f"### `{attribute}`\n", f"`{thing.__module__}`\n", *_described(thing)]
    for method, function in _methods(thing):
        lines += [f"#### `{attribute}.{method}`\n", *_described(function)]
    return "\n".join(lines)


def _described(thing) -> list[str]:
    return [f"```python\n{_head(thing)}\n```\n", _text(thing)]


def _head(thing) -> str:
    """What stands before a docstring in the source; of a class its fields and its constructor as well."""
    source = textwrap.dedent(inspect.getsource(thing.fget if isinstance(thing, property) else thing))
    node, lines = ast.parse(source).body[0], source.splitlines()
    kept = ["@property"] * isinstance(thing, property) + _before_body(node, lines)
    for part in node.body if isinstance(node, ast.ClassDef) else ():
        if isinstance(part, ast.AnnAssign) and not part.target.id.startswith("_"):
            kept += lines[part.lineno - 1 : part.end_lineno]
        elif isinstance(part, ast.FunctionDef) and part.name == "__init__":
            kept += _before_body(part, lines)
    return "\n".join(kept)


def _before_body(node: ast.ClassDef | ast.FunctionDef, lines: list[str]) -> list[str]:
    return lines[node.lineno - 1 : max(node.body[0].lineno - 1, node.lineno)]


def _text(thing) -> str:
    """A docstring as Markdown: its sections as lists."""
    first, *sections = _SECTION.split(inspect.getdoc(thing) or "")
    lines = [first.strip() + "\n"]
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        lines += [f"{title}:\n", *_items(body, listed=title not in ("Returns", "Yields")), ""]
    return "\n".join(lines)


def _items(body: str, listed: bool) -> list[str]:
    body = inspect.cleandoc(body)
    if not listed:
        return [body]
    joined = re.sub(r"\n\s+", " ", body)
    return [re.sub(r"^([\w, ]+): ", r"- `\1`: ", line) for line in joined.splitlines() if line]


def _methods(thing) -> list[tuple[str, object]]:
    if not inspect.isclass(thing):
        return []
    own = [(name, value) for name, value in vars(thing).items() if not name.startswith("_")]
    found = [(name, getattr(value, "__func__", value)) for name, value in own]
    return [(n, f) for n, f in found if (inspect.isfunction(f) or isinstance(f, property)) and inspect.getdoc(f)]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
