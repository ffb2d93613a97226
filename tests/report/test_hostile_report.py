"""Names, groups and reasons that would be markup: text in the report, the story's file and every picture."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO
from xml.etree import ElementTree

import pytest
import told
from PIL import Image
from tiny import tiny_config
from told import made_up

from fairal.config import ExperimentConfig, FolderCohort
from fairal.config.cohort import FolderFacts, KnownScan
from fairal.facts.record import Cases, Pick
from fairal.fairness.judgement import judge
from fairal.report.export import picture
from fairal.report.figure import Subject, View
from fairal.report.figures import figures
from fairal.report.frames import rounds_frame
from fairal.report.html import report
from fairal.report.results import ExperimentResult
from fairal.report.sheet import csv_text
from fairal.report.story import offline_html, tell
from fairal.report.story.twins import twins_of

NAME = "</title></script><script>alert(1)</script><img src=//evil.example/x onerror=alert(1)>]]>"
GROUPS = (
    "<b>{{7*7}}</b>\"'--><script src=//evil.example/y></script>",
    "=1+1|](javascript:alert(1)) ![x](http://evil.example/x.png) `${a}`",
)
TAGS = {
    "html", "head", "meta", "link", "title", "style", "body", "h1", "h2", "h3", "p", "strong", "table", "thead",
    "tbody", "tr", "th", "td", "ul", "li", "figure", "figcaption", "dl", "dt", "dd", "details", "summary", "pre",
    "svg", "g", "path", "text", "tspan", "rect", "line", "defs", "clippath", "circle", "lineargradient", "stop",
}  # fmt: skip


class NoVolumes:
    """A reader of an experiment that kept no volumes."""

    def subject(self, *_) -> None:
        return None


@pytest.fixture(scope="module")
def hostile() -> ExperimentResult:
    """The made-up experiment as one on scans of a person's own, whose groups and name mean harm."""
    names = dict(zip(told.GROUPS, GROUPS, strict=True))
    result = made_up()
    scans = [KnownScan(id=f"s{i}", group=GROUPS[i % 2], image="i", mask="m") for i in range(40)]
    facts = FolderFacts(groups=GROUPS, shape=(24, 28, 20), spacing_mm=2.0, origin_mm=(0, 0, 0), scans=scans)
    query = {"start": {GROUPS[0]: 2, GROUPS[1]: 1}, "rounds": 1, "per_round": 2}
    content = tiny_config().model_dump(mode="json") | {"query": query}
    content |= {"cohort": FolderCohort(collection="x", facts=facts).model_dump(mode="json"), "name": NAME[:80]}
    content |= {"strategies": list(told.FINAL), "seeds": list(range(5)), "study": NAME[:80]}
    config = ExperimentConfig.model_validate(content)
    runs = []
    for run in result.runs:
        records = [_renamed(record, names) for record in run.records]
        judged = [judge(record, GROUPS) for record in records]
        ended = "failed" if run.seed == 4 else "done"
        runs.append(replace(run, records=records, rounds=judged, reason=NAME, state=ended))
    return replace(result, config=config, runs=runs)


def _renamed(record, names):
    of = lambda cases: Cases(**vars(cases) | {"group": tuple(names[group] for group in cases.group)})  # noqa: E731
    keyed = lambda content: {names[group]: value for group, value in content.items()}  # noqa: E731
    picked = record.picked and tuple(Pick(pick.id, names[pick.group]) for pick in record.picked)
    return replace(
        record, picked=picked, test=of(record.test), labelled_cases=of(record.labelled_cases),
        weights=keyed(record.weights), labelled_dice=keyed(record.labelled_dice),
        labelled_by_group=keyed(record.labelled_by_group),
    )  # fmt: skip


class Seen(HTMLParser):
    """What a browser would make of a document: tags, attributes, text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def asks(attributes: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The attributes by which a document would ask for something, or run something."""
    for name, value in attributes:
        leads = name in ("src", "href", "xlink:href", "action", "srcset", "data", "formaction", "poster", "background")
        if name.startswith("on") or (leads and not value.startswith(("data:", "#"))):
            yield name, value


def test_the_report_has_no_tag_but_its_own_asks_for_nothing_and_shows_the_names(hostile):
    seen = Seen(report(hostile))
    assert seen.tags <= TAGS, seen.tags - TAGS
    assert list(asks(seen.attributes)) == []
    text = "".join(seen.texts)
    assert NAME[:80] in text
    for group in GROUPS:
        assert group in text


def test_the_report_forbids_itself_every_script_and_request(hostile):
    policies = re.findall(r'Content-Security-Policy" content="([^"]+)"', report(hostile))
    assert policies == [
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    ]


def test_the_storys_file_keeps_its_own_scripts_alone_and_its_data_inside(hostile):
    page = offline_html(tell(hostile, twins_of(NoVolumes(), hostile)))
    assert page.count("<script") == page.count("</script>") == 2
    [data] = re.findall(r'<script type="application/json" id="story-data">(.*?)</script>', page, re.DOTALL)
    assert "<" not in data
    assert GROUPS[0].replace("<", "\\u003c").replace('"', '\\"') in data
    seen = Seen(page)
    assert list(asks(seen.attributes)) == []
    assert "b" not in seen.tags
    assert "img" not in seen.tags


def every_figure(result: ExperimentResult):
    return figures(Subject(result, View.of(result, result.config.baseline)))


def test_every_picture_as_svg_holds_text_and_shapes_alone(hostile):
    drawn = every_figure(hostile)
    assert len(drawn) > 4
    for figure in drawn:
        root = ElementTree.fromstring(picture(figure, "svg"))
        tags = {element.tag.rpartition("}")[2].lower() for element in root.iter()}
        assert tags <= TAGS, (figure.key, tags - TAGS)
        attributes = [(name.rpartition("}")[2], value) for element in root.iter() for name, value in element.items()]
        assert list(asks(attributes)) == []


def test_a_picture_as_png_is_drawn(hostile):
    with Image.open(BytesIO(picture(every_figure(hostile)[0], "png"))) as image:
        assert image.width > 500


def test_a_sheet_computes_nothing(hostile):
    cells = csv_text(rounds_frame(hostile)).replace('"', "").replace("\n", ",").split(",")
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t"))]
