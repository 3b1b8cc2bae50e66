"""The command ``erase_person`` and the service functions in ``clinic.privacy.erasure``."""

import datetime as dt
import json
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.core import mail, serializers
from django.core.management import CommandError, call_command
from django.test import Client
from time_machine import Traveller

from clinic import clock as clinic_clock
from clinic.booking.date_exceptions import add_closure, set_special_hours
from clinic.models import (
    AccessRecord,
    Appointment,
    AppointmentChange,
    AppointmentType,
    Closure,
    Doctor,
    OfferedType,
    Patient,
    SpecialHours,
    Status,
)
from clinic.privacy.erasure import erase_user
from tests.support.admin_client import NO_GUARDIANS
from tests.support.api_client import Api
from tests.support.booking import TEN, book_as_patient, cancel, reopen, write
from tests.support.emails import content_of
from tests.support.fixtures.people import PASSWORD, offer_type
from tests.support.global_ids import id_of
from tests.support.old_addresses import store_old_address
from tests.support.task_worker import run_due_tasks
from users.models import User

PHONE, OWN_PHONE = "+4930123457", "+4930123459"
SECRETS = (
    *("Secretname", "secret@example.org", "Secret Street", "secret kin", "secret complaint"),
    *(PHONE, OWN_PHONE, "1990-05-17", "secret-calendar-key", "avatars/secret.webp"),
)


def erase(*arguments: str) -> str:
    out = StringIO()
    call_command("erase_person", *arguments, stdout=out)
    return out.getvalue()


def everything_stored() -> str:
    """Return all rows of all models as JSON."""
    managers = [model._base_manager for model in apps.get_models()]  # noqa: SLF001 - Django documents it
    rows: list[Any] = [row for manager in managers for row in manager.order_by("pk")]
    return str(serializers.serialize("json", rows))


@pytest.fixture
def past(api: Api, ann: Patient, dora: Doctor, sam: User) -> Appointment:
    """A completed appointment of Ann, whose data are all secret words; she has a future one too."""
    User.objects.filter(pk=ann.user_id).update(
        email="secret@example.org",
        last_name="Secretname",
        calendar_key="secret-calendar-key",
        avatar="avatars/secret.webp",
    )
    Patient.objects.filter(pk=ann.pk).update(
        address="Secret Street 1", emergency_contact_name="secret kin", phone_number=OWN_PHONE
    )
    ann.refresh_from_db()
    appointment = book_as_patient(ann, dora, reason_for_visit="a lasting cough")
    Appointment.objects.filter(pk=appointment.pk).update(created_at="2026-01-01T00:00:00Z")
    appointment.refresh_from_db()
    appointment.status, appointment.date = Status.COMPLETED, appointment.date.replace(year=2025)
    appointment.save()
    book_as_patient(ann, dora, time=TEN, reason_for_visit="secret complaint")
    api("PatientById", {"id": id_of(ann)}, user=dora.user)
    admin = Client()
    admin.force_login(sam)
    form = {
        "first_name": "Ann",
        "last_name": "Secretname",
        "gender": "undisclosed",
        "date_of_birth": "1990-05-17",
        "address": "Secret Street 2",
        "emergency_contact_name": "secret kin",
        "emergency_contact_phone": PHONE,
        "phone_number": OWN_PHONE,
    }
    admin.post(
        f"/admin/clinic/patient/{ann.pk}/change/", {"user": ann.user_id, **form, **NO_GUARDIANS}
    )
    assert LogEntry.objects.filter(object_repr__contains="Secretname").exists()
    return appointment


def test_erase_person_removes_personal_data_from_all_tables(past: Appointment) -> None:
    assert all(secret in everything_stored() for secret in SECRETS)
    erase("Secret@example.org")
    stored = everything_stored()
    assert [secret for secret in SECRETS if secret in stored] == []


def test_erase_person_keeps_treatment_record_and_audit_log_under_pseudonym(
    past: Appointment, ann: Patient
) -> None:
    report = erase("secret@example.org")
    past.refresh_from_db()
    assert (past.status, past.reason_for_visit) == (Status.COMPLETED, "a lasting cough")
    assert past.patient.user.get_full_name() == f"Erased person {ann.user_id}"
    assert past.patient.date_of_birth.isoformat() == "1990-01-01"
    assert AccessRecord.objects.about([ann.pk]).count() > 0
    assert "appointments cancelled: 1" in report
    assert "appointments kept: 2" in report


def test_erase_person_cancels_future_appointments(past: Appointment, ann: Patient) -> None:
    erase("secret@example.org")
    statuses = Appointment.objects.filter(patient=ann).values_list("status", flat=True)
    assert sorted(statuses) == [Status.CANCELLED, Status.COMPLETED]


