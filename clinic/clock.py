"""The current time in the clinic's time zone.

Read it once per operation and pass the value on, so that all parts of one response use
the same time.
"""

import datetime as dt

from django.utils import timezone


def now() -> dt.datetime:
    """Return the current time, aware, in the clinic's zone (Django's ``TIME_ZONE``)."""
    return timezone.localtime(timezone=zone())


def today() -> dt.date:
    """Return the current date in the clinic's zone, which can differ from the server's."""
    return now().date()


def zone() -> dt.tzinfo:
    """Return the clinic's time zone."""
    return timezone.get_default_timezone()
