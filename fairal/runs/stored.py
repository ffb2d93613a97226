"""The one way to read a stored object, and the one way to write it: whole, with a checksum that says what it is."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from fairal.errors import FairalError
from fairal.facts.record import SCHEMA
from fairal.files import write_text
from fairal.plainfiles import read_plain
from fairal.seals import Broken, open_object, parse_object, seal_text

OBJECT_BYTES_MAX = 2**26
"""Of a JSON object; an experiment's takes some kilobytes."""


class Damaged(FairalError):
    """A stored file is not what it should be; the rest of the home stays usable."""


class Newer(Damaged):
    """A stored file is of a newer version: nothing is wrong with it, and nothing is to be mended."""


def read_object(path: Path, of: str = "", unsealed: Collection[str] | None = None) -> dict[str, Any]:
    """Read a JSON object that this program wrote.

    Args:
        path: The file.
        of: What it is, see `seal_text`.
        unsealed: Of what members it may consist where it has no checksum, as files of earlier versions have none; None
            for a file that never has one.

    Raises:
        Newer: The file is from a newer version.
        Damaged: The file is missing or broken, or it is that of something else.
    """
    try:
        stored = read_plain(path, OBJECT_BYTES_MAX)
        content = parse_object(stored) if unsealed is None else open_object(stored, of, unsealed)
    except FileNotFoundError:
        raise Damaged(f"{path} is missing; the experiment or run was deleted or is damaged.") from None
    except OSError as error:
        raise Damaged(f"{path} cannot be read ({error.strerror or error}).") from None
    except Broken as broken:
        raise Damaged(f"{path} is damaged: {broken}.") from None
    if isinstance(content.get("schema"), int) and content["schema"] > SCHEMA:
        raise Newer(f"{path} is of schema {content['schema']}, from a newer fairal; this one reads up to {SCHEMA}.")
    return content


def write_object(path: Path, content: Mapping[str, Any], of: str, durable: bool = False) -> None:
    """Replace a stored object in one step, sealed."""
    write_text(path, seal_text(json.dumps(content, indent=1, allow_nan=False), of), durable)
