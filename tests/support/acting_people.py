"""People without an account, guardians and assistants."""

import datetime as dt

from clinic import clock
from clinic.booking import services as booking
from clinic.booking.requests import BookingRequest
from clinic.guardians import NewDependant, add_dependant
from clinic.models import Appointment, Assistant, Doctor, Guardian, Patient
from clinic.models.guardian import Relationship
from clinic.profiles import upsert_patient
from tests.support.booking import NINE, TEN, TUESDAY, book_as_patient
from tests.support.fixtures.people import make_user
from users.models import User


def make_patient_without_account(name: str, born: dt.date = dt.date(2018, 6, 1)) -> Patient:
    """Create a patient without an email address and a password."""
    user = User(first_name=name, last_name="Example", is_patient=True)
    user.set_unusable_password()
    user.save()
    return upsert_patient(user, date_of_birth=born)


def make_guardian(
    patient: Patient, user: User, relationship: Relationship = Relationship.PARENT
) -> Guardian:
    """Let ``user`` act for the patient. The flags of ``user`` are loaded again."""
    guardian = Guardian.objects.create(patient=patient, user=user, relationship=relationship)
    user.refresh_from_db()
    return guardian


def make_dependant(
    user: User,
    name: str = "Kim",
    *,
    born: dt.date = dt.date(2018, 6, 1),
    relationship: Relationship = Relationship.PARENT,
) -> Patient:
    """Add a patient without an account, for whom ``user`` acts; by default a child of seven."""
    return add_dependant(user, NewDependant(name, "Example", born), relationship)


def book_for(patient: Patient, guardian: Patient, doctor: Doctor) -> Appointment:
    """Book an appointment for ``patient`` on Tuesday at ten, as the guardian."""
    return book_as_patient(guardian, doctor, time=TEN, patient_id=patient.pk)


def make_assistant(name: str, *doctors: Doctor) -> User:
    """Create a user who assists the doctors."""
    user = make_user(name)
    for doctor in doctors:
        Assistant.objects.create(doctor=doctor, user=user)
    user.refresh_from_db()
    return user


def book_as_guardian(
    user: User, patient: Patient, doctor: Doctor, date: dt.date = TUESDAY, time: dt.time = NINE
) -> Appointment:
    request = BookingRequest(date=date, time=time, doctor_id=doctor.pk, patient_id=patient.pk)
    return booking.book(actor=user, request=request, now=clock.now())
