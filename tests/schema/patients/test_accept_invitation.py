"""Accepting an invitation: the right to invite is judged again, and guardians are notified."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from clinic import clock as clinic_clock
from clinic.guardians import end_guardian
from clinic.models import Doctor, Guardian, Patient
from tests.support.acting_people import make_dependant, make_guardian
from tests.support.api_client import Api
from tests.support.booking import book_as_doctor, book_as_staff, write
from tests.support.email_links import send_emails, token_in
from tests.support.emails import mailbox, part, subjects
from tests.support.fixtures.people import NEW_PASSWORD, make_doctor, make_user
from tests.support.fixtures.smtp_server import MailServer
from tests.support.global_ids import id_of
from tests.support.graphql_responses import root_value, validation_info
from tests.support.permissions import grant
from tests.support.task_worker import run_due_tasks
from users import password_reset
from users.models import User

pytestmark = pytest.mark.django_db

ADDRESS = "kim@example.net"
BAD_LINK = validation_info(("token", "invalid", "This reset link is invalid or has expired."))
SUBJECT = "A patient for whom you act has an account now: CyberMed"
NEW_PATIENT = {"firstName": "Kim", "lastName": "Roe", "dateOfBirth": "2008-03-01"}


@pytest.fixture
def rita(db: None) -> User:
    """A member of staff who can invite patients."""
    return grant(make_user("Rita", is_staff=True), "change_patient")


@pytest.fixture
def kim(ann: Patient) -> Patient:
    """Ann's child."""
    return make_dependant(ann.user)


def invite(api: Api, user: User, patient: Patient, server: MailServer) -> str:
    """Invite the patient; return the path of the page in the email."""
    sent = {"patientId": id_of(patient), "email": ADDRESS}
    assert root_value(api("InvitePatient", {"input": sent}, user=user))["__typename"] == "Patient"
    [(_subject, path)] = send_emails(server, ADDRESS)
    return path


def register(api: Api, user: User, server: MailServer) -> tuple[Patient, str]:
    """Register a patient with an email address; return the patient, and the path in the email."""
    sent = {**NEW_PATIENT, "email": ADDRESS}
    assert root_value(api("RegisterPatient", {"input": sent}, user=user))["__typename"] == "Patient"
    [(_subject, path)] = send_emails(server, ADDRESS)
    return Patient.objects.select_related("user").latest("pk"), path


def accept(api: Api, path: str) -> Any:
    sent = {"token": token_in(path), "newPassword": NEW_PASSWORD}
    return root_value(api("ResetPassword", {"input": sent}))


def disable(inviter: User, _invited: User) -> None:
    write(inviter, is_active=False)


def take_permissions(inviter: User, _invited: User) -> None:
    inviter.user_permissions.clear()


def dismiss(inviter: User, _invited: User) -> None:
    write(inviter, is_staff=False)


def give_rights(_inviter: User, invited: User) -> None:
    write(invited, is_staff=True)


def enter_another_address(_inviter: User, invited: User) -> None:
    User.objects.filter(pk=invited.pk).update(
        email="entered@example.net", email_entered_by_staff=True
    )


@pytest.mark.parametrize(
    "change", [disable, take_permissions, dismiss, give_rights, enter_another_address]
)
def test_invitation_ends_with_the_right_of_staff_to_send_it(
    api: Api,
    kim: Patient,
    rita: User,
    mail_server: MailServer,
    change: Callable[[User, User], None],
) -> None:
    path = invite(api, rita, kim, mail_server)
    assert Client().get(path).status_code == 200
    change(rita, kim.user)
    assert Client().get(path).status_code == 404
    assert accept(api, path) == BAD_LINK
    kim.user.refresh_from_db()
    assert not kim.user.has_usable_password()


def get_guardian(patient: Patient, _doctor: Doctor) -> None:
    make_guardian(patient, make_user("Gina"))


def book_another_doctor(patient: Patient, _doctor: Doctor) -> None:
    staff = make_user("Sam", is_staff=True, is_superuser=True)
    book_as_staff(staff, make_doctor("Fred"), patient)


def withdraw_approval(_patient: Patient, doctor: Doctor) -> None:
    write(doctor, approved=False)


