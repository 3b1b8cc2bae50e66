"""The log lines of a block, as the configured handler writes them."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

# Their values differ at each run.
VARYING = ("at", "duration_ms", "database_ms", "exc_info")
LogLine = dict[str, Any]


@contextmanager
def written_lines() -> Iterator[list[LogLine]]:
    """Yield a list that contains the lines when the block has ended."""
    handler = next(each for each in logging.getLogger().handlers if each.name == "stderr")
    assert isinstance(handler, logging.StreamHandler)
    lines: list[LogLine] = []
    stream = StringIO()
    former = handler.setStream(stream)
    try:
        yield lines
    finally:
        handler.setStream(former)
    lines.extend(map(json.loads, stream.getvalue().splitlines()))


def without_varying(line: LogLine) -> LogLine:
    """Return the line without times, and with the last line of the traceback as ``exception``."""
    exception = {"exception": line["exc_info"].splitlines()[-1]} if "exc_info" in line else {}
    return {name: value for name, value in line.items() if name not in VARYING} | exception
