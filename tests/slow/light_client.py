"""A visitor without a browser: speaks Streamlit's protocol, does what a page's parts ask for, and keeps the time.

The server sends the time of every script in its own words (`page_profile`); it does so where usage statistics are on,
and leaves it to the browser to pass them on, which this client does not.
"""

import asyncio
import time
from dataclasses import dataclass, field

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

STATISTICS = {"STREAMLIT_BROWSER_GATHER_USAGE_STATS": "true"}
"""Of the server's environment, so that it sends its times."""

PATIENCE_SECONDS = 60.0
"""Who has not seen a page yet waits for it before going on, so long at most."""


@dataclass
class Visit:
    """What was seen of one page: seconds of its scripts, of its parts that run again, and what went wrong."""

    scripts: list[float] = field(default_factory=list)
    parts: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


class LightClient:
    """One session.

    Args:
        url: Of the server's WebSocket.
        visits: What is seen, by page; several clients may share it.
    """

    def __init__(self, url: str, visits: dict[str, Visit]) -> None:
        self.url, self.visits = url, visits
        self._page, self._polls, self._waits = "", {}, False

    async def wander(self, pages: list[str], seconds: float, stay_seconds: float, late_seconds: float = 0.0) -> None:
        """Come a little late, for visitors do not walk in step, and look at pages in turn, each for a while."""
        end, turn = time.monotonic() + seconds, 0
        await asyncio.sleep(late_seconds)
        async with websockets.connect(self.url, subprotocols=["streamlit"], max_size=None) as socket:
            while time.monotonic() < end:
                await self._look_at(socket, pages[turn % len(pages)], min(stay_seconds, end - time.monotonic()))
                turn += 1

    async def _look_at(self, socket, page: str, seconds: float) -> None:
        self._page, self._polls, self._waits = page, {}, True
        end = time.monotonic() + seconds
        await self._ask(socket)
        while (now := time.monotonic()) < end or (self._waits and now < end + PATIENCE_SECONDS):
            due = [fragment for fragment, (_, at) in self._polls.items() if at <= now]
            for fragment in due:
                interval = self._polls[fragment][0]
                self._polls[fragment] = (interval, now + interval)
                await self._ask(socket, fragment)
            try:
                content = await asyncio.wait_for(socket.recv(), timeout=0.1)
            except TimeoutError:
                continue
            self._hear(ForwardMsg.FromString(content))

    async def _ask(self, socket, fragment: str = "") -> None:
        message = BackMsg()
        message.rerun_script.page_name = self._page
        message.rerun_script.fragment_id = fragment
        message.rerun_script.is_auto_rerun = bool(fragment)
        await socket.send(message.SerializeToString())

    def _hear(self, message: ForwardMsg) -> None:
        visit, kind = self.visits.setdefault(self._page, Visit()), message.WhichOneof("type")
        if kind == "page_profile":
            profile = message.page_profile
            (visit.parts if profile.is_fragment_run else visit.scripts).append(profile.exec_time / 1e6)
            self._waits = self._waits and profile.is_fragment_run
            if profile.uncaught_exception:
                visit.errors.append(profile.uncaught_exception)
        elif kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
            visit.errors.append(message.delta.new_element.exception.message)
        elif kind == "new_session":
            self._polls = {}
        elif kind == "auto_rerun":
            rerun = message.auto_rerun
            self._polls[rerun.fragment_id] = (rerun.interval, time.monotonic() + rerun.interval)
        elif kind == "stop_auto_rerun":
            self._polls.pop(message.stop_auto_rerun.fragment_id, None)
