"""Whose rows a user's querysets hold."""

from clinic.models import Appointment, Doctor, Patient
from tests.support.booking import TEN, book_as_patient, cancel
from tests.support.fixtures.people import become_patient
from users.models import User


def test_appointments_are_visible_from_the_side_whose_role_one_has(
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


def test_a_withdrawn_role_hides_its_side(ann: Patient, dora: Doctor) -> None:
    book_as_patient(ann, dora)
    ann.user.is_patient = dora.user.is_doctor = False
    assert [
        list(Appointment.objects.visible_to(ann.user)),
        list(Appointment.objects.visible_to(dora.user)),
        list(Patient.objects.of_doctor(dora.user)),
    ] == [[], [], []]


def test_both_roles_see_both_sides(ann: Patient, dora: Doctor, emil: Doctor) -> None:
    as_patient = become_patient(dora)
    appointments = [book_as_patient(ann, dora), book_as_patient(as_patient, emil, time=TEN)]
    assert list(Appointment.objects.visible_to(dora.user).order_by("pk")) == appointments


def test_a_doctors_patients_are_those_with_any_appointment_once_each(
    ann: Patient, ben: Patient, dora: Doctor, emil: Doctor
) -> None:
    cancel(ann.user, book_as_patient(ann, dora))
    book_as_patient(ann, dora)
    book_as_patient(ben, emil)
    assert {
        person.user.first_name: list(Patient.objects.visible_to(person.user))
        for person in (dora, emil, ann)
    } == {"Dora": [ann], "Emil": [ben], "Ann": [ann]}


def test_doctors_who_may_not_be_booked_are_visible_to_themselves_alone(
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
