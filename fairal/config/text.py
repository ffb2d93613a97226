"""A person's JSON: bounded before it is parsed, and never more than a sentence where it is none."""

import json
from pathlib import Path
from typing import Any

from fairal.errors import InputError
from fairal.plain import plain
from fairal.plainfiles import NotPlain, open_plain

TEXT_BYTES_MAX = 4_000_000
"""Of a configuration; the largest presets take 20 kB."""


def parse_json(text: str | bytes, what: str) -> Any:
    """Parse a text as JSON.

    Args:
        text: UTF-8.
        what: Names the text at the beginning of a sentence, such as ``This``.

    Raises:
        InputError: It is too long, nested too deeply, names a field twice, holds a number too long to be one, or is no
            JSON.
    """
    if len(text) > TEXT_BYTES_MAX:
        raise InputError(f"{what} is too long: a configuration has at most {TEXT_BYTES_MAX / 1e6:.0f} MB.")
    try:
        return json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise InputError(f"{what} is not valid JSON: {error.msg} in line {error.lineno}.") from None
    except UnicodeDecodeError:
        raise InputError(f"{what} is not text in UTF-8.") from None
    except _Twice as field:
        raise InputError(f"{what} names {field} twice in one place; which of them counts nobody can tell.") from None
    except RecursionError:
        raise InputError(f"{what} is nested too deeply to be a configuration.") from None
    except ValueError:  # of the many that json raises only this one is left: more digits than Python makes a number of
        raise InputError(f"{what} is not valid JSON: a number in it has thousands of digits.") from None


class _Twice(Exception):
    """An object names a field twice."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its fields; JSON would let the last of two win, without a word."""
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(plain(next(name for name in names if names.count(name) > 1), 60))
    return content


def read_text(path: Path) -> bytes:
    """Read a configuration file, as far as one may be long; a pipe or a device is not waited for.

    Raises:
        InputError: There is none, it is no plain file, or it is too long.
    """
    name = plain(path, 200)
    try:
        file = open_plain(path, links=True)
    except FileNotFoundError:
        raise InputError(f"{name} does not exist; `fairal preset demo > {name}` writes one to edit.") from None
    except NotPlain:
        raise InputError(f"{name} cannot be read: it is no plain file.") from None
    except (OSError, ValueError) as error:  # a name with a NUL in it is a ValueError
        raise InputError(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    with file:
        content = file.read(TEXT_BYTES_MAX + 1)
    if len(content) > TEXT_BYTES_MAX:
        raise InputError(f"{name} is too long: a configuration has at most {TEXT_BYTES_MAX / 1e6:.0f} MB.")
    return content
