"""Displaying an admin page again after its changes could not be saved."""

from collections.abc import Callable
from typing import TypeVar

R = TypeVar("R")


def run_with_redisplay(
    view: Callable[[], R],
    *errors: type[Exception],
    keep_error: Callable[[Exception], None] | None = None,
) -> R:
    """Call an admin view, and call it a second time if it raises one of ``errors``.

    Django's admin validates a request first and writes afterwards. The write can still fail:
    another transaction changed the database since the validation, or a service rejects the
    change. The exception rolls back the view's transaction. The second call runs in a new
    transaction, which reads the current state of the database, and displays what is wrong
    with the request. A second exception is unexpected and propagates.

    ``keep_error`` stores the exception for the second call. It raises it again if the page
    cannot display it.
    """
    try:
        return view()
    except errors as error:
        if keep_error is not None:
            keep_error(error)
    return view()
