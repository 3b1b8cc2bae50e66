"""Many users and appointments at once, for tests whose cost must not grow with the data."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from clinic.clock import now, zone
from clinic.models import (
    Appointment,
    AppointmentChange,
    AppointmentType,
    Closure,
    Doctor,
    OfferedType,
    Patient,
    SpecialHours,
    SpecialInterval,
    Status,
    TimeOff,
    WorkingHours,
)
from clinic.models.schedule import default_week
from tests.support.booking import NINE, TUESDAY
from tests.support.fixtures.people import become_patient, make_doctor
from users.models import User

SATURDAY = 5


class BulkData(NamedTuple):
    """Dora, and one appointment with her for each of ``size`` patients.

    The appointments are at 09:00 on consecutive days from ``TUESDAY``. Dora has time off on
    each of these mornings. The history of the first appointment has one change by each
    patient. There are ``size`` other cardiologists, without appointments. Each doctor offers two
    types, and has special hours on at most 20 dates of the next year. The clinic is closed at
    weekends.
    """

    dora: Doctor
    appointments: Sequence[Appointment]


def create_bulk_data(size: int) -> BulkData:
    dora = make_doctor("Dora")
    _make_doctors(size)
    appointments = [
        Appointment(
            doctor=dora,
            patient=patient,
            date=TUESDAY + dt.timedelta(days=day),
            time=NINE,
            duration_minutes=30,
            status=Status.CONFIRMED,
        )
        for day, patient in enumerate(_make_patients(size))
    ]
    Appointment.objects.create_many(appointments)
    _write_history(appointments)
    _create_time_off(dora, appointments)
    _create_types()
    _create_special_hours(min(size, 20))
    _create_closures(appointments)
    return BulkData(dora, appointments)


def create_appointments_as_patient(dora: Doctor, appointments: int) -> list[Appointment]:
    """Book Dora as a patient of Emil, at 18:00 on every second day. Makes her a patient."""
    doctor, patient = make_doctor("Emil"), become_patient(dora)
    as_patient = [
        Appointment(
            doctor=doctor,
            patient=patient,
            date=TUESDAY + dt.timedelta(days=2 * n),
            time=dt.time(18),
            duration_minutes=30,
        )
        for n in range(appointments)
    ]
    Appointment.objects.create_many(as_patient)
    return as_patient


def _make_doctors(size: int) -> None:
    """Create cardiologists with the same working hours as Dora."""
    doctors = Doctor.objects.bulk_create(
        Doctor(
            user=user,
            specialty="Cardiology",
            phone_number="+4930123456",
            experience_years=1,
            approved=True,
        )
        for user in _make_users("d", size, is_doctor=True)
    )
    WorkingHours.objects.bulk_create(hours for doctor in doctors for hours in default_week(doctor))


def _make_patients(size: int) -> list[Patient]:
    return Patient.objects.bulk_create(
        Patient(user=user, date_of_birth=dt.date(1990, 5, 17))
        for user in _make_users("p", size, is_patient=True)
    )


def _make_users(name: str, size: int, **roles: bool) -> list[User]:
    return User.objects.bulk_create(
        User(
            email=f"{name}{n}@example.org",
            first_name=f"{name}{n}".title(),
            last_name="Follower",
            **roles,
        )
        for n in range(size)
    )


def _write_history(appointments: Sequence[Appointment]) -> None:
    first = appointments[0]
    AppointmentChange.objects.bulk_create(
        AppointmentChange(
            appointment=first,
            status=Status.CONFIRMED,
            date=first.date,
            time=first.time,
            changed_at=now(),
            changed_by=appointment.patient.user,
        )
        for appointment in appointments
    )


def _create_time_off(doctor: Doctor, appointments: Sequence[Appointment]) -> None:
    TimeOff.objects.bulk_create(
        TimeOff(
            doctor=doctor,
            starts_at=dt.datetime.combine(appointment.date, NINE, zone()),
            ends_at=dt.datetime.combine(appointment.date, dt.time(12), zone()),
        )
        for appointment in appointments
    )


def _create_types() -> None:
    types = AppointmentType.objects.bulk_create(
        AppointmentType(name=name, duration_minutes=30) for name in ("Check-up", "Blood test")
    )
    OfferedType.objects.bulk_create(
        OfferedType(doctor=doctor, appointment_type=kind, position=position)
        for doctor in Doctor.objects.all()
        for position, kind in enumerate(types)
    )


def _create_special_hours(size: int) -> None:
    first_day = dt.date(2027, 1, 1)
    special = SpecialHours.objects.bulk_create(
        SpecialHours(doctor=doctor, date=first_day + dt.timedelta(days=number))
        for doctor in Doctor.objects.all()
        for number in range(size)
    )
    SpecialInterval.objects.bulk_create(
        SpecialInterval(special_hours=day, start_time=NINE, end_time=dt.time(12)) for day in special
    )


def _create_closures(appointments: Sequence[Appointment]) -> None:
    Closure.objects.bulk_create(
        Closure(name="Weekend", first_day=appointment.date, last_day=appointment.date)
        for appointment in appointments
        if appointment.date.weekday() >= SATURDAY
    )
