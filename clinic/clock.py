"""The clinic's one clock: every rule that depends on the time is told it from here.

Read it once per operation and pass the value on, so that one answer never
spans two moments.
"""

import datetime as dt

from django.utils import timezone


def now() -> dt.datetime:
    """This moment, aware, on the clinic's wall clock (Django's ``TIME_ZONE``)."""
    return timezone.localtime(timezone=zone())


def today() -> dt.date:
    """The clinic's date, which may differ from the server's."""
    return now().date()


def zone() -> dt.tzinfo:
    """The clinic's time zone."""
    return timezone.get_default_timezone()
