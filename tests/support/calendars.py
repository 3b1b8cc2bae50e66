"""Reads iCalendar text with vobject, as a client independent of our icalendar library."""

from typing import Any

import vobject


def vobject_of(text: str) -> Any:
    """Return the parsed calendar.

    Without the reset, a time zone that another test has parsed replaces the VTIMEZONE of this
    text, which only has the clock changes near its own events: vobject keeps the first one of
    each name for the whole process.
    """
    vobject.icalendar.__tzidMap.clear()  # noqa: SLF001 - vobject has no public way to forget it
    vobject.icalendar.registerTzid("UTC", vobject.icalendar.utc)
    return vobject.readOne(text)