@pytest.mark.parametrize("change", [get_guardian, book_another_doctor, withdraw_approval])
def test_invitation_ends_with_the_right_of_a_doctor_to_send_it(
    api: Api, dora: Doctor, mail_server: MailServer, change: Callable[[Patient, Doctor], None]
) -> None:
    """Attack: a doctor registers a patient with an address of the doctor's own, and waits.

    The account would show the appointments with other doctors, and could remove the guardians.
    """
    patient, path = register(api, dora.user, mail_server)
    change(patient, dora)
    assert accept(api, path) == BAD_LINK


def test_invitation_of_a_doctor_is_accepted_while_the_patient_is_the_doctors_only(
    api: Api, dora: Doctor, mail_server: MailServer
) -> None:
    patient, path = register(api, dora.user, mail_server)
    book_as_doctor(dora, patient)
    run_due_tasks()
    assert accept(api, path) == {"__typename": "User", "id": id_of(patient.user)}


def test_invitation_sent_by_registering_is_accepted(
    api: Api, mail_server: MailServer, db: None
) -> None:
    cleo = grant(make_user("Cleo", is_staff=True), "add_patient")
    patient, path = register(api, cleo, mail_server)
    assert accept(api, path) == {"__typename": "User", "id": id_of(patient.user)}


def notified(server: MailServer) -> list[str]:
    """Return the sorted addresses to which the email about the account was sent."""
    return sorted(address for address, subject in subjects(server) if subject == SUBJECT)


def test_guardians_are_notified_once_that_the_patient_has_an_account(
    api: Api, kim: Patient, olga: User, rita: User, mail_server: MailServer
) -> None:
    make_guardian(kim, olga)
    path = invite(api, rita, kim, mail_server)
    assert notified(mail_server) == []
    accept(api, path)
    run_due_tasks()
    assert notified(mail_server) == ["ann@example.org", "olga@example.org"]
    text = part(mailbox(mail_server, "ann@example.org")[0], "text/plain")
    assert text.startswith("Hello Ann Example,\n\nKim Example can now sign in. ")
    # A later password is not the first one.
    token = password_reset.make_token(User.objects.get(pk=kim.user_id))
    password_reset.reset(token=token, new_password="another long secret")
    run_due_tasks()
    assert notified(mail_server) == ["ann@example.org", "olga@example.org"]


def test_guardians_are_notified_after_a_link_of_staff(
    kim: Patient, mail_server: MailServer
) -> None:
    """Staff enter an address in the account, and send a link to choose a password."""
    write(kim.user, email=ADDRESS, email_entered_by_staff=True)
    kim.user.refresh_from_db()
    token = password_reset.make_token(kim.user)
    password_reset.reset(token=token, new_password=NEW_PASSWORD)
    run_due_tasks()
    assert notified(mail_server) == ["ann@example.org"]


def test_guardian_with_an_unverified_address_is_not_notified_of_the_account(
    api: Api, kim: Patient, ann: Patient, rita: User, mail_server: MailServer, settings: Settings
) -> None:
    settings.EMAIL_VERIFICATION_REQUIRED = True
    write(ann.user, email_verified_at=None)
    accept(api, invite(api, rita, kim, mail_server))
    run_due_tasks()
    assert mailbox(mail_server, "ann@example.org") == []


def test_guardian_with_an_address_that_staff_entered_gets_no_name(
    api: Api, kim: Patient, ann: Patient, rita: User, mail_server: MailServer
) -> None:
    write(ann.user, email_verified_at=None, email_entered_by_staff=True)
    accept(api, invite(api, rita, kim, mail_server))
    run_due_tasks()
    [message] = mailbox(mail_server, "ann@example.org")
    texts = [part(message, kind) for kind in ("text/plain", "text/html")]
    assert [name for name in ("Ann", "Kim", "Example") for text in texts if name in text] == []


def test_guardian_whose_right_has_ended_is_not_notified_of_the_account(
    api: Api, kim: Patient, rita: User, mail_server: MailServer
) -> None:
    accept(api, invite(api, rita, kim, mail_server))
    end_guardian(Guardian.objects.get(), clinic_clock.now())
    run_due_tasks()
    assert mailbox(mail_server, "ann@example.org") == []
