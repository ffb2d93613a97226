"""What all benchmarks share: facts about the machine, medians with their range, JSON, processes and browser."""

import datetime
import json
import os
import platform
import shutil
import statistics
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]


def about() -> dict:
    """Name the machine, the date and the versions that figures depend on."""
    from importlib.metadata import version

    names = [line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    return {
        "date": datetime.date.today().isoformat(),
        "processor": names[0] if names else platform.processor() or platform.machine(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "torch": version("torch"),
        "python": platform.python_version(),
    }


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def spread(values: list[float], unit: str = "s", digits: int = 1) -> str:
    """Say a median and its range, with n."""
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{middle:.{digits}f} {unit} ({low:.{digits}f} to {high:.{digits}f}, n = {len(values)})"


def keep(script: str, result: dict) -> None:
    """Write what a benchmark measured beside it."""
    Path(script).with_suffix(".json").write_text(json.dumps({**about(), **result}, indent=1) + "\n")


def tree_bytes(pid: int) -> int:
    """Sum the resident memory of a process and its descendants, shared pages counted once per sharer (PSS)."""
    total = 0
    for line in _lines(f"/proc/{pid}/smaps_rollup"):
        if line.startswith("Pss:"):
            total = int(line.split()[1]) * 1024
    for task in _lines(f"/proc/{pid}/task/{pid}/children"):
        total += sum(tree_bytes(int(child)) for child in task.split())
    return total


def workers_of(home: Path) -> list[int]:
    """Find the workers of a home by their command lines: they live in sessions of their own."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"worker" in command and str(home).encode() in command:
            found.append(int(path.parent.name))
    return found


@contextmanager
def chromium():
    """Open the Chromium of this machine."""
    from playwright.sync_api import sync_playwright

    executable = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()
