"""What a terminal is shown: text, never markup, and never a sign that steers it, whoever wrote it."""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from fairal.plain import spelled


class Terminal(Console):
    """A console that takes all it is given for plain text.

    Names, groups and reasons come from files and addresses: control sequences in them are spelled out at the last place
    before the terminal, so that no caller can forget to.
    """

    def __init__(self, **options) -> None:
        super().__init__(**{"highlight": False, "markup": False, "emoji": False, **options})

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """See `Console.render`."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                yield Segment(spelled(segment.text, keep="\n"), segment.style)

    def at_least(self, characters: int) -> "Terminal":
        """Give a terminal on the same stream at least so wide: ids stay whole, they are there to be copied."""
        return Terminal(width=max(self.width, characters), stderr=self.stderr)
