"""What files said when they were read, for as long as they are the same: pages look at them every second."""

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """What was read from files last, by path; any number of threads may ask.

    Args:
        most: So many files are remembered; those that nobody asked for the longest are forgotten first.
        settled_seconds: A file that was changed so recently is not remembered: within one tick of the file system's
            clock it could be replaced by one of the same length and number. 0 for files that only grow.
    """

    def __init__(self, most: int, settled_seconds: float = 0.0) -> None:
        self._most, self._settled_ns = most, int(settled_seconds * 1e9)
        self._kept: OrderedDict[Path, tuple[tuple[int, int, int], T]] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, path: Path, read: Callable[[], T]) -> T:
        """Give what a file says.

        Args:
            path: The file.
            read: Reads it, where it is new or has changed; also says what is the matter where it is not there.

        Raises:
            Exception: Whatever `read` raises; nothing is remembered then.
        """
        try:
            stat = os.stat(path)
        except OSError:
            return read()
        stamp = stat.st_size, stat.st_mtime_ns, stat.st_ino
        with self._lock:
            kept = self._kept.get(path)
            if kept and kept[0] == stamp:
                self._kept.move_to_end(path)
                return kept[1]
        value = read()
        if not self._settled_ns or time.time_ns() - stat.st_mtime_ns > self._settled_ns:
            with self._lock:
                self._kept[path] = (stamp, value)
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
        return value
