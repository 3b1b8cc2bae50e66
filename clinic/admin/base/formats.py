"""Date and time formats of the admin pages, by the habits of the active language."""

import datetime as dt

from django.utils import dateformat, formats
from django.utils.translation import ngettext
from phonenumber_field.phonenumber import PhoneNumber

from clinic.slots import Slot

# Typed in every language: a date with dots has the day first wherever it is used.
DOTTED_FORMATS = ("%d.%m.%Y", "%d.%m.%y")


def date_input_formats() -> list[str]:
    """Return the formats in which a date can be typed, the usual one of the language first."""
    return list(dict.fromkeys([*formats.get_format("DATE_INPUT_FORMATS"), *DOTTED_FORMATS]))


def format_date(date: dt.date) -> str:
    """Return the date as it can be typed, such as ``2026-03-03``, in German ``03.03.2026``."""
    return date.strftime(date_input_formats()[0])


def format_day(date: dt.date) -> str:
    """Return the date with the weekday, such as ``Tue 2026-03-03``, in German ``Di 03.03.2026``."""
    return f"{dateformat.format(date, 'D')} {format_date(date)}"


def format_datetime(moment: dt.datetime) -> str:
    """Return the date and time with the weekday, such as ``Tue 2026-03-03 09:00``.

    The value is not converted to another time zone.
    """
    return f"{format_day(moment.date())} {moment:%H:%M}"


def format_slot(slot: Slot) -> str:
    """Return the start of the slot, in the clinic's time zone."""
    return format_datetime(slot.start)


def format_minutes(minutes: int) -> str:
    """Return a length in words, such as ``30 minutes``."""
    return ngettext("{minutes} minute", "{minutes} minutes", minutes).format(minutes=minutes)


def format_phone_number(number: object) -> str:
    """Return a telephone number in groups, such as ``+49 30 123456``; an invalid one as stored."""
    if isinstance(number, PhoneNumber) and number.is_valid():
        return str(number.as_international)
    return str(number or "")
