"""The tasks of the clients of a race.

They take primary keys, because they are pickled and run in other processes. The current time is
Monday 2 March 2026, 08:00 at the clinic. Bookings return their outcome as ``outcome_of`` does.
"""

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import override_settings

from clinic import guardians
from clinic.booking import amendments, date_exceptions, status_changes
from clinic.booking import services as booking
from clinic.booking.catalogue import save_appointment_type
from clinic.booking.lapses import lapse_unanswered_requests
from clinic.booking.requests import BookingRequest
from clinic.guardians import NewDependant
from clinic.models import Appointment, Doctor, Patient, Relationship
from clinic.profiles import upsert_patient
from tests.support.booking import outcome_of
from users.models import User

NOW = dt.datetime(2026, 3, 2, 8, tzinfo=ZoneInfo("Europe/Berlin"))
TUESDAY = dt.date(2026, 3, 3)


def book_as_patient(user: int, doctor: int, time: dt.time, key: str | None = None) -> str:
    request = BookingRequest(date=TUESDAY, time=time, doctor_id=doctor, idempotency_key=key)
    return outcome_of(
        booking.book,
        actor=User.objects.get(pk=user),
        request=request,
        now=NOW,
    )


def book_within_limit(user: int, doctor: int, time: dt.time, limit: int) -> str:
    """Book like ``book_as_patient`` where patients can have ``limit`` open appointments."""
    with override_settings(MAX_OPEN_APPOINTMENTS=limit):
        return book_as_patient(user, doctor, time)


def book_with_key(user: int, doctor: int, time: dt.time, key: str) -> str:
    """Book like ``book_as_patient``, and append the ID of the returned appointment."""
    request = BookingRequest(date=TUESDAY, time=time, doctor_id=doctor, idempotency_key=key)
    actor = User.objects.get(pk=user)
    booked: list[int] = []

    def book() -> Appointment:
        appointment = booking.book(actor=actor, request=request, now=NOW)
        booked.append(appointment.pk)
        return appointment

    return " ".join([outcome_of(book), *map(str, booked)])


def book_as_doctor(user: int, patient: int, time: dt.time, minutes: int) -> str:
    request = BookingRequest(date=TUESDAY, time=time, patient_id=patient, duration_minutes=minutes)
    return outcome_of(
        booking.book,
        actor=User.objects.get(pk=user),
        request=request,
        now=NOW,
    )


def book_in_admin_transaction(
    user: int, doctor: int, patient: int, time: dt.time, minutes: int
) -> str:
    """Book as staff inside a transaction, as Django's admin wraps its views in one."""
    request = BookingRequest(
        date=TUESDAY, time=time, doctor_id=doctor, patient_id=patient, duration_minutes=minutes
    )
    actor = User.objects.get(pk=user)

    def book() -> Appointment:
        with transaction.atomic():
            return booking.book(actor=actor, request=request, now=NOW, as_staff=True)

    return outcome_of(book)


def book_as_staff(
    user: int, doctor: int, patient: int, time: dt.time, date: dt.date = TUESDAY
) -> str:
    request = BookingRequest(date=date, time=time, doctor_id=doctor, patient_id=patient)
    return outcome_of(
        booking.book,
        actor=User.objects.get(pk=user),
        request=request,
        now=NOW,
        as_staff=True,
    )


def edit_type(appointment_type: int, minutes: int, before: int, after: int, notice: int) -> str:
    save_appointment_type(
        appointment_type,
        duration_minutes=minutes,
        buffer_before_minutes=before,
        buffer_after_minutes=after,
        cancellation_notice_minutes=notice,
    )
    return "stored"


def set_bookable_by(appointment_type: int, bookable_by: str) -> str:
    save_appointment_type(appointment_type, bookable_by=bookable_by)
    return "stored"


def set_special_hours(doctor: int, hours: Sequence[tuple[dt.time, dt.time]]) -> str:
    date_exceptions.set_special_hours(Doctor.objects.get(pk=doctor), TUESDAY, hours, NOW)
    return "stored"


def remove_special_hours(doctor: int) -> str:
    """Remove the special hours of the day; return ``none`` if there are none."""
    try:
        date_exceptions.remove_special_hours(Doctor.objects.get(pk=doctor), TUESDAY)
    except ValidationError:
        return "none"
    return "stored"


def reassign(user: int, appointment: int, doctor: int) -> str:
    return outcome_of(
        amendments.reassign,
        actor=User.objects.get(pk=user),
        appointment_id=appointment,
        doctor_id=doctor,
        now=NOW,
    )


def reopen(user: int, appointment: int) -> str:
    return outcome_of(
        status_changes.reopen,
        actor=User.objects.get(pk=user),
        appointment_id=appointment,
        reason="By mistake",
        now=NOW,
    )


def create(doctor: int, patient: int, time: dt.time, minutes: int) -> str:
    """Create an appointment through the model, as a script without the service function."""
    appointment = Appointment.objects.create(
        doctor=Doctor.objects.get(pk=doctor),
        patient=Patient.objects.get(pk=patient),
        date=TUESDAY,
        time=time,
        duration_minutes=minutes,
    )
    return appointment.status


def import_appointments(doctors: Sequence[int], patient: int, times: Sequence[dt.time]) -> str:
    """Create all appointments or none, as an import does."""
    Appointment.objects.create_many(
        Appointment(
            doctor=Doctor.objects.get(pk=doctor),
            patient=Patient.objects.get(pk=patient),
            date=TUESDAY,
            time=time,
            duration_minutes=30,
        )
        for doctor, time in zip(doctors, times, strict=True)
    )
    return "stored"


def reschedule(user: int, appointment: int, time: dt.time, date: dt.date = TUESDAY) -> str:
    return outcome_of(
        booking.reschedule,
        actor=User.objects.get(pk=user),
        appointment_id=appointment,
        date=date,
        time=time,
        now=NOW,
    )


def cancel(user: int, appointment: int) -> str:
    return outcome_of(
        status_changes.cancel, actor=User.objects.get(pk=user), appointment_id=appointment, now=NOW
    )


def lapse() -> str:
    """Cancel the unanswered requests; return ``cancelled``, or ``none`` if there were none."""
    return "cancelled" if lapse_unanswered_requests(NOW) else "none"


def upsert_profile(user: int, address: str) -> str:
    upsert_patient(User.objects.get(pk=user), date_of_birth=dt.date(1990, 5, 17), address=address)
    return "stored"


def add_dependant(user: int) -> str:
    """Add a dependant; return ``limit`` if the user acts for as many patients as allowed."""
    dependant = NewDependant("Kim", "Example", dt.date(2018, 6, 1))
    actor = User.objects.get(pk=user)
    try:
        guardians.add_dependant(actor, dependant, Relationship.PARENT)
    except ValidationError:
        return "limit"
    return "stored"


def remove_dependant(user: int, patient: int) -> str:
    """End the user's right; return ``rejected`` if it has ended, or is the last one."""
    try:
        guardians.remove_dependant(User.objects.get(pk=user), patient, None, NOW)
    except ValidationError:
        return "rejected"
    return "stored"


def book_for_dependant(user: int, doctor: int, patient: int, time: dt.time) -> str:
    request = BookingRequest(date=TUESDAY, time=time, doctor_id=doctor, patient_id=patient)
    return outcome_of(booking.book, actor=User.objects.get(pk=user), request=request, now=NOW)
