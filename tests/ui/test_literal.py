"""No page writes a person's text but sign by sign: read from the sources, so that none is forgotten."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairal.ui.literal import literal

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*(ROOT / "fairal" / "ui").rglob("*.py"), *(ROOT / "pages").glob("*.py"), ROOT / "app.py"])
RENDERS = {
    "markdown", "write", "caption", "info", "warning", "error", "success", "exception", "title", "header", "subheader",
    "toast", "badge", "spinner", "progress", "button", "checkbox", "toggle", "radio", "pills", "segmented_control",
    "tabs", "expander", "popover", "status", "metric", "html", "latex", "link_button", "download_button",
    "number_input", "text_input", "text_area", "slider", "select_slider", "selectbox", "multiselect", "file_uploader",
}  # fmt: skip
"""Calls whose first text, or whose help, Streamlit takes for Markdown (or the browser for HTML)."""
TEXTS = {"help", "label", "body", "text", "caption"}
ESCAPES = {"literal", "escape"}
PERSONS = {
    "name", "study", "reason", "group", "groups", "group_names", "group_column", "participant_id", "folder", "home",
    "log_file", "created", "time", "title", "text", "takeaway", "caption", "label_of", "error", "sentence", "imported",
    "about", "excuse", "what", "why", "strerror", "filename", "query_params",
}  # fmt: skip
"""What carries text from a person, a file or an address: as an attribute, a variable, or a method."""
OURS = {
    "chosen.does", "chosen.source", "READ_ONLY", "title", "text", "what", "said", "name",
}  # fmt: skip
"""Variables of those names that hold words of ours, or text that was made literal where it was put together."""


def drawn(tree: ast.AST) -> Iterator[tuple[ast.Call, ast.expr]]:
    """Every text that is given to a call that renders."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in RENDERS:
            yield from ((node, argument) for argument in node.args[:1])
            yield from ((node, keyword.value) for keyword in node.keywords if keyword.arg in TEXTS)


def shown(expression: ast.expr) -> Iterator[ast.expr]:
    """What of an expression ends up in the text: no conditions, no counts, nothing that is escaped."""
    if isinstance(expression, ast.IfExp):
        yield from shown(expression.body)
        yield from shown(expression.orelse)
    elif isinstance(expression, ast.FormattedValue):
        if expression.format_spec is None:  # with one it is a number
            yield from shown(expression.value)
    elif isinstance(expression, ast.Call):
        method = expression.func
        if isinstance(method, ast.Attribute):
            if method.attr in PERSONS:
                yield method
            elif method.attr in ("join", "replace", "format", "capitalize", "strip"):
                yield from (leaf for part in (method.value, *expression.args) for leaf in shown(part))
        elif isinstance(method, ast.Name) and method.id == "str":
            yield from (leaf for part in expression.args for leaf in shown(part))
    elif isinstance(expression, ast.Attribute | ast.Name):
        yield expression
    elif isinstance(expression, ast.Compare | ast.Constant | ast.Lambda | ast.Dict):
        return
    else:
        yield from (
            leaf for part in ast.iter_child_nodes(expression) if isinstance(part, ast.expr) for leaf in shown(part)
        )


def unescaped(source: str) -> list[str]:
    """Name every place at which a person's text would be rendered."""
    found = []
    for call, text in drawn(ast.parse(source)):
        for leaf in shown(text):
            last = leaf.attr if isinstance(leaf, ast.Attribute) else leaf.id
            bare = isinstance(leaf, ast.Name)
            if last in PERSONS and not (bare and last in OURS) and ast.unparse(leaf) not in OURS:
                found.append(f"line {call.lineno}: {ast.unparse(leaf)} in {ast.unparse(call.func)}")
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_text_of_others_passes_through_literal(path):
    assert unescaped(path.read_text()) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_page_asks_for_html_in_markdown(path):
    assert "unsafe_allow_html" not in path.read_text()


@pytest.mark.parametrize(
    ("source", "places"),
    [
        ("st.markdown(f'**{config.name}**')", 1),
        ("st.markdown(f'**{literal(config.name)}**')", 0),
        ("st.caption(str(error))", 1),
        ("column.button('Go', help=run.reason)", 1),
        ("st.info(', '.join(result.groups))", 1),
        ("st.info(f'{len(result.groups)} groups, {run.time:.1f} s')", 0),
        ("st.html(f'<b>{escape(wanted.group)}</b>')", 0),
        ("st.html('<b>' + wanted.group + '</b>')", 1),
        ("st.error(a.text if a.text else literal(b.text))", 1),
        ("st.markdown([f'{scan.group}' for scan in scans])", 1),
    ],
)
def test_the_check_tells_the_one_from_the_other(source, places):
    assert len(unescaped(source)) == places


@pytest.mark.parametrize("sign", list("\\`*_{}[]()#+-.!|~>$:<&"))
def test_every_sign_that_markdown_knows_is_escaped(sign):
    assert literal(f"a{sign}b") == f"a\\{sign}b"
