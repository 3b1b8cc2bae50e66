"""Fill the database with an account whose requests are as costly as possible.

Run with ``manage.py shell`` (it needs Django). Prints a JSON object: the account's token, its
calendar URL path and its global doctor ID.
"""

import datetime as dt
import json
import sys
from itertools import cycle, islice

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from clinic import clock
from clinic.calendars import feed
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
from tests.support.global_ids import id_of
from users.authentication import refresh_tokens
from users.models import User

APPOINTMENTS, PER_DAY = 20_000, 60
COLLEAGUES, PATIENTS, PERIODS = 100, 500, 300
PASSWORD = "correct horse battery staple"


def main() -> None:
    attacker = _doctor("attacker", slot_minutes=5, is_patient=True)
    Patient.objects.create(user=attacker.user, date_of_birth=dt.date(1990, 5, 17))
    WorkingHours.objects.bulk_create(
        WorkingHours(doctor=attacker, weekday=day, start_time=dt.time(), end_time=dt.time())
        for day in range(7)
    )
    for number in range(COLLEAGUES):
        colleague = _doctor(f"colleague{number}", slot_minutes=15)
        WorkingHours.objects.bulk_create(default_week(colleague))
    patients = [_patient(f"patient{number}") for number in range(PATIENTS)]
    _create_appointments(attacker, patients)
    start = clock.now()
    TimeOff.objects.bulk_create(
        TimeOff(doctor=attacker, starts_at=start, ends_at=start + dt.timedelta(days=365))
        for _ in range(PERIODS)
    )
    attacker.user.refresh_from_db()
    sys.stdout.write(
        json.dumps(
            {
                "token": refresh_tokens.start(attacker.user).access_token,
                "calendar": f"/calendar/{feed.token_of(attacker.user)}.ics",
                "doctor": id_of(attacker),
                "email": attacker.user.email,
                "password": PASSWORD,
            }
        )
    )


def _user(name: str, **roles: bool) -> User:
    user: User = User.objects.create(
        email=f"{name}@example.org",
        first_name=name.title(),
        last_name="Example",
        password=make_password(PASSWORD) if name == "attacker" else "",
        **roles,
    )
    return user


def _doctor(name: str, *, slot_minutes: int, is_patient: bool = False) -> Doctor:
    return Doctor.objects.create(
        user=_user(name, is_doctor=True, is_patient=is_patient),
        specialty="Cardiology",
        phone_number="+4930123456",
        experience_years=1,
        slot_minutes=slot_minutes,
        approved=True,
    )


def _patient(name: str) -> Patient:
    return Patient.objects.create(
        user=_user(name, is_patient=True), date_of_birth=dt.date(1990, 5, 17)
    )


def _create_appointments(doctor: Doctor, patients: list[Patient]) -> None:
    """Book the doctor's days completely from tomorrow on, each with a history of one change."""
    tomorrow = clock.today() + dt.timedelta(days=1)
    appointments = [
        Appointment(
            doctor=doctor,
            patient=patient,
            date=tomorrow + dt.timedelta(days=number // PER_DAY),
            time=dt.time(hour=number % PER_DAY * 5 // 60 + 8, minute=number % PER_DAY * 5 % 60),
            duration_minutes=5,
            status=Status.CONFIRMED,
        )
        for number, patient in enumerate(islice(cycle(patients), APPOINTMENTS))
    ]
    Appointment.objects.create_many(appointments)
    AppointmentChange.objects.bulk_create(
        AppointmentChange(
            appointment=appointment,
            status=Status.CONFIRMED,
            date=appointment.date,
            time=appointment.time,
            changed_at=timezone.now(),
            changed_by=doctor.user,
        )
        for appointment in appointments
    )


main()
