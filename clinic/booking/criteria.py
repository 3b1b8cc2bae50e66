"""Criteria of a search for slots: who must be free, on which terms, and in which period."""

import datetime as dt
from dataclasses import dataclass, replace

from django.conf import settings

from clinic.booking.terms import Terms, terms_of_appointment
from clinic.models import Appointment, Patient
from clinic.rules import ActingRole, BookingWindow
from users.models import User


@dataclass(frozen=True, slots=True)
class SlotCriteria:
    """Criteria of a search for slots.

    ``people``: ids of the users who must be free as well as the doctor.
    ``terms``: those of the appointment to place. If None, those on which each doctor can be booked
    by patients, with the type ``appointment_type`` (a primary key) or, if that is None, the
    default one.
    ``for_patients``: whether patients book: their lead time, horizon and daily limits hold.
    ``own_doctors``: primary keys of the doctors for whom the caller books patients, although the
    search is one for patients. If no type is named, those who offer only types that patients cannot
    book are searched in slots of their slot length.
    ``moving``: primary key of the appointment to be rescheduled; its time counts as free.
    """

    window: BookingWindow
    people: frozenset[int] = frozenset()
    terms: Terms | None = None
    appointment_type: int | None = None
    for_patients: bool = True
    own_doctors: frozenset[int] = frozenset()
    moving: int | None = None

    def window_for(self, terms: Terms) -> BookingWindow:
        """Return the booking window of appointments on ``terms``."""
        if terms.lead_time_minutes is None or not self.for_patients:
            return self.window
        lead_time = dt.timedelta(minutes=terms.lead_time_minutes)
        return replace(self.window, lead_time=lead_time)


def patient_window(now: dt.datetime) -> BookingWindow:
    """Return the period in which patients can book: lead time and horizon from the settings."""
    return BookingWindow(
        now=now,
        lead_time=dt.timedelta(minutes=settings.LEAD_TIME_MINUTES),
        last_day=now.date() + dt.timedelta(days=settings.HORIZON_DAYS),
    )


def criteria_for_booking(
    caller: User, now: dt.datetime, appointment_type: int | None = None
) -> SlotCriteria:
    """Return the criteria for slots that ``caller`` could book as a patient.

    ``appointment_type`` is the primary key of a type; None: each doctor's default one.
    """
    return SlotCriteria(
        patient_window(now),
        frozenset({caller.pk} if caller.is_patient else ()),
        appointment_type=appointment_type,
    )


def criteria_for_booking_patients(
    now: dt.datetime, appointment_type: int | None = None
) -> SlotCriteria:
    """Return the criteria for slots that a doctor or staff could book for a patient.

    The patient is not known yet, so that only the doctor must be free. The limits of patients do
    not hold. ``appointment_type`` is the primary key of a type; None: each doctor's default one.
    """
    return SlotCriteria(BookingWindow(now), appointment_type=appointment_type, for_patients=False)


def criteria_for_patient(
    patient: Patient, role: ActingRole, now: dt.datetime, appointment_type: int | None = None
) -> SlotCriteria:
    """Return the criteria for slots that ``role`` could book for the patient.

    ``appointment_type`` is the primary key of a type; None: each doctor's default one.
    """
    criteria = (
        SlotCriteria(patient_window(now), appointment_type=appointment_type)
        if role is ActingRole.PATIENT
        else criteria_for_booking_patients(now, appointment_type)
    )
    return replace(criteria, people=frozenset({patient.user_id}))


def criteria_for_rescheduling(appointment: Appointment, now: dt.datetime) -> SlotCriteria:
    """Return the criteria for slots to which a patient could move ``appointment``."""
    return SlotCriteria(
        window=patient_window(now),
        people=frozenset(appointment.people),
        terms=terms_of_appointment(appointment),
        moving=appointment.pk,
    )


def criteria_for_appointment(
    appointment: Appointment, role: ActingRole, now: dt.datetime
) -> SlotCriteria:
    """Return the criteria for the time at which ``role`` books the appointment, or to move it."""
    criteria = criteria_for_rescheduling(appointment, now)
    if role is ActingRole.PATIENT:
        return criteria
    return replace(criteria, window=BookingWindow(now), for_patients=False)
