"""Finished experiments as files: hand over, take in; and how lists tell them from one's own."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from fairal.cli.app import Home, out
from fairal.cli.output import check_outside
from fairal.errors import FairalError
from fairal.runs.bundles.export import Wanted, export
from fairal.runs.library import Library, readers
from fairal.runs.standing import find, overall
from fairal.runs.store import Store


def add_commands(app: typer.Typer) -> None:
    """Put `export` and `add` on the command line."""
    app.command("export")(export_command)
    app.command("add")(add_command)


def export_command(
    experiment: Annotated[str, typer.Argument(help="An id, its beginning, or 'latest'.")],
    file: Annotated[Path, typer.Option("--out", help="A new file, NAME.fairal.zip.")],
    volumes: Annotated[
        str, typer.Option(help="Display volumes, scans among them: some (of the first seed), tested, all or none.")
    ] = "some",
    volumes_of: Annotated[list[str] | None, typer.Option(help="Volumes of this strategy alone; repeatable.")] = None,
    home: Home = None,
) -> None:
    """Write a finished experiment as a bundle: configuration, states, records and display volumes, with checksums."""
    store = Store(home)
    check_outside(file, store.home)
    readers(store).check_own(experiment)
    found = find(store, experiment)
    manifest = export(store, found, file, Wanted(volumes, volumes_of or ()))
    scans = sum(name.startswith("subjects/") for name in manifest.members)
    size = file.stat().st_size / 1e6
    held = f"with the volumes of {scans} displayed subject(s)" if scans else "without any scan"
    out.print(f"{found}: {len(manifest.runs)} run(s) in {file}, {size:.2f} MB, {held}.")


def add_command(
    file: Annotated[Path, typer.Argument(help="A bundle that `fairal export` wrote.")],
    home: Home = None,
) -> None:
    """Take a bundle in, read-only beside one's own experiments; all of it is checked first."""
    library = readers(Store(home))
    bundle = library.add(file)
    out.print(f"{bundle.id}: added, {len(bundle.manifest.runs)} run(s).")
    say_origin(library, bundle.id)


def bundle_row(library: Library, experiment: str) -> dict:
    """Give a bundle as a list shows it; only its manifest is read."""
    row = {"experiment": experiment, "origin": library.origin(experiment)}
    try:
        manifest = library.bundle(experiment).manifest
    except FairalError as error:
        return row | {"name": f"damaged: {error}", "state": "damaged", "created": "", "runs": 0, "runs_done": 0}
    states = list(manifest.runs.values())
    about = {"name": manifest.name, "state": overall(states), "created": manifest.created}
    counts = {"runs": len(states), "runs_done": states.count("done")}
    return row | about | counts | {"provenance": asdict(manifest.provenance)}


def origin_json(library: Library, experiment: str) -> dict:
    """Say of a bundle what it is and where its numbers come from; nothing of one's own experiment."""
    provenance = library.provenance(experiment)
    return {"origin": library.origin(experiment), "provenance": asdict(provenance)} if provenance else {}


def say_origin(library: Library, experiment: str) -> None:
    """Print the same for a person."""
    if provenance := library.provenance(experiment):
        what = {"added": "Added bundle, read only.", "shipped": "Shipped with fairal, read only."}
        out.print(f"{what[library.origin(experiment)]} {provenance.sentence()}")
