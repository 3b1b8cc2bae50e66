"""`invitePatient`, and accepting an invitation by `resetPassword`."""

import datetime as dt
from typing import Any

import pytest
import time_machine

from clinic.errors import BookingErrorCode
from clinic.models import Doctor, Patient
from tests.support.acting_people import make_guardian
from tests.support.admin_client import staff_with_permissions
from tests.support.api_client import Api, sign_in
from tests.support.booking import book_as_staff, write
from tests.support.email_links import send_emails, token_in
from tests.support.fixtures.people import NEW_PASSWORD, PASSWORD, make_user
from tests.support.fixtures.smtp_server import MailServer
from tests.support.global_ids import id_of
from tests.support.graphql_responses import (
    error_code,
    operation_info,
    root_value,
    validation_info,
)
from users.models import AddressConflict, User

pytestmark = pytest.mark.django_db

ADDRESS = "ann@example.net"
SUBJECT = "Your account: CyberMed"
CANNOT = validation_info(
    (
        "patientId",
        "invalid",
        "This person can sign in already, has another email address, or the account is disabled.",
    )
)
ONLY_CLINIC = validation_info(
    ("patientId", "invalid", "Only the clinic can invite this patient. Ask reception.")
)
BAD_LINK = validation_info(
    ("token", "invalid", "This reset link is invalid or has expired."),
)


@pytest.fixture
def walk_in(ann: Patient) -> Patient:
    """Ann, whom the clinic registered without an address and a password."""
    ann.user.email = None  # type: ignore[assignment]  # the stubs forget null=True
    ann.user.set_unusable_password()
    ann.user.save()
    return ann


def invite(api: Api, user: User, patient: Patient, email: str = ADDRESS) -> Any:
    sent = {"patientId": id_of(patient), "email": email}
    return root_value(api("InvitePatient", {"input": sent}, user=user))


def accept(api: Api, token: str, password: str = NEW_PASSWORD) -> Any:
    sent = {"token": token, "newPassword": password}
    return root_value(api("ResetPassword", {"input": sent}))


def invited(patient: Patient) -> dict[str, Any]:
    name = {"firstName": patient.user.first_name, "lastName": patient.user.last_name}
    return {"__typename": "Patient", "id": id_of(patient), "user": name}


def emailed_token(server: MailServer, address: str = ADDRESS) -> str:
    [(subject, path)] = send_emails(server, address)
    assert (subject, path.split("/")[2]) == (SUBJECT, "invitation")
    return token_in(path)


def test_invite_patient_gives_an_account_that_signs_in(
    api: Api, walk_in: Patient, sam: User, mail_server: MailServer
) -> None:
    assert invite(api, sam, walk_in, "Ann@Example.net") == invited(walk_in)
    assert not User.objects.filter(email=ADDRESS).exists()
    token = emailed_token(mail_server)
    assert accept(api, token) == {"__typename": "User", "id": id_of(walk_in.user)}
    walk_in.user.refresh_from_db()
    assert (walk_in.user.email, walk_in.user.has_verified_email) == (ADDRESS, True)
    assert "errors" not in sign_in(api, ADDRESS, NEW_PASSWORD)
    assert accept(api, token, "yet another secret") == BAD_LINK
    assert invite(api, sam, walk_in) == CANNOT


def test_invite_patient_keeps_the_link_after_a_rejected_password(
    api: Api, walk_in: Patient, sam: User, mail_server: MailServer
) -> None:
    invite(api, sam, walk_in)
    token = emailed_token(mail_server)
    answer = accept(api, token, "short")
    assert [message["field"] for message in answer["messages"]] == ["newPassword"]
    assert accept(api, token)["__typename"] == "User"


def test_invite_patient_twice_leaves_the_last_link(
    api: Api, walk_in: Patient, sam: User, mail_server: MailServer
) -> None:
    invite(api, sam, walk_in)
    first = emailed_token(mail_server)
    invite(api, sam, walk_in, "other@example.net")
    assert accept(api, first) == BAD_LINK
    assert accept(api, emailed_token(mail_server, "other@example.net"))["__typename"] == "User"


def test_invite_patient_link_ends_after_a_week(
    api: Api, walk_in: Patient, sam: User, mail_server: MailServer, clock: time_machine.Traveller
) -> None:
    invite(api, sam, walk_in)
    token = emailed_token(mail_server)
    clock.shift(7 * 24 * 3600)
    assert accept(api, token) == BAD_LINK


def test_invite_patient_rejects_people_who_can_sign_in_and_invalid_addresses(
    api: Api, ann: Patient, sam: User
) -> None:
    assert invite(api, sam, ann) == CANNOT
    ann.user.set_unusable_password()
    ann.user.save()
    assert invite(api, sam, ann, "nowhere") == validation_info(
        ("email", "invalid", "Enter a valid email address.")
    )
    assert invite(api, sam, ann, " ") == validation_info(
        ("email", "required", "This field is required.")
    )
    User.objects.filter(pk=ann.user_id).update(is_active=False)
    assert invite(api, sam, ann) == CANNOT


