"""Which rows the ``visible_to()`` and ``changeable_by()`` querysets return."""

import datetime as dt

import pytest
from pytest_django import Settings
from time_machine import Traveller

from clinic.models import Appointment, Doctor, Patient
from clinic.privacy.visibility import contact_visibility_for, readable_patients, visible_users
from tests.support.booking import TEN, TUESDAY, book_as_patient, cancel, complete, confirm
from tests.support.fixtures.people import become_patient
from users.models import User


def test_appointments_visible_to_their_doctor_and_patient_and_to_permitted_staff(
    ann: Patient, ben: Patient, dora: Doctor, emil: Doctor, olga: User, sam: User
) -> None:
    anns, bens = book_as_patient(ann, dora), book_as_patient(ben, dora, time=TEN)
    seen = {
        user.first_name: list(Appointment.objects.visible_to(user).order_by("pk"))
        for user in (ann.user, ben.user, dora.user, emil.user, olga, sam)
    }
    assert seen == {
        "Ann": [anns],
        "Ben": [bens],
        "Dora": [anns, bens],
        "Emil": [],
        "Olga": [],
        "Sam": [anns, bens],
    }


def test_visible_to_requires_role(ann: Patient, dora: Doctor) -> None:
    book_as_patient(ann, dora)
    ann.user.is_patient = dora.user.is_doctor = False
    assert [
        list(Appointment.objects.visible_to(ann.user)),
        list(Appointment.objects.visible_to(dora.user)),
        list(Patient.objects.of_doctor(dora.user)),
    ] == [[], [], []]


def test_appointments_visible_to_user_with_both_roles(
    ann: Patient, dora: Doctor, emil: Doctor
) -> None:
    as_patient = become_patient(dora)
    appointments = [book_as_patient(ann, dora), book_as_patient(as_patient, emil, time=TEN)]
    assert list(Appointment.objects.visible_to(dora.user).order_by("pk")) == appointments


def test_patients_visible_to_doctor_are_listed_once(
    ann: Patient, ben: Patient, dora: Doctor, emil: Doctor
) -> None:
    cancel(ann.user, book_as_patient(ann, dora))
    book_as_patient(ann, dora)
    book_as_patient(ben, emil)
    assert {
        person.user.first_name: list(Patient.objects.visible_to(person.user))
        for person in (dora, emil, ann)
    } == {"Dora": [ann], "Emil": [ben], "Ann": [ann]}


def test_doctors_not_bookable_are_visible_to_themselves_only(
    ann: Patient, dora: Doctor, emil: Doctor
) -> None:
    dora.approved = False
    dora.save()
    emil.user.is_active = False
    emil.user.save()
    assert [
        list(Doctor.objects.bookable()),
        list(Doctor.objects.visible_to(ann.user)),
        list(Doctor.objects.visible_to(dora.user)),
    ] == [[], [], [dora]]


@pytest.fixture
def appointment(ann: Patient, dora: Doctor) -> Appointment:
    """Ann's appointment with Dora on Tuesday 3 March 2026."""
    return book_as_patient(ann, dora)


def access_of(doctor: Doctor, appointment: Appointment) -> dict[str, bool]:
    """Return what the doctor has access to, by each of the querysets and functions."""
    user = User.objects.get(pk=doctor.user_id)
    patient = appointment.patient
    contacts = contact_visibility_for(user)
    return {
        "appointment": Appointment.objects.visible_to(user).filter(pk=appointment.pk).exists(),
        "change": Appointment.objects.changeable_by(user).filter(pk=appointment.pk).exists(),
        "patient": Patient.objects.visible_to(user).filter(pk=patient.pk).exists(),
        "list": Patient.objects.of_doctor(user).filter(pk=patient.pk).exists(),
        "record": readable_patients(user, [patient.pk]) == {patient.pk},
        "person": visible_users(user).filter(pk=patient.user_id).exists(),
        "contact": contacts.can_see_contact_details(patient.user_id),
        "more than the name": patient.user_id not in contacts.named_only,
    }


