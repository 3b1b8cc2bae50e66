"""The service that merges two records of one person: what moves."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType

from clinic.models import (
    AccessRecord,
    Appointment,
    Assistant,
    BusyTick,
    Doctor,
    Guardian,
    MergedPatient,
    Notification,
    Patient,
    Relationship,
)
from clinic.privacy.export import export_user
from tests.clinic.people.merging import merge, registered
from tests.support.acting_people import make_guardian
from tests.support.booking import (
    NINE,
    TEN,
    TUESDAY,
    assert_ticks_are_those_of_live_appointments,
    book_as_doctor,
    book_as_patient,
    book_as_staff,
    cancel,
    history_of,
)
from tests.support.emails import subjects
from tests.support.fixtures.people import make_patient, make_user
from tests.support.fixtures.smtp_server import MailServer
from tests.support.task_worker import run_due_tasks
from users.models import User

pytestmark = pytest.mark.django_db


def test_merge_patients_moves_appointments_with_their_ticks(
    sam: User, ann: Patient, anna: Patient, dora: Doctor
) -> None:
    kept = book_as_patient(ann, dora, TUESDAY, NINE)
    moved = book_as_staff(sam, dora, anna, TUESDAY, TEN)
    history = history_of(moved)
    merge(sam, ann, anna)
    moved.refresh_from_db()
    assert moved.patient == ann
    assert list(Appointment.objects.order_by("time")) == [kept, moved]
    assert BusyTick.objects.filter(person=anna.user_id).count() == 0
    assert BusyTick.objects.filter(person=ann.user_id, appointment=moved).count() == 6
    assert_ticks_are_those_of_live_appointments()
    assert history_of(moved) == history


def test_merge_patients_moves_cancelled_appointments_at_the_same_time(
    sam: User, ann: Patient, anna: Patient, dora: Doctor, emil: Doctor
) -> None:
    cancelled = book_as_staff(sam, dora, anna, TUESDAY, NINE)
    cancel(dora.user, cancelled)
    book_as_patient(ann, emil, TUESDAY, NINE)
    merge(sam, ann, anna)
    cancelled.refresh_from_db()
    assert cancelled.patient == ann


def test_merge_patients_fills_what_is_empty_and_keeps_the_rest(
    sam: User, ann: Patient, dora: Doctor
) -> None:
    Patient.objects.filter(pk=ann.pk).update(address="Elm Street 1")
    anna = registered(sam, "Anna", address="Elm Street 2", emergency_contact_name="Otto")
    Patient.objects.filter(pk=anna.pk).update(
        registering_doctor=dora, registered_on=dt.date(2026, 3, 1)
    )
    merge(sam, ann, anna)
    ann = Patient.objects.get(pk=ann.pk)
    assert (ann.user.first_name, ann.user.email, ann.user.gender) == (
        *("Ann", "ann@example.org", "female"),
    )
    assert (ann.address, ann.emergency_contact_name, str(ann.phone_number)) == (
        *("Elm Street 1", "Otto", "+4930123456"),
    )
    assert (ann.registering_doctor, ann.registered_on) == (None, None)


def test_merge_patients_moves_the_address_of_an_account_without_a_password(sam: User) -> None:
    kept, merged = registered(sam, "Ann"), registered(sam, "Anna")
    User.objects.filter(pk=merged.user_id).update(email="anna@example.org")
    merge(sam, kept, merged)
    user = User.objects.get(pk=kept.user_id)
    assert (user.email, user.has_verified_email) == ("anna@example.org", False)


def test_merge_patients_leaves_an_account_without_data(
    sam: User, ann: Patient, anna: Patient
) -> None:
    merge(sam, ann, anna)
    assert not Patient.objects.filter(pk=anna.pk).exists()
    user = User.objects.get(pk=anna.user_id)
    assert str(user) == f"Merged person {user.pk}"
    assert user.last_name_folded == f"person{user.pk}"
    assert not user.email
    assert not user.has_usable_password()
    assert (user.is_patient, user.is_active) == (False, False)
    row = MergedPatient.objects.get()
    assert (row.merged_id, row.merged_user, row.patient, row.merged_by) == (
        *(anna.pk, user, ann, sam),
    )


def test_merge_patients_moves_guardians_and_dependants_once(
    sam: User, ann: Patient, ben: Patient, anna: Patient, olga: User
) -> None:
    child, nora = registered(sam, "Carl"), make_user("Nora")
    for patient, user in (
        *((ann, olga), (anna, olga), (anna, nora), (anna, ann.user)),
        *((child, ann.user), (child, anna.user), (ben, anna.user), (ann, anna.user)),
    ):
        Guardian.objects.create(patient=patient, user=user, relationship=Relationship.OTHER)
    merge(sam, ann, anna)
    pairs = Guardian.objects.values_list("patient__user__first_name", "user__first_name")
    assert sorted(pairs) == [
        *[("Ann", "Nora"), ("Ann", "Olga"), ("Ben", "Ann"), ("Carl", "Ann")],
    ]
    assert User.objects.get(pk=ann.user_id).acts_for_patients


def test_merge_patients_notifies_moved_guardians_of_the_account(
    sam: User, ann: Patient, anna: Patient, olga: User, mail_server: MailServer
) -> None:
    """Those of the kept record know it already, and a record without a sign-in has none."""
    carl = registered(sam, "Carl")
    make_guardian(ann, make_user("Nora"))
    make_guardian(anna, olga)
    make_guardian(carl, make_user("Gina"))
    merge(sam, anna, carl)
    merge(sam, ann, anna)
    run_due_tasks()
    subject = "A patient for whom you act has an account now: CyberMed"
    assert sorted(subjects(mail_server)) == [
        ("gina@example.org", subject),
        ("olga@example.org", subject),
    ]


def test_merge_patients_moves_assistants_once(
    sam: User, ann: Patient, anna: Patient, dora: Doctor, emil: Doctor
) -> None:
    for doctor, user in ((dora, ann.user), (dora, anna.user), (emil, anna.user)):
        Assistant.objects.create(doctor=doctor, user=user)
    merge(sam, ann, anna)
    pairs = Assistant.objects.values_list("doctor", "user")
    assert sorted(pairs) == [(dora.pk, ann.user_id), (emil.pk, ann.user_id)]


def test_merge_patients_moves_notifications_once(
    sam: User, ann: Patient, anna: Patient, dora: Doctor
) -> None:
    appointment = book_as_staff(sam, dora, anna, TUESDAY, NINE)
    values: dict[str, Any] = {
        "appointment": appointment,
        "status": "confirmed",
        "date": TUESDAY,
        "time": NINE,
    }
    Notification.objects.all().delete()
    for user, sequence in ((ann.user, 0), (anna.user, 0), (anna.user, 1)):
        Notification.objects.create(recipient=user, kind="booked", sequence=sequence, **values)
    merge(sam, ann, anna)
    rows = Notification.objects.values_list("recipient", "sequence")
    assert sorted(rows) == [(ann.user_id, 0), (ann.user_id, 1)]


def test_merge_patients_keeps_the_audit_log_of_both_findable(
    sam: User, ann: Patient, anna: Patient, ben: Patient
) -> None:
    for patient in (ann, anna, ben):
        AccessRecord.objects.create(
            actor=sam, patients=[patient.pk], action="read", operation="Seen", fields=[]
        )
    merge(sam, ann, anna)
    records = AccessRecord.objects.of(ann.user)
    assert [(record.operation, record.patients) for record in records] == [
        ("merge_patients", sorted([ann.pk, anna.pk])),
        ("Seen", [anna.pk]),
        ("Seen", [ann.pk]),
    ]
    assert set(AccessRecord.objects.about([ann.pk])) == set(records)
    latest = records[0]
    assert (latest.actor, latest.action, latest.fields) == (sam, "change", ["Patient.merged"])
    assert [entry["operation"] for entry in export_user(ann.user)["patient"]["accesses"]] == [
        *("Seen", "Seen", "merge_patients"),
    ]


def test_merge_patients_twice_keeps_every_former_record_findable(sam: User) -> None:
    first, second, third = (registered(sam, name) for name in ("Ann", "Anna", "Anne"))
    AccessRecord.objects.create(
        actor=sam, patients=[first.pk], action="read", operation="Seen", fields=[]
    )
    merge(sam, second, first)
    merge(sam, third, second)
    assert AccessRecord.objects.of(third.user).filter(operation="Seen").count() == 1
    rows = MergedPatient.objects.order_by("merged_id").values_list("merged_id", "patient")
    assert list(rows) == [(first.pk, third.pk), (second.pk, third.pk)]


def test_merge_patients_moves_the_admin_log_under_the_kept_name(
    sam: User, ann: Patient, anna: Patient
) -> None:
    for row in (anna, anna.user):
        LogEntry.objects.create(
            user=sam,
            content_type=ContentType.objects.get_for_model(type(row)),
            object_id=str(row.pk),
            object_repr=str(row),
            action_flag=CHANGE,
        )
    merge(sam, ann, anna)
    entries = LogEntry.objects.order_by("pk").values_list("object_id", "object_repr")
    assert list(entries) == [(str(ann.pk), "Ann Example"), (str(ann.user_id), "Ann Example")]


def test_merge_patients_moves_what_the_person_did(
    sam: User, ann: Patient, dora: Doctor, emil: Doctor
) -> None:
    former = make_patient("Former")
    booked = book_as_patient(former, dora, TUESDAY, NINE)
    book_as_doctor(dora, former, TUESDAY, TEN)
    User.objects.filter(pk=former.user_id).update(password="!")
    merge(sam, ann, former)
    booked.refresh_from_db()
    assert booked.booked_by == ann.user
    assert history_of(booked) == [("pending", "2026-03-03 09:00", "Ann")]
