"""Which rows the ``visible_to()`` querysets return."""

from clinic.models import Appointment, Doctor, Patient
from tests.support.booking import TEN, book_as_patient, cancel
from tests.support.fixtures.people import become_patient
from users.models import User


def test_appointments_visible_to_their_doctor_and_patient(
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
        "Sam": [],
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
