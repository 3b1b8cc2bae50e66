"""The time zone that the stored dates and times belong to, and what another one would change."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf import settings

from clinic.models import Appointment, StoredTimeZone
from clinic.rules import OPEN_STATUSES
from clinic.slots import Slot


@dataclass(frozen=True, slots=True)
class Change:
    """The zone of the stored times, the zone of the settings, and how many appointments differ.

    ``appointments`` counts the open ones, from today on in either zone, that would start at another
    moment, by ``longest`` at most.
    """

    stored: str
    wanted: str
    appointments: int
    longest: dt.timedelta

    def __str__(self) -> str:
        text = (
            f"the times in the database are those of {self.stored}; open appointments that would "
            f"start at another moment in {self.wanted}: {self.appointments}"
        )
        hours = f"{self.longest / dt.timedelta(hours=1):g}"
        return f"{text} (by up to {hours} hours)" if self.appointments else text


def find_change() -> Change | None:
    """Return what ``TIME_ZONE`` would change; None if it is the zone of the stored times.

    At the first start after the migration the zone of the settings is stored.
    """
    row, _ = StoredTimeZone.objects.get_or_create(pk=1, defaults={"name": settings.TIME_ZONE})
    if row.name == settings.TIME_ZONE:
        return None
    stored, wanted = ZoneInfo(row.name), ZoneInfo(settings.TIME_ZONE)
    today = min(dt.datetime.now(zone).date() for zone in (stored, wanted))
    upcoming = Appointment.objects.filter(date__gte=today, status__in=OPEN_STATUSES)
    columns = ("date", "time", "duration_minutes")
    slots = (Slot(*row) for row in upcoming.values_list(*columns).order_by().iterator())
    shifts = (abs(slot.starts_at(wanted) - slot.starts_at(stored)) for slot in slots)
    moved = [shift for shift in shifts if shift]
    return Change(row.name, settings.TIME_ZONE, len(moved), max(moved, default=dt.timedelta()))


def accept_change() -> None:
    """Keep the dates and times as they are, as those of ``TIME_ZONE``."""
    StoredTimeZone.objects.update_or_create(pk=1, defaults={"name": settings.TIME_ZONE})
