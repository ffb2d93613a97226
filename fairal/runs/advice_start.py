"""Start "label these next" in a process of its own; what becomes of it is on the `Desk`."""

import os
import subprocess
import sys
import time
from pathlib import Path

from fairal.allowed import changes
from fairal.config.advice import Question
from fairal.runs.advice import Desk, Work


@changes
def start(desk: Desk, question: Question, home: Path) -> subprocess.Popen | None:
    """Let a process of its own work on an answer; it outlives whoever asked. None where somebody is at it already."""
    work = desk.work()
    if work is not None and work.active:
        return None
    desk.write_work(Work("starting", started=time.time()))
    command = [sys.executable, "-m", "fairal", "next", "--json", "--home", str(home), *question.arguments()]
    with desk.log_file.open("wb") as log:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env=dict(os.environ)
        )
