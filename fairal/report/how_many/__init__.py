"""How many more, and of whom? Answered from a finished what-if, within what it saw."""

from fairal.report.how_many.answer import Answer, Then, default_wanted, how_many, how_many_json, then
from fairal.report.how_many.forecast import BackTest, Forecast, Now, make_forecast

__all__ = [
    "Answer",
    "BackTest",
    "Forecast",
    "Now",
    "Then",
    "default_wanted",
    "how_many",
    "how_many_json",
    "make_forecast",
    "then",
]
