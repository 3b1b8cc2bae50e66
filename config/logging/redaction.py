"""Keeps what is secret in an address out of every log, whoever writes it.

Whoever has the address of a calendar can read it, and servers log addresses: ours,
Django's, gunicorn's, uvicorn's. Each of their lines is a LogRecord first.
"""

import logging
import re
from typing import Any

CALENDAR = re.compile(r"(/calendar/)[^\s\"'?#]+")


def redacted(text: str) -> str:
    return CALENDAR.sub(r"\1[redacted]", text)


class RedactedRecord(logging.LogRecord):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.args, tuple):
            # uvicorn formats the arguments by itself, without getMessage().
            self.args = tuple(redacted(a) if isinstance(a, str) else a for a in self.args)

    def getMessage(self) -> str:  # noqa: N802 - logging's name
        return redacted(super().getMessage())


def install() -> None:
    logging.setLogRecordFactory(RedactedRecord)
