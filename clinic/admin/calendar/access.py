"""Who can use the calendar, which doctors it shows to them, and as whom they act."""

import datetime as dt

from django.db.models import Exists, OuterRef, Q

from clinic.models import OPEN_STATUSES, Appointment, Doctor
from clinic.models.appointment_access import VIEW_APPOINTMENT
from clinic.models.doctor import DoctorQuerySet
from users.models import Role, User

ADD_APPOINTMENT = "clinic.add_appointment"
CHANGE_APPOINTMENT = "clinic.change_appointment"
ADD_PATIENT = "clinic.add_patient"


def can_use_calendar(user: User) -> bool:
    """Return whether a member of staff sees appointments: all, or those of doctors they act for."""
    return user.has_perm(VIEW_APPOINTMENT) or user.acts_as(Role.DOCTOR)


def can_change(user: User) -> bool:
    """Return whether the user can change some appointments of the calendar."""
    return user.has_perm(CHANGE_APPOINTMENT) or user.acts_as(Role.DOCTOR)


def can_book(user: User) -> bool:
    """Return whether the user can book appointments in the calendar."""
    return user.has_perm(ADD_APPOINTMENT) or user.acts_as(Role.DOCTOR)


def can_register(user: User) -> bool:
    """Return whether the user can register a caller together with the appointment."""
    # Without the permission to book as staff, the caller is registered for the doctor.
    return user.has_perm(ADD_PATIENT) or not user.has_perm(ADD_APPOINTMENT)


def doctors_of_calendar(user: User, today: dt.date) -> DoctorQuerySet:
    """Return the doctors whose calendars the user sees, by name.

    Staff with the permission see those who practise, and those who do not any more but still have
    open appointments, which somebody has to move. Others see the doctors for whom they act.
    """
    if not user.has_perm(VIEW_APPOINTMENT):
        return Doctor.objects.acted_for_by(user).select_related("user").by_name()
    coming = Appointment.objects.filter(
        doctor=OuterRef("pk"), date__gte=today, status__in=OPEN_STATUSES
    )
    practising = Doctor.objects.practising().values("pk")
    doctors = Doctor.objects.filter(Q(pk__in=practising) | Exists(coming))
    return doctors.select_related("user").by_name()
