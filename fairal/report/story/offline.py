"""A story as one file: renderer, looks and data in it, and nothing that is asked for from elsewhere."""

import base64
import html
import json
from hashlib import sha256
from importlib.resources import files

from fairal.report.story.scene import Story

RENDERER = ("draw", "twins", "dots", "curves", "people", "slopes", "strips", "cards", "stage")
"""Parts of the renderer, in the order in which they are put together to one module."""


def renderer() -> dict[str, str]:
    """Give the renderer as a Streamlit component takes it: ``html``, ``css`` and ``js``, one module."""
    js = "\n".join(_asset(f"{part}.js") for part in RENDERER)
    return {"html": _asset("story.html"), "css": _asset("story.css"), "js": js}


def offline_html(story: Story) -> str:
    """Write a story as one HTML document. Its own policy forbids it every request, and every script but this one."""
    parts = renderer()
    script = f"{parts['js']}\n{_asset('offline.js')}"
    style = f"{_asset('offline.css')}\n{parts['css']}"
    policy = (
        f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    data = json.dumps(story.as_json(), allow_nan=False, ensure_ascii=False).replace("<", "\\u003c")
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="data:,">
<title>{html.escape(story.title)}: a story told by fairal</title><style>{style}</style></head>
<body>{parts["html"]}<script type="application/json" id="story-data">{data}</script>
<script type="module">{script}</script></body></html>"""


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"


def _asset(name: str) -> str:
    return files("fairal").joinpath("ui", "assets", "story", name).read_text(encoding="utf-8")