def test_invite_patient_by_a_doctor_for_registered_patients_of_nobody_else(
    api: Api, walk_in: Patient, dora: Doctor, emil: Doctor, sam: User, mail_server: MailServer
) -> None:
    """Attack: the doctor invites a patient to an address of the doctor's own.

    The account would show the appointments with other doctors, and could remove the guardians.
    """
    not_found = operation_info(BookingErrorCode.NOT_FOUND, "patientId")
    assert invite(api, dora.user, walk_in) == not_found
    book_as_staff(sam, dora, walk_in)
    assert invite(api, emil.user, walk_in) == not_found
    assert invite(api, dora.user, walk_in) == ONLY_CLINIC
    write(walk_in, registering_doctor=dora, registered_on=dt.date(2026, 3, 1))
    assert invite(api, dora.user, walk_in) == invited(walk_in)
    assert accept(api, emailed_token(mail_server))["__typename"] == "User"


@pytest.mark.parametrize("known_to", ["guardian", "other doctor"])
def test_invite_patient_by_a_doctor_is_rejected_for_patients_of_others_too(
    api: Api, walk_in: Patient, dora: Doctor, emil: Doctor, sam: User, known_to: str
) -> None:
    write(walk_in, registering_doctor=dora, registered_on=dt.date(2026, 3, 1))
    if known_to == "guardian":
        make_guardian(walk_in, make_user("Gina"))
    else:
        book_as_staff(sam, emil, walk_in)
    assert invite(api, dora.user, walk_in) == ONLY_CLINIC


def test_invite_patient_keeps_an_address_that_staff_entered(
    api: Api, walk_in: Patient, sam: User
) -> None:
    write(walk_in.user, email="entered@example.net", email_entered_by_staff=True)
    assert invite(api, sam, walk_in) == CANNOT
    assert invite(api, sam, walk_in, "entered@example.net") == invited(walk_in)


def test_invite_patient_requires_a_role_or_the_permission(
    api: Api, walk_in: Patient, ben: Patient, olga: User
) -> None:
    role_required = operation_info(BookingErrorCode.ROLE_REQUIRED)
    for user in (ben.user, olga, staff_with_permissions(make_user("Nora"), "view_patient")):
        assert invite(api, user, walk_in) == role_required
    staff = staff_with_permissions(make_user("Rita"), "change_patient")
    assert invite(api, staff, walk_in) == invited(walk_in)


def test_invite_patient_does_not_give_away_the_account_of_somebody_with_rights(
    api: Api, walk_in: Patient, sam: User, mail_server: MailServer
) -> None:
    """Attack: the receptionist invites a colleague who has no password yet to another address."""
    for rights in ({"is_staff": True}, {"is_doctor": True}, {"is_superuser": True}):
        User.objects.filter(pk=walk_in.user_id).update(**rights)
        assert invite(api, sam, walk_in) == CANNOT
        User.objects.filter(pk=walk_in.user_id).update(**dict.fromkeys(rights, False))
    assert send_emails(mail_server, ADDRESS) == []


def test_invite_patient_answers_a_taken_address_like_a_free_one_and_notifies_staff(
    api: Api, walk_in: Patient, ben: Patient, sam: User, mail_server: MailServer
) -> None:
    assert invite(api, sam, walk_in, ben.user.email) == invited(walk_in)
    assert invite(api, sam, walk_in, ben.user.email) == invited(walk_in)
    assert send_emails(mail_server, ben.user.email) == []
    [conflict] = AddressConflict.objects.all()
    assert (conflict.user, conflict.holder, conflict.invited_by) == (walk_in.user, ben.user, sam)


def test_invite_patient_to_a_taken_address_ends_the_earlier_invitation(
    api: Api, walk_in: Patient, ben: Patient, sam: User, mail_server: MailServer
) -> None:
    invite(api, sam, walk_in)
    token = emailed_token(mail_server)
    invite(api, sam, walk_in, ben.user.email)
    assert accept(api, token) == BAD_LINK


def test_invite_patient_is_limited_per_patient_and_per_address(
    api: Api, walk_in: Patient, sam: User
) -> None:
    for number in range(10):
        assert invite(api, sam, walk_in, f"ann{number}@example.net") == invited(walk_in)
    sent = {"input": {"patientId": id_of(walk_in), "email": ADDRESS}}
    assert error_code(api("InvitePatient", sent, user=sam)) == "RATE_LIMITED"


def test_invited_person_cannot_sign_in_before_accepting(
    api: Api, walk_in: Patient, sam: User
) -> None:
    invite(api, sam, walk_in)
    for password in (PASSWORD, "", NEW_PASSWORD):
        assert error_code(sign_in(api, ADDRESS, password)) == "INVALID_CREDENTIALS"
