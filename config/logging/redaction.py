"""Redaction of secrets in URLs, for every log record of the process.

Anyone who has the URL of a calendar can read it, and anyone who has a link of an email can use it.
Several loggers log URLs: Django's, gunicorn's, uvicorn's and ours. All of them create a LogRecord.
"""

import logging
import re
from typing import Any

SECRET_PATH = re.compile(r"(/calendar/|/account/[a-z-]+/)[^\s\"'?#]+")


def redact(text: str) -> str:
    """Return ``text`` with the token of each calendar URL and of each emailed link replaced."""
    return SECRET_PATH.sub(r"\1[redacted]", text)


class RedactedRecord(logging.LogRecord):
    """A log record whose message and text arguments are redacted."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.args, tuple):
            # uvicorn formats the arguments itself, without getMessage().
            self.args = tuple(redact(a) if isinstance(a, str) else a for a in self.args)

    def getMessage(self) -> str:  # noqa: N802 - logging's name
        return redact(super().getMessage())


def install() -> None:
    """Use ``RedactedRecord`` for all loggers of the process."""
    logging.setLogRecordFactory(RedactedRecord)
