"""What can go wrong by a person's or a machine's doing; each message is one sentence that says what would be right."""


class FairalError(Exception):
    """A reason to stop that a person can act on; shown without a traceback."""


class InputError(FairalError):
    """What was asked for is not possible as asked (command line: exit code 2)."""


class NeedsYes(InputError):
    """It would not fit, or takes over a day: possible if a person says yes after hearing the figure."""


class RunError(FairalError):
    """A run could not go on (command line: exit code 1)."""


class Cancelled(Exception):
    """Somebody asked for this run to stop."""
