"""The tasks of the clients of a race.

They take primary keys, because they are pickled and run in other processes. The current time is
Monday 2 March 2026, 08:00 at the clinic. Bookings return their outcome as ``outcome_of`` does.
"""

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from django.db import transaction

from clinic.booking import services as booking
from clinic.booking.requests import BookingRequest
from clinic.models import Appointment, Doctor, Patient
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
        booking.cancel, actor=User.objects.get(pk=user), appointment_id=appointment, now=NOW
    )


def upsert_profile(user: int, address: str) -> str:
    upsert_patient(User.objects.get(pk=user), date_of_birth=dt.date(1990, 5, 17), address=address)
    return "stored"
