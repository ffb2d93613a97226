"""What memory this machine, and the control group that a process lives in, have; and whom they killed for it."""

import os
from contextlib import suppress
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")
_MEMINFO = Path("/proc/meminfo")
_UNKNOWN_BYTES = 8 * 10**9  # where the system does not say


def total_bytes() -> int:
    """Give the memory of this machine, or what its control group may take of it."""
    try:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        machine = _UNKNOWN_BYTES
    return min(machine, _number("memory.max") or machine)


def available_bytes() -> int:
    """Give what of it can be had now: not in use, or given back on demand, here and in the control group.

    Where the system does not say what is in use (elsewhere than on Linux), that is all of it.
    """
    said = []
    if machine := _row(_MEMINFO, "MemAvailable:"):
        said.append(1024 * machine)
    if limit := _number("memory.max"):
        cached = _row(_CGROUP / "memory.stat", "inactive_file")  # which gives way
        said.append(max(0, limit - _number("memory.current") + cached))
    return min(said, default=total_bytes())


def killed_for_memory() -> int:
    """Count the processes of this control group that were killed because its memory, or the machine's, ran out."""
    return _row(_CGROUP / "memory.events", "oom_kill")


def _number(name: str) -> int:
    """A figure of the control group; 0 where there is none, or no limit ("max")."""
    with suppress(OSError, ValueError):
        return int((_CGROUP / name).read_text())
    return 0


def _row(path: Path, key: str) -> int:
    with suppress(OSError, ValueError):
        for line in path.read_text().splitlines():
            if line.startswith(f"{key} "):
                return int(line.split()[1])
    return 0
