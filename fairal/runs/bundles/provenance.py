"""What stands in a bundle about the code and the machine that wrote it, and the rounds that it holds."""

import os
import platform
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from fairal import __version__
from fairal.facts.record import Record
from fairal.runs.bundles.manifest import Provenance


def provenance_of(records: Iterable[Record], seeds: int) -> Provenance:
    """Say where rounds come from, now and on this machine.

    Args:
        records: Of all runs; a fit that equal runs share counts once, as it was trained once.
        seeds: How many there are.
    """
    records = list(records)
    return Provenance(
        fairal=__version__,
        commit=commit(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        processor=processor(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        device=tuple(sorted({record.device for record in records})),
        torch=tuple(sorted({record.torch for record in records})),
        seeds=seeds,
        rounds=len(records),
        seconds=round(sum(sum(record.seconds.values()) for record in records), 1),
    )


def processor() -> str:
    """Name this machine's processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def commit() -> str:
    """Give the commit of this code, with ``+`` where files differ from it; empty outside of a checkout."""
    root = Path(__file__).parents[3]
    if not (root / ".git").exists():
        return ""
    try:
        head, changed = (_git(root, *words) for words in (("rev-parse", "HEAD"), ("status", "--porcelain", "-uno")))
    except (OSError, subprocess.SubprocessError):
        return ""
    return head + "+" * bool(changed)


def _git(root: Path, *words: str) -> str:
    ran = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, timeout=10, check=True)
    return ran.stdout.strip()
