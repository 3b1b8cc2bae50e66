"""Letters that leave outside the request, so that it need not wait and its time tells nothing."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

logger = logging.getLogger(__name__)

# One worker keeps the order; at exit Python waits for it to finish.
_outbox = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")


def send_later(write_and_send: Callable[[], object]) -> None:
    """Do this outside the request. A failure is logged. It must not use the database."""
    _outbox.submit(_logged, write_and_send)


def wait_until_sent() -> None:
    """Return once everything handed over so far has been sent."""
    _outbox.submit(bool).result()


def _logged(write_and_send: Callable[[], object]) -> None:
    try:
        write_and_send()
    except Exception:
        logger.exception("A letter could not be sent")
