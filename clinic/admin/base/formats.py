"""Date and time formats of the admin pages."""

import datetime as dt

from django.utils.translation import ngettext

from clinic.slots import Slot


def format_datetime(moment: dt.datetime) -> str:
    """Return the date and time with the weekday, such as ``Tue 2026-03-03 09:00``.

    The value is not converted to another time zone.
    """
    return f"{moment:%a %Y-%m-%d %H:%M}"


def format_slot(slot: Slot) -> str:
    """Return the start of the slot, in the clinic's time zone."""
    return format_datetime(slot.start)


def format_minutes(minutes: int) -> str:
    """Return a length in words, such as ``30 minutes``."""
    return ngettext("{minutes} minute", "{minutes} minutes", minutes).format(minutes=minutes)
