"""A small clinic for the client tests to act in: the same people and appointments every time.

It is Monday 2 March 2026, 08:00. The doctors have the default week (Monday to Friday,
09:00 to 17:00, slots of 30 minutes). Nina Okafor's Monday holds one appointment that she
has agreed to, at 9:00, and one that waits for her, at 10:00. Everybody signs in
with their first name at example.org and ``tests.support.fixtures.people.PASSWORD``.
"""

import datetime as dt
from zoneinfo import ZoneInfo

from clinic import clock
from clinic.booking import services as booking
from clinic.models import Doctor, Patient
from clinic.profiles import upsert_doctor, upsert_patient
from tests.support.booking import book_as_patient
from tests.support.fixtures.people import PASSWORD
from users.models import User

START = dt.datetime(2026, 3, 2, 8, tzinfo=ZoneInfo("Europe/Berlin"))
PATIENTS = ("Ann Bergmann", "Ben Castillo", "Cleo Duarte")
DOCTORS = (
    ("Nina Okafor", "Cardiology", 14),
    ("Jonas Lindqvist", "Dermatology", 9),
    ("Mei Tanaka", "Family medicine", 22),
    ("Omar Haddad", "Family medicine", 6),
    ("Sofia Marchetti", "Neurology", 17),
    ("Peter Novak", "Orthopaedics", 28),
)


def populate() -> None:
    """Fill an empty database; the clock must stand at ``START``."""
    _, ben, cleo = [_patient(name) for name in PATIENTS]
    nina, *_ = [_doctor(*line) for line in DOCTORS]
    agreed = book_as_patient(ben, nina, START.date(), dt.time(9), reason_for_visit="ECG, yearly")
    booking.confirm(actor=nina.user, appointment_id=agreed.pk, now=clock.now())
    book_as_patient(cleo, nina, START.date(), dt.time(10), reason_for_visit="Palpitations at night")


def _patient(name: str) -> Patient:
    return upsert_patient(_account(name, is_patient=True), date_of_birth=dt.date(1990, 5, 17))


def _doctor(name: str, specialty: str, years: int) -> Doctor:
    user = _account(name, is_doctor=True)
    doctor = upsert_doctor(
        user, specialty=specialty, phone_number="+4930231250", experience_years=years
    )
    doctor.approved = True
    doctor.save()
    return doctor


def _account(name: str, **roles: bool) -> User:
    first_name, last_name = name.split()
    address = f"{first_name.lower()}@example.org"
    user = User(email=address, first_name=first_name, last_name=last_name, **roles)
    user.set_password(PASSWORD)
    user.save()
    return user
