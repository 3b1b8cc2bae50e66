"""The data of the client tests: a small clinic with the same people and appointments every time.

It is Monday 2 March 2026, 08:00. The doctors have the default week (Monday to Friday,
09:00 to 17:00, slots of 30 minutes). On that Monday Nina Okafor has a confirmed
appointment at 09:00 and a pending one at 10:00. Jonas Lindqvist offers types of
appointments, and the clinic is closed on Friday 13 March. Gita Haas assists Nina Okafor and Mei
Tanaka, who has an appointment with Cleo Duarte at 11:00. Eva Ferrari has not verified her email
address. Each email address is the first name at example.org; the password is
``tests.support.fixtures.people.PASSWORD``.
"""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from clinic import clock
from clinic.assistants import replace_assistants
from clinic.booking import status_changes
from clinic.booking.date_exceptions import add_closure
from clinic.models import BookableBy, Confirmation, Doctor, Patient
from clinic.profiles import upsert_doctor, upsert_patient
from tests.support.booking import book_as_patient
from tests.support.fixtures.people import PASSWORD, offer_type
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
    nina, jonas, mei, *_ = [_make_doctor(*doctor) for doctor in DOCTORS]
    _offer_types(jonas)
    closed = dt.date(2026, 3, 13)
    add_closure(name="Staff training", first_day=closed, last_day=closed, now=clock.now())
    confirmed = book_as_patient(ben, nina, START.date(), dt.time(9), reason_for_visit="ECG, yearly")
    status_changes.confirm(actor=nina.user, appointment_id=confirmed.pk, now=clock.now())
    book_as_patient(cleo, nina, START.date(), dt.time(10), reason_for_visit="Palpitations at night")
    book_as_patient(cleo, mei, START.date(), dt.time(11), reason_for_visit="Vaccination")
    gita = _make_user("Gita Haas")
    for doctor in (nina, mei):
        replace_assistants(doctor, [gita])
    _make_patient("Eva Ferrari", email_verified_at=None)


def _offer_types(doctor: Doctor) -> None:
    """Offer a type that the doctor confirms, one a day without confirmation, and one of staff."""
    offer_type(
        doctor,
        "First visit",
        60,
        description="Please bring photos of your skin.\nUse no creams on that day.",
        buffer_after_minutes=30,
        cancellation_notice_minutes=24 * 60,
    )
    offer_type(doctor, "Follow-up", confirmation=Confirmation.AUTOMATIC, max_per_day=1)
    offer_type(doctor, "Expert opinion", 120, bookable_by=BookableBy.STAFF)


def _make_patient(name: str, **account: Any) -> Patient:
    user = _make_user(name, is_patient=True, **account)
    return upsert_patient(user, date_of_birth=dt.date(1990, 5, 17))


def _make_doctor(name: str, specialty: str, years: int) -> Doctor:
    user = _make_user(name, is_doctor=True)
    doctor = upsert_doctor(
        user, specialty=specialty, phone_number="+4930231250", experience_years=years
    )
    doctor.approved = True
    doctor.save()
    return doctor


def _make_user(name: str, **account: Any) -> User:
    """Create an account, whose owner has verified the email address unless ``account`` differs."""
    first_name, last_name = name.split()
    email = f"{first_name.lower()}@example.org"
    account = {"email_verified_at": clock.now(), **account}
    user = User(email=email, first_name=first_name, last_name=last_name, **account)
    user.set_password(PASSWORD)
    user.save()
    return user
