"""The dashboard as a process of its own: for tests, benchmarks and pictures."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from fairal.errors import RunError

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0


class Dashboard:
    """The dashboard over one home, at a free port of this machine; stopped and started again it keeps its port.

    Args:
        home: What it shows.
        environment: Set for the server beside what this process has, e.g. ``FAIRAL_WARM="0"``.

    Attributes:
        process: The server; None before it was started.
    """

    def __init__(self, home: Path, **environment: str) -> None:
        self.home, self.process = home, None
        self._environment = {**os.environ, "FAIRAL_HOME": str(home), **environment}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            RunError: It ended at once, or does not answer within a minute.
        """
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
        self.process = subprocess.Popen(
            [*command, "--server.port", str(self._port)],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None:
                raise RunError(f"The dashboard did not start (exit {self.process.returncode}).")
            if time.monotonic() > end:
                self.stop()
                raise RunError(f"The dashboard did not answer within {START_SECONDS:.0f} s.")
            time.sleep(0.05)

    def stop(self) -> None:
        """End the server, and wait until it has ended."""
        self.process.terminate()
        self.process.wait(timeout=20)

    def url(self, path: str = "") -> str:
        """Give the address of a page."""
        return f"http://127.0.0.1:{self._port}/{path}"

    def __enter__(self) -> "Dashboard":
        self.start()
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0
