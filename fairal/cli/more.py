"""How many more, and of whom? At the command line."""

import json
from typing import Annotated

import typer

from fairal.cli.app import AsJson, Home, out
from fairal.plain import plain
from fairal.runs.library import readers
from fairal.runs.standing import find
from fairal.runs.store import Store

_LONGEST = 1000


def add_commands(app: typer.Typer) -> None:
    """Put `more` on the command line."""
    app.command("more")(more_command)


def more_command(
    experiment: Annotated[str, typer.Argument(help="An id, its beginning, or 'latest'.")],
    measure: Annotated[str, typer.Option(help="Whose gap, such as dice or assd_mm.")] = "surface_dice",
    gap: Annotated[float | None, typer.Option(help="The gap wanted; by default 0.02, or 0.1 mm.")] = None,
    group: Annotated[str | None, typer.Option(help="Whose labels; by default of whom the fewest will do.")] = None,
    add: Annotated[int | None, typer.Option(help="Ask the reverse too: the gap with so many more.")] = None,
    arm: Annotated[str | None, typer.Option(help="Go on from this arm; by default from the baseline.")] = None,
    round_: Annotated[int | None, typer.Option("--round", help="Go on from this round; by default the last.")] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Say how many more labels, and of whom, bring the gap below what is wanted; within what the experiment saw."""
    from fairal.report.how_many import default_wanted, how_many_json, make_forecast
    from fairal.report.results import read_experiment

    library = readers(Store(home))
    forecast = make_forecast(read_experiment(library, find(library, experiment)), measure, arm, round_)
    wanted = default_wanted(forecast.measure) if gap is None else gap
    content = how_many_json(forecast, wanted, group, add)
    if as_json:
        typer.echo(json.dumps(content, indent=1, allow_nan=False))
        return
    for line in _lines(content, forecast):
        out.print(plain(line, _LONGEST))


def _lines(content: dict, forecast) -> list[str]:
    from fairal.report.how_many.words import back_test_text, now_text

    lines = [now_text(forecast), content["answer"]["text"] if content["answer"] else content["reason"]]
    if "then" in content:
        lines.append(content["then"]["text"] if content["then"] else content["then_reason"])
    return [*dict.fromkeys(lines), back_test_text(forecast)]