def test_erase_person_removes_reasons_from_the_history_of_cancelled_appointments(
    past: Appointment, ann: Patient, dora: Doctor
) -> None:
    """The reason for reopening a completed appointment is part of the treatment record."""
    reopen(dora.user, past, "a second opinion")
    [other] = Appointment.objects.filter(patient=ann, status=Status.PENDING)
    cancel(dora.user, other, "secret cancellation")
    reopen(dora.user, other, "secret reopening")
    assert {"secret cancellation", "secret reopening"} <= {*history_reasons(ann)}
    erase("secret@example.org")
    assert [reason for reason in history_reasons(ann) if reason] == ["a second opinion"]


def history_reasons(patient: Patient) -> list[str]:
    reasons = AppointmentChange.objects.filter(appointment__patient=patient)
    return list(reasons.values_list("reason", flat=True))


def test_erase_person_removes_special_hours_and_types_of_a_doctor(
    dora: Doctor, emil: Doctor
) -> None:
    day = dt.date(2026, 3, 7)
    for doctor in (dora, emil):
        set_special_hours(doctor, day, [(dt.time(9), dt.time(12))], clinic_clock.now())
        offer_type(doctor, f"Type of {doctor.user.first_name}")
    closure = add_closure(name="Holiday", first_day=day, last_day=day, now=clinic_clock.now())
    erase("dora@example.org")
    assert [
        list(SpecialHours.objects.values_list("doctor", "date")),
        list(OfferedType.objects.values_list("doctor", flat=True)),
        list(AppointmentType.objects.values_list("name", flat=True)),
        list(Closure.objects.all()),
    ] == [[(emil.pk, day)], [emil.pk], ["Type of Dora", "Type of Emil"], [closure]]
    [record] = AccessRecord.objects.filter(operation="erase_person")
    assert {"Doctor.appointmentTypes", "Doctor.specialHours"} <= {*record.fields}


def test_erase_person_ends_sessions_and_prevents_sign_in(
    api: Api, past: Appointment, ann: Patient
) -> None:
    token = api("TokenAuth", {"email": "secret@example.org", "password": PASSWORD})
    access = token["data"]["tokenAuth"]["token"]
    erase("secret@example.org")
    for email in ("secret@example.org", User.objects.get(pk=ann.user_id).email):
        answer = api("TokenAuth", {"email": email, "password": PASSWORD})
        assert answer["errors"][0]["extensions"]["code"] == "INVALID_CREDENTIALS"
    answer = api("{ me { id } }", token=access)
    assert answer["errors"][0]["extensions"]["code"] == "TOKEN_INVALID"


def test_erase_person_keeps_personal_data_out_of_waiting_emails(past: Appointment) -> None:
    erase("secret@example.org")
    run_due_tasks()
    assert {address for message in mail.outbox for address in message.to} == {"dora@example.org"}
    content = "".join(content_of(message) for message in mail.outbox)
    assert "Erased person" in content
    assert [secret for secret in SECRETS if secret in content] == []


def test_erase_person_dry_run_changes_nothing(past: Appointment) -> None:
    before = everything_stored()
    assert "appointments to cancel: 1" in erase("secret@example.org", "--dry-run")
    assert json.loads(everything_stored()) == json.loads(before)


def test_erase_person_can_be_repeated(past: Appointment, ann: Patient) -> None:
    erase("secret@example.org")
    ann.user.refresh_from_db()
    assert "appointments cancelled: 0" in erase(ann.user.email)


def test_erase_person_rejects_unknown_email(db: None) -> None:
    with pytest.raises(CommandError, match="There is no account with this email address"):
        erase("nobody@example.org")


def test_erase_person_finds_an_old_address_and_replaces_it(olga: User) -> None:
    store_old_address(olga, "ólga@example.org")
    assert erase("ÓLGA@example.org").startswith(f"Erased account {olga.pk}:\n")
    olga.refresh_from_db()
    assert (olga.email.endswith("@erased.invalid"), olga.email_needs_review) == (True, False)


def test_erase_person_rejects_an_address_in_two_spellings(ann: Patient, olga: User) -> None:
    store_old_address(olga, "user@münchen.de")
    User.objects.filter(pk=ann.user_id).update(email="user@xn--mnchen-3ya.de")
    with pytest.raises(
        CommandError, match=f"Users {ann.user_id} and {olga.pk} have this email address"
    ):
        erase("user@münchen.de")
    assert not User.objects.filter(first_name="Erased").exists()


def test_erasure_in_the_second_occurrence_of_the_repeated_hour_keeps_what_has_started(
    ann: Patient, dora: Doctor, clock: Traveller
) -> None:
    appointment = book_as_patient(ann, dora)
    # Booked by an earlier release: at 02:30, which occurs at 00:30 and again at 01:30 UTC.
    write(appointment, date=dt.date(2026, 10, 25), time=dt.time(2, 30))
    clock.move_to("2026-10-25T02:15:00+01:00")
    erase_user(ann.user, clinic_clock.now())
    appointment.refresh_from_db()
    assert appointment.status == "pending"
