"""Slot searches of `Doctor.availableSlots` and `nextAvailable`, for many doctors at once."""

import datetime as dt

from strawberry import relay

from clinic import models
from clinic.booking import availability
from clinic.booking.access import role_on
from clinic.models.doctor import DoctorQuerySet
from clinic.slots import Slot
from schema.core.context import Info
from schema.core.global_ids import get_by_global_id
from users.models import User

MAX_DAYS = 92
# The schema coordinate that the audit log names.
MOVING = "Doctor.availableSlots(moving:)"


def load_slots(
    doctors: list[models.Doctor],
    info: Info,
    *,
    start: dt.date | None,
    days: int,
    moving: relay.GlobalID | None,
) -> dict[int, list[Slot]]:
    """Compute the slots that the caller could book, or move the appointment ``moving`` to.

    Returns them by the doctor's pk; a doctor without an entry has none.
    """
    user, now = info.context.user, info.context.now
    criteria = availability.criteria_for_booking(user, now)
    if moving is not None:
        own = models.Appointment.objects.changeable_by(user).with_people()
        appointment = get_by_global_id(own, moving)
        if appointment is None or not appointment.can_be_rescheduled(
            now, role_on(appointment, user)
        ):
            return {}
        doctors = [doctor for doctor in doctors if doctor == appointment.doctor]
        criteria = availability.criteria_for_rescheduling(appointment, now)
        # The slots show when the patient has other appointments.
        info.context.access_tracker.record_slots(appointment.patient_id, MOVING)
    bookable = [doctor for doctor in doctors if doctor.is_bookable]
    return availability.open_slots(bookable, criteria, start or now.date(), days)


def earliest_slots(
    doctors: DoctorQuerySet, user: User, now: dt.datetime
) -> list[tuple[Slot, models.Doctor]]:
    """Return each doctor's earliest slot that ``user`` can book, ordered by start.

    Doctors without such a slot are left out.
    """
    # Only the columns that slots depend on: all doctors are searched, but few are returned.
    searched = doctors.only("user_id", "slot_minutes")
    criteria = availability.criteria_for_booking(user, now)
    slots = availability.first_slots(searched, criteria, now.date(), limit=1)
    by_pk = {doctor.pk: doctor for doctor in searched}
    earliest = sorted((doctor_slots[0], pk) for pk, doctor_slots in slots.items() if doctor_slots)
    return [(slot, by_pk[pk]) for slot, pk in earliest]