def access(**given: bool) -> dict[str, bool]:
    """Return access to everything, or to the appointment only; ``given`` are exceptions."""
    others = ("change", "patient", "list", "record", "person", "contact", "more than the name")
    return {"appointment": True, **dict.fromkeys(others, given.pop("others"))} | given


def test_record_access_with_live_appointment(dora: Doctor, appointment: Appointment) -> None:
    assert access_of(dora, appointment) == access(others=True)


def test_record_access_ends_with_cancelled_appointment(
    ann: Patient, dora: Doctor, appointment: Appointment
) -> None:
    cancel(ann.user, appointment)
    # The status forbids every change, and the doctor gets that as the reason.
    assert access_of(dora, appointment) == access(others=False, change=True)


def test_record_access_lasts_with_another_appointment(
    ann: Patient, dora: Doctor, appointment: Appointment
) -> None:
    cancel(ann.user, appointment)
    book_as_patient(ann, dora, time=TEN)
    assert access_of(dora, appointment) == access(others=True)


def test_record_access_is_not_given_by_appointment_with_another_doctor(
    ann: Patient, dora: Doctor, emil: Doctor, appointment: Appointment
) -> None:
    cancel(ann.user, appointment)
    book_as_patient(ann, emil, time=TEN)
    assert access_of(dora, appointment) == access(others=False, change=True)


def test_record_access_ends_with_approval(dora: Doctor, appointment: Appointment) -> None:
    Doctor.objects.update(approved=False)
    assert access_of(dora, appointment) == access(others=False)


@pytest.mark.parametrize(
    ("access_days", "later", "has_access"),
    [(0, 36500, True), (30, 30, True), (30, 31, False), (36500, 36500, True)],
)
@pytest.mark.parametrize("status", ["pending", "confirmed", "completed"])
def test_record_access_ends_some_days_after_last_appointment(
    dora: Doctor,
    appointment: Appointment,
    settings: Settings,
    clock: Traveller,
    access_days: int,
    later: int,
    has_access: bool,  # noqa: FBT001 - pytest's
    status: str,
) -> None:
    settings.PATIENT_ACCESS_DAYS = access_days
    if status != "pending":
        confirm(dora.user, appointment)
    if status == "completed":
        clock.move_to("2026-03-03T10:00:00+01:00")
        complete(dora.user, appointment)
    clock.move_to(dt.datetime.combine(TUESDAY, TEN, dt.UTC) + dt.timedelta(days=later))
    assert access_of(dora, appointment) == access(others=has_access)


def test_record_access_counts_from_the_last_appointment(
    ann: Patient, dora: Doctor, appointment: Appointment, settings: Settings, clock: Traveller
) -> None:
    settings.PATIENT_ACCESS_DAYS = 30
    book_as_patient(ann, dora, TUESDAY + dt.timedelta(days=14))
    clock.move_to("2026-04-10T10:00:00+02:00")
    assert access_of(dora, appointment) == access(others=True)
    clock.move_to("2026-04-17T10:00:00+02:00")
    assert access_of(dora, appointment) == access(others=False)


def test_changeable_by_patient_does_not_depend_on_doctor(
    ann: Patient, dora: Doctor, appointment: Appointment
) -> None:
    Doctor.objects.update(approved=False)
    assert list(Appointment.objects.changeable_by(ann.user)) == [appointment]


def test_named_only_leaves_out_bookable_doctors(dora: Doctor, emil: Doctor) -> None:
    patient = become_patient(emil)
    cancel(patient.user, book_as_patient(patient, dora))
    assert contact_visibility_for(dora.user).named_only == frozenset()
    Doctor.objects.filter(pk=emil.pk).update(approved=False)
    assert contact_visibility_for(dora.user).named_only == {emil.user_id}
