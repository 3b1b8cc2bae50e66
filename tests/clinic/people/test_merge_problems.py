"""When two records cannot be merged, and how the message names the reason."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from time_machine import Traveller

from clinic import clock as clinic_clock
from clinic.booking.status_changes import cancel, complete, record_no_show, reopen
from clinic.models import Appointment, Assistant, Doctor, Patient
from tests.clinic.people.merging import merge
from tests.support.acting_people import make_guardian
from tests.support.booking import NINE, TUESDAY, book_as_patient, book_as_staff, write
from tests.support.fixtures.people import become_patient
from users.models import User

pytestmark = pytest.mark.django_db


def problems(actor: User, kept: Patient, merged: Patient) -> list[str]:
    before = list(Appointment.objects.order_by("pk").values_list("patient", flat=True))
    with pytest.raises(ValidationError) as caught:
        merge(actor, kept, merged)
    assert list(Appointment.objects.order_by("pk").values_list("patient", flat=True)) == before
    assert Patient.objects.filter(pk__in=(kept.pk, merged.pk)).count() == 2
    return caught.value.messages


def test_merge_patients_rejects_two_appointments_at_the_same_time(
    sam: User, ann: Patient, anna: Patient, dora: Doctor, emil: Doctor
) -> None:
    book_as_patient(ann, dora, TUESDAY, NINE)
    book_as_staff(sam, emil, anna, TUESDAY, dt.time(9, 15))
    own, other = Appointment.objects.with_people().order_by("time")
    [message] = problems(sam, ann, anna)
    assert message == (
        f"Both have appointments at the same time: {other}; {own}. Cancel or reschedule one of "
        "them first."
    )


def test_merge_patients_rejects_the_appointments_of_a_doctor_with_oneself(
    sam: User, dora: Doctor, anna: Patient
) -> None:
    own = become_patient(dora)
    book_as_staff(sam, dora, anna, TUESDAY, NINE)
    [message, *_] = problems(sam, own, anna)
    assert message == (
        "Doctors cannot be their own patients: 2026-03-03 09:00: Anna Example with Dora Example "
        "(Cardiology)."
    )


def test_merge_patients_rejects_an_appointment_during_one_as_a_doctor(
    sam: User, dora: Doctor, emil: Doctor, ann: Patient, anna: Patient
) -> None:
    own = become_patient(dora)
    book_as_patient(ann, dora, TUESDAY, NINE)
    book_as_staff(sam, emil, anna, TUESDAY, NINE)
    [message] = problems(sam, own, anna)
    assert message.startswith("Both have appointments at the same time:")


def test_merge_patients_keeps_the_record_of_the_person_who_can_sign_in(
    sam: User, ann: Patient, ben: Patient, anna: Patient
) -> None:
    assert problems(sam, ann, ben) == [
        "Both people can sign in. Records of two accounts cannot be merged."
    ]
    assert problems(sam, anna, ann) == [
        "Ann Example can sign in. Keep that record, and merge the other one into it."
    ]


def test_merge_patients_rejects_the_same_a_disabled_and_a_doctors_record(
    sam: User, ann: Patient, anna: Patient, dora: Doctor
) -> None:
    with pytest.raises(ValidationError) as caught:
        merge(sam, ann, ann)
    assert caught.value.messages == ["This is the same record. Choose another patient."]
    doctor = become_patient(dora)
    User.objects.filter(pk=dora.user_id).update(password="!")
    assert problems(sam, ann, doctor) == [
        "Dora Example is a doctor or a member of staff. Keep that record."
    ]
    User.objects.filter(pk=anna.user_id).update(is_active=False)
    assert problems(sam, ann, anna) == [
        "The account of Anna Example is disabled. Enable it first, or leave it as it is."
    ]


def test_merge_patients_rejects_a_record_that_no_longer_exists(
    sam: User, ann: Patient, anna: Patient
) -> None:
    merge(sam, ann, anna)
    with pytest.raises(ValidationError) as caught:
        merge(sam, ann, anna)
    assert caught.value.code == "not_found"


def test_merge_patients_says_how_to_solve_two_completed_appointments_at_the_same_time(
    sam: User, ann: Patient, anna: Patient, dora: Doctor, emil: Doctor, clock: Traveller
) -> None:
    booked = [book_as_staff(sam, dora, ann), book_as_staff(sam, emil, anna)]
    clock.move_to("2026-03-10T09:00:00+01:00")
    as_staff: dict[str, Any] = {"actor": sam, "as_staff": True, "now": clinic_clock.now()}
    complete(appointment_id=booked[0].pk, **as_staff)
    record_no_show(appointment_id=booked[1].pk, **as_staff)
    own, other = Appointment.objects.with_people().order_by("pk")
    [message] = problems(sam, ann, anna)
    assert message == (
        f"Both have completed or missed appointments at the same time: {other}; {own}. Find out "
        "which of them did not take place, reopen it with the reason, and cancel it."
    )
    reopen(appointment_id=other.pk, reason="Recorded for the wrong patient", **as_staff)
    cancel(appointment_id=other.pk, **as_staff)
    merge(sam, ann, anna)
    assert list(Appointment.objects.order_by("pk").values_list("patient", "status")) == [
        (ann.pk, "completed"),
        (ann.pk, "cancelled"),
    ]


@pytest.mark.parametrize("role", ["kept", "merged"])
def test_merge_patients_rejects_a_guardian_with_an_unverified_address(
    sam: User, ann: Patient, anna: Patient, olga: User, role: str
) -> None:
    """Attack: Olga registers a stranger's address, and adds Ann as her dependant.

    Merging that record with the one that the clinic has would show her Ann's record.
    """
    patient = ann if role == "kept" else anna
    make_guardian(patient, olga)
    write(olga, email_verified_at=None)
    [message] = problems(sam, ann, anna)
    assert message == (
        f"A guardian of {patient} has an email address that is not verified, and would read the "
        "merged record. End the right, or merge once the address is verified."
    )
    write(olga, email_verified_at=clinic_clock.now())
    merge(sam, ann, anna)
    assert list(ann.guardians.values_list("user", flat=True)) == [olga.pk]


@pytest.mark.parametrize("right", ["guardian", "assistant"])
def test_merge_patients_rejects_an_unverified_account_that_would_get_rights(
    sam: User, ann: Patient, anna: Patient, ben: Patient, dora: Doctor, right: str
) -> None:
    if right == "guardian":
        make_guardian(ben, anna.user)
    else:
        Assistant.objects.create(doctor=dora, user=anna.user)
    write(ann.user, email_verified_at=None)
    ann.user.refresh_from_db()
    [message] = problems(sam, ann, anna)
    assert message == (
        "The email address of Ann Example is not verified, and the other record has rights to act "
        "for patients or doctors. End these, or merge once the address is verified."
    )


def test_merge_patients_moves_the_record_of_an_unverified_account_without_rights(
    sam: User, ann: Patient, anna: Patient
) -> None:
    """Nobody gets a right to act: the person's own record is the decision of staff."""
    write(ann.user, email_verified_at=None)
    merge(sam, ann, anna)
    assert not Patient.objects.filter(pk=anna.pk).exists()
