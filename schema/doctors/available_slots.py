"""Resolver of Doctor.availableSlots: open slots for a list of doctors at once."""

import datetime as dt

from strawberry import relay

from clinic import models
from clinic.booking import availability
from clinic.booking.access import role_on
from clinic.slots import Slot
from schema.core.context import Info
from schema.core.global_ids import get_by_global_id

MAX_DAYS = 92


def slots_of(
    doctors: list[models.Doctor],
    info: Info,
    *,
    start: dt.date | None,
    days: int,
    moving: relay.GlobalID | None,
) -> dict[int, list[Slot]]:
    """Return the slots that the caller can book or move ``moving`` to, by doctor primary key."""
    user, now = info.context.user, info.context.now
    criteria = availability.criteria_for_booking(user, now)
    if moving is not None:
        own = models.Appointment.objects.visible_to(user).with_people()
        appointment = get_by_global_id(own, moving)
        if appointment is None or not appointment.can_be_rescheduled(
            now, role_on(appointment, user)
        ):
            return {}
        doctors = [doctor for doctor in doctors if doctor == appointment.doctor]
        criteria = availability.criteria_for_rescheduling(appointment, now)
    bookable = [doctor for doctor in doctors if doctor.is_bookable]
    return availability.open_slots(bookable, criteria, start or now.date(), days)
