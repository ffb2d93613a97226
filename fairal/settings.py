"""The environment: read here alone, on use, checked, with a sentence for a wrong value."""

import math
import os
import re
import tempfile
from pathlib import Path

from fairal.errors import InputError
from fairal.plain import plain

_ADDRESS = re.compile(r"[^@\s]{0,64}@[^@\s.]+(\.[^@\s.]+)+")


def home() -> Path | None:
    """FAIRAL_HOME: where everything lies; None where it is not set.

    Raises:
        InputError: It names the home of a person who is not here.
    """
    text = os.environ.get("FAIRAL_HOME", "")
    if not text:
        return None
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise InputError(f"FAIRAL_HOME must be a folder, got '{plain(text, 60)}': there is no such user.") from None


def workers() -> int | None:
    """FAIRAL_WORKERS: how many workers run; None where it is not set."""
    return _whole_number("FAIRAL_WORKERS", 1, 64)


def threads() -> int | None:
    """FAIRAL_THREADS: threads of each worker; None where it is not set."""
    return _whole_number("FAIRAL_THREADS", 1, 256)


def max_queued() -> int | None:
    """FAIRAL_MAX_QUEUED: how many runs may be open in a home at once; None, where it is not set, for any number."""
    return _whole_number("FAIRAL_MAX_QUEUED", 0, 10**6)


def read_only() -> bool:
    """FAIRAL_READ_ONLY: 1 shows and tells, and starts, changes and deletes nothing; see `fairal.allowed`."""
    return _switch("FAIRAL_READ_ONLY", "0")


def allowed_emails() -> frozenset[str] | None:
    """FAIRAL_ALLOWED_EMAILS: who gets in after a login: addresses, or domains as ``@example.org``, with commas between;
    in small letters. None, where it is not set, for everybody who logs in.

    Raises:
        InputError: One is neither.
    """
    text = os.environ.get("FAIRAL_ALLOWED_EMAILS", "").strip()
    if not text:
        return None
    names = frozenset(name.strip().lower() for name in text.split(","))
    if wrong := sorted(name for name in names if not _ADDRESS.fullmatch(name)):
        raise InputError(
            f"FAIRAL_ALLOWED_EMAILS must be addresses or domains such as @example.org, got '{plain(wrong[0], 60)}'."
        )
    return names


def tracebacks() -> bool:
    """FAIRAL_TRACEBACK: 1 shows where the command line went wrong, for whoever mends it."""
    return _switch("FAIRAL_TRACEBACK", "0")


def engine() -> str:
    """FAIRAL_ENGINE: who computes, see `check_engine`; ``local`` where it is not set."""
    return check_engine(os.environ.get("FAIRAL_ENGINE") or "local", "FAIRAL_ENGINE")


def check_engine(text: str, name: str) -> str:
    """Check an engine's name: ``local``, ``ray`` (a cluster of this machine) or ``ray://HOST:PORT``.

    Raises:
        InputError: It is none of these, or has a port that cannot be.
    """
    if not re.fullmatch(r"local|ray(://[A-Za-z0-9._-]{1,253}:[0-9]{1,5})?", text):
        raise InputError(f"{name} must be local, ray or ray://HOST:PORT, got '{plain(text, 60)}'.")
    if "://" in text and not 1 <= int(text.rpartition(":")[2]) <= 65535:
        raise InputError(f"{name} must be ray://HOST:PORT with a port in 1..65535, got '{plain(text, 60)}'.")
    return text


def gpu_share() -> float:
    """FAIRAL_GPU_SHARE: what of a GPU one task of a cluster takes, in (0, 1]; a whole one where it is not set."""
    return _number("FAIRAL_GPU_SHARE", 1.0, 0.01, 1)


def node_folder() -> Path:
    """FAIRAL_NODE_DIR: where a node of a cluster keeps cohorts; by default a folder of this person's in /tmp."""
    user = os.getuid() if hasattr(os, "getuid") else "home"
    return Path(os.environ.get("FAIRAL_NODE_DIR") or Path(tempfile.gettempdir()) / f"fairal-node-{user}").absolute()


def cache_bytes() -> int:
    """FAIRAL_CACHE_GB: what the cache of cohorts and fits may hold; 5 GB where it is not set."""
    return int(_number("FAIRAL_CACHE_GB", 5.0, 0, 10**6, " of gigabytes") * 1e9)


def warm() -> bool:
    """FAIRAL_WARM: 0 leaves out what a server prepares before the first click, for tests and small machines."""
    return _switch("FAIRAL_WARM", "1")


def visible_gpus() -> list[str] | None:
    """CUDA_VISIBLE_DEVICES: the GPUs that this process may use; None where nothing restricts them."""
    text = os.environ.get("CUDA_VISIBLE_DEVICES")
    return None if text is None else [d.strip() for d in text.split(",") if d.strip() not in ("", "-1")]


def _switch(name: str, default: str) -> bool:
    text = os.environ.get(name) or default
    if text not in ("0", "1"):
        raise InputError(f"{name} must be 0 or 1, got '{plain(text, 20)}'.")
    return text == "1"


def _whole_number(name: str, least: int, most: int) -> int | None:
    text = os.environ.get(name, "")
    if not text:
        return None
    # isdecimal alone: '²' is a digit, and int() does not know it.
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and least <= int(text) <= most):
        raise InputError(f"{name} must be a whole number in {least}..{most}, got '{plain(text, 20)}'.")
    return int(text)


def _number(name: str, default: float, least: float, most: float, of: str = "") -> float:
    text = os.environ.get(name, "").strip()
    try:
        value = float(text) if text else default
    except ValueError:
        value = math.nan
    if not least <= value <= most:  # also where it is not a number
        raise InputError(f"{name} must be a number{of} in {least}..{most}, got '{plain(text, 20)}'.")
    return value
