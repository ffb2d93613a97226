"""Whether this process may start, change or delete anything: a hosted demo shows and tells."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from fairal import settings
from fairal.errors import InputError

P, R = ParamSpec("P"), TypeVar("R")
READ_ONLY = "This server is read only: it shows and tells, and starts, changes and deletes nothing."


class ReadOnly(InputError):
    """FAIRAL_READ_ONLY is set."""


def check_changes() -> None:
    """Refuse where the server is read only.

    Raises:
        ReadOnly: FAIRAL_READ_ONLY is 1.
    """
    if settings.read_only():
        raise ReadOnly(READ_ONLY)


def changes(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a function that starts, changes or deletes something: it refuses where the server is read only.

    Raises:
        ReadOnly: FAIRAL_READ_ONLY is 1.
    """

    @wraps(function)
    def allowed(*args: P.args, **kwargs: P.kwargs) -> R:
        check_changes()
        return function(*args, **kwargs)

    allowed.changes = True
    return allowed
