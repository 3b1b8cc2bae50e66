"""Adds the exceptions of views to the log line of their request."""

import sys
from typing import Any

from django.core.signals import got_request_exception

from users.common.request_record import Failure, current_record


def record_exception(**_: Any) -> None:
    """Receive Django's signal that a view or a middleware has raised an unexpected exception."""
    record, error = current_record.get(), sys.exc_info()[1]
    if record is not None and error is not None:
        record.failures.append(Failure("", error))


def install() -> None:
    got_request_exception.connect(record_exception, dispatch_uid="record_exception")
