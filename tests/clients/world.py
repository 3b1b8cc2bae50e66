"""The data of the client tests: a small clinic with the same people and appointments every time.

It is Monday 2 March 2026, 08:00. The doctors have the default week (Monday to Friday,
09:00 to 17:00, slots of 30 minutes). On that Monday Nina Okafor has a confirmed
appointment at 09:00 and a pending one at 10:00. Each email address is the first name at
example.org; the password is ``tests.support.fixtures.people.PASSWORD``.
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
    """Fill an empty database. The clock must be set to ``START``."""
    _, ben, cleo = [_make_patient(name) for name in PATIENTS]
    nina, *_ = [_make_doctor(*doctor) for doctor in DOCTORS]
    confirmed = book_as_patient(ben, nina, START.date(), dt.time(9), reason_for_visit="ECG, yearly")
    booking.confirm(actor=nina.user, appointment_id=confirmed.pk, now=clock.now())
    book_as_patient(cleo, nina, START.date(), dt.time(10), reason_for_visit="Palpitations at night")


def _make_patient(name: str) -> Patient:
    return upsert_patient(_make_user(name, is_patient=True), date_of_birth=dt.date(1990, 5, 17))


def _make_doctor(name: str, specialty: str, years: int) -> Doctor:
    user = _make_user(name, is_doctor=True)
    doctor = upsert_doctor(
        user, specialty=specialty, phone_number="+4930231250", experience_years=years
    )
    doctor.approved = True
    doctor.save()
    return doctor


def _make_user(name: str, **roles: bool) -> User:
    first_name, last_name = name.split()
    email = f"{first_name.lower()}@example.org"
    user = User(email=email, first_name=first_name, last_name=last_name, **roles)
    user.set_password(PASSWORD)
    user.save()
    return user
