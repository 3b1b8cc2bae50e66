"""Resolver of Doctor.availableSlots: open slots for a list of doctors at once."""

import datetime as dt

from strawberry import relay

from clinic import models
from clinic.booking import availability
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
) -> dict[models.Doctor, list[Slot]]:
    """Which slots of each doctor the caller could book, or move the visit ``moving`` to."""
    user, now = info.context.user, info.context.now
    wish = availability.criteria_for_booking(user, now)
    if moving is not None:
        own = models.Appointment.objects.visible_to(user).with_people()
        visit = get_by_global_id(own, moving)
        if visit is None or not visit.can_be_moved(
            now, by_patient=visit.patient.user_id == user.pk
        ):
            return {}
        doctors = [doctor for doctor in doctors if doctor == visit.doctor]
        wish = availability.criteria_for_rescheduling(visit, now)
    bookable = {doctor for doctor in doctors if doctor.is_bookable}
    return availability.open_slots(bookable, wish, start or now.date(), days)
