"""Attack: a stranger blocks an erasure by registering the address that it will set.

And what an erasure missed: appointments of a role that the account had lost. An erasure is
one transaction: it either happens as a whole or changes nothing.
"""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, OperationalError

from clinic.models import AccessRecord, Appointment, Doctor, Patient, Status
from clinic.privacy import erasure
from tests.support.access_records import recorded_accesses
from tests.support.admin_client import AdminClient
from tests.support.api_client import Api
from tests.support.booking import TEN, book_as_patient
from tests.support.db_faults import failing
from tests.support.fixtures.people import EVA, make_user
from tests.support.graphql_responses import root_value
from users.models import User

pytestmark = pytest.mark.django_db


def erase(user: User) -> None:
    call_command("erase_person", user.email, stdout=StringIO())


def statuses() -> list[str]:
    return list(Appointment.objects.order_by("pk").values_list("status", flat=True))


def test_erase_person_is_not_blocked_by_registered_address(ann: Patient, dora: Doctor) -> None:
    """The stranger's account is from before addresses under ``.invalid`` were rejected."""
    book_as_patient(ann, dora)
    User.objects.filter(pk=make_user("Eva").pk).update(email=f"erased-{ann.user_id}@erased.invalid")
    erase(ann.user)
    ann.user.refresh_from_db()
    local_part, _, domain = ann.user.email.partition("@")
    assert (ann.user.get_full_name(), domain) == (f"Erased person {ann.user_id}", "erased.invalid")
    assert len(local_part) == len("erased-") + 20
    assert statuses() == [Status.CANCELLED]


def test_erase_person_changes_nothing_if_address_is_taken(
    monkeypatch: pytest.MonkeyPatch, ann: Patient, dora: Doctor
) -> None:
    """The negative control: with a predictable address the stranger blocks the erasure.

    Even then no appointment is cancelled, because the erasure is one transaction.
    """
    book_as_patient(ann, dora)
    User.objects.filter(pk=make_user("Eva").pk).update(email="erased-guessed@erased.invalid")
    monkeypatch.setattr(erasure, "get_random_string", lambda _length: "guessed")
    with pytest.raises(IntegrityError):
        erase(ann.user)
    ann.user.refresh_from_db()
    assert (ann.user.email, ann.user.is_active) == ("ann@example.org", True)
    assert (statuses(), recorded_accesses()) == ([Status.PENDING], [])


def test_erase_person_changes_nothing_if_the_last_statement_fails(
    ann: Patient, dora: Doctor
) -> None:
    book_as_patient(ann, dora)
    deadlock = OperationalError(1213, "Deadlock found when trying to get lock")
    with (
        failing("INSERT", "clinic_accessrecord", deadlock),
        pytest.raises(CommandError, match=r"Nothing was changed\. The request conflicted"),
    ):
        erase(ann.user)
    ann.user.refresh_from_db()
    assert (ann.user.email, ann.user.is_active) == ("ann@example.org", True)
    assert (statuses(), recorded_accesses()) == ([Status.PENDING], [])


@pytest.mark.parametrize(
    "email", ["erased-1@erased.invalid", "Eva@A.INVALID", "eva@a.\uff49nvalid", "e@a.b.invalid"]
)
def test_register_rejects_addresses_under_invalid(api: Api, db: None, email: str) -> None:
    answer = root_value(api("Register", {"input": EVA | {"email": email}}))
    assert [(message["field"], message["code"]) for message in answer["messages"]] == [
        ("email", "invalid")
    ]
    assert not User.objects.exists()


def test_register_reports_all_invalid_fields_beside_an_address_under_invalid(
    api: Api, db: None
) -> None:
    answer = root_value(api("Register", {"input": EVA | {"email": "e@a.invalid", "lastName": ""}}))
    assert sorted((message["field"], message["code"]) for message in answer["messages"]) == [
        ("email", "invalid"),
        ("lastName", "required"),
    ]


def test_register_accepts_addresses_that_resemble_invalid(api: Api, db: None) -> None:
    answer = root_value(api("Register", {"input": EVA | {"email": "eva@notinvalid.example"}}))
    assert answer["__typename"] == "User"


def test_user_form_rejects_new_address_under_invalid_only(sam: User, olga: User) -> None:
    admin, page = AdminClient(sam), f"users/user/{olga.pk}/change/"
    message = "No email reaches this address. Enter another one."
    assert admin.save(page, email="o@erased.invalid").errors == {"email": [message]}
    User.objects.filter(pk=olga.pk).update(email="o@erased.invalid")
    assert admin.save(page, first_name="Olivia").errors == {}


@pytest.mark.parametrize("erased", ["patient", "doctor", "unapproved doctor"])
def test_erase_person_cancels_appointments_of_removed_role(
    ann: Patient, dora: Doctor, erased: str
) -> None:
    book_as_patient(ann, dora)
    User.objects.update(is_patient=False, is_doctor=erased.startswith("unapproved"))
    Doctor.objects.update(approved=False)
    erase((ann if erased == "patient" else dora).user)
    assert statuses() == [Status.CANCELLED]


def test_erase_person_cancels_appointments_of_both_roles(
    ann: Patient, ben: Patient, dora: Doctor, emil: Doctor
) -> None:
    as_patient = Patient.objects.create(user=dora.user, date_of_birth="1980-01-01")
    dora.user.is_patient = True
    dora.user.save()
    appointments = [book_as_patient(ann, dora), book_as_patient(as_patient, emil, time=TEN)]
    book_as_patient(ben, emil)
    erase(dora.user)
    assert statuses() == [*[Status.CANCELLED] * len(appointments), Status.PENDING]


ACCOUNT = ["User.avatar", "User.email", "User.firstName", "User.gender", "User.lastName"]
DOCTOR = [
    *(
        "Doctor.appointmentTypes",
        "Doctor.assistants",
        "Doctor.phoneNumber",
        "Doctor.specialHours",
        "TimeOff.reason",
    ),
]
PATIENT = [
    *("Appointment.cancellationReason", "Appointment.reasonForVisit"),
    *("AppointmentChange.reason", "Patient.address"),
    *("Patient.dateOfBirth", "Patient.emergencyContactName", "Patient.emergencyContactPhone"),
    *("Patient.guardians", "Patient.phoneNumber"),
]


def test_erase_person_leaves_audit_record_of_patient(ann: Patient, dora: Doctor) -> None:
    book_as_patient(ann, dora)
    erase(ann.user)
    change = ("Erased", "change", "erase_person", "Erased")
    assert recorded_accesses() == [
        (*change, ["Appointment.status"]),
        (*change, [*PATIENT, *ACCOUNT]),
    ]
    assert set(AccessRecord.objects.values_list("actor", "address")) == {(ann.user_id, None)}


def test_erase_person_leaves_audit_record_of_doctor_and_changed_patients(
    sam: User, ann: Patient, dora: Doctor
) -> None:
    book_as_patient(ann, dora)
    erase(dora.user)
    change = ("Erased", "change", "erase_person")
    assert recorded_accesses() == [
        (*change, "Ann", ["Appointment.status"]),
        (*change, "", [*DOCTOR, *ACCOUNT]),
    ]
    AdminClient(sam).open("clinic/accessrecord/")


def test_erase_person_dry_run_leaves_no_audit_record(ann: Patient) -> None:
    call_command("erase_person", ann.user.email, "--dry-run", stdout=StringIO())
    assert recorded_accesses() == []
