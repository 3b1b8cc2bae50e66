"""Many people at once, for lists that must not cost more the longer they are."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from clinic.clock import now, zone
from clinic.models import (
    Appointment,
    AppointmentChange,
    Doctor,
    Patient,
    Status,
    TimeOff,
    WorkingHours,
)
from clinic.models.schedule import default_week
from tests.support.booking import NINE, TUESDAY
from tests.support.fixtures.people import make_doctor
from users.models import User


class Crowd(NamedTuple):
    """Dora, ``size`` other cardiologists, and ``size`` patients of Dora's, each with one visit.

    Each visit is at nine on a day of its own from Tuesday on; each such morning Dora has
    time off. The first visit's history has a line by every patient.
    """

    dora: Doctor
    visits: Sequence[Appointment]


def make_crowd(size: int) -> Crowd:
    dora = make_doctor("Dora")
    _make_doctors(size)
    visits = [
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
    Appointment.objects.create_many(visits)
    _write_history(visits)
    _take_mornings_off(dora, visits)
    return Crowd(dora, visits)


def _make_doctors(size: int) -> None:
    """Cardiologists who work as Dora does."""
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
    WorkingHours.objects.bulk_create(hours for each in doctors for hours in default_week(each))


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


def _write_history(visits: Sequence[Appointment]) -> None:
    first = visits[0]
    AppointmentChange.objects.bulk_create(
        AppointmentChange(
            appointment=first,
            status=Status.CONFIRMED,
            date=first.date,
            time=first.time,
            changed_at=now(),
            changed_by=visit.patient.user,
        )
        for visit in visits
    )


def _take_mornings_off(doctor: Doctor, visits: Sequence[Appointment]) -> None:
    TimeOff.objects.bulk_create(
        TimeOff(
            doctor=doctor,
            starts_at=dt.datetime.combine(visit.date, NINE, zone()),
            ends_at=dt.datetime.combine(visit.date, dt.time(12), zone()),
        )
        for visit in visits
    )
