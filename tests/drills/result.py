"""A row of the table that the drills print."""

import sys
from typing import NamedTuple


class Result(NamedTuple):
    """What failed, what was measured meanwhile, and what it must not exceed.

    ``passed`` is about what must be right on any machine, ``in_time`` about seconds.
    """

    drill: str
    measured: str
    bound: str
    passed: bool
    in_time: bool = True


def report(text: str) -> None:
    """Write one line of progress."""
    sys.stderr.write(f"{text}\n")
