"""Verification of email addresses: `requestEmailVerification`, `verifyEmail` and the setting."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from pytest_django import Settings

from clinic.errors import BookingErrorCode
from clinic.models import Appointment, Doctor, Notification, Patient
from clinic.profiles import upsert_patient
from tests.support.api_client import Api
from tests.support.booking import book_as_staff
from tests.support.email_links import send_emails, token_in
from tests.support.emails import mailbox
from tests.support.fixtures.people import EVA, make_user
from tests.support.fixtures.smtp_server import MailServer
from tests.support.global_ids import id_of
from tests.support.graphql_responses import error_code, operation_info, root_value, validation_info
from tests.support.task_worker import run_due_tasks
from users import email_verification, one_time_links
from users.models import EmailLink, User

pytestmark = pytest.mark.django_db

ADDRESS = "eva@example.org"
SUBJECT = "Confirm your email address: CyberMed"
BAD_LINK = validation_info(
    ("token", "invalid", "This link is invalid, was used before or has expired. Request a new one.")
)
INVALID_TOKENS = ["", "x", "a.b", "é" * 10, "x" * 9000]


@pytest.fixture(autouse=True)
def _required(settings: Settings) -> None:
    settings.EMAIL_VERIFICATION_REQUIRED = True


@pytest.fixture
def eva(api: Api) -> User:
    """A patient who has just registered, with a profile."""
    assert root_value(api("Register", {"input": EVA}))["__typename"] == "User"
    user: User = User.objects.get(email=ADDRESS)
    upsert_patient(user, date_of_birth=dt.date(1990, 5, 17))
    return user


def emailed_token(server: MailServer) -> str:
    [(subject, path)] = send_emails(server, ADDRESS)
    assert subject == SUBJECT
    return token_in(path)


def verify(api: Api, token: str) -> Any:
    return root_value(api("VerifyEmail", {"token": token}))


def book(api: Api, user: User, doctor: Doctor) -> Any:
    sent = {"doctorId": id_of(doctor), "date": "2026-03-03", "time": "09:00:00"}
    return root_value(api("CreateAppointment", {"input": sent}, user=user))


def test_register_sends_a_link_that_verifies_the_address_once(
    api: Api, eva: User, mail_server: MailServer
) -> None:
    assert api("{ me { emailVerified } }", user=eva) == {"data": {"me": {"emailVerified": False}}}
    token = emailed_token(mail_server)
    verified = {"__typename": "User", "id": id_of(eva), "email": ADDRESS, "emailVerified": True}
    assert verify(api, token) == verified
    assert verify(api, token) == BAD_LINK
    assert api("{ me { emailVerified } }", user=eva) == {"data": {"me": {"emailVerified": True}}}
    assert api("RequestEmailVerification", user=eva) == {"data": {"requestEmailVerification": True}}
    assert send_emails(mail_server, ADDRESS) == []


def test_register_without_the_requirement_sends_nothing(
    api: Api, settings: Settings, mail_server: MailServer
) -> None:
    settings.EMAIL_VERIFICATION_REQUIRED = False
    api("Register", {"input": EVA})
    assert send_emails(mail_server, ADDRESS) == []


def test_request_email_verification_replaces_the_older_link(
    api: Api, eva: User, mail_server: MailServer
) -> None:
    first = emailed_token(mail_server)
    assert api("RequestEmailVerification", user=eva) == {"data": {"requestEmailVerification": True}}
    second = emailed_token(mail_server)
    assert verify(api, first) == BAD_LINK
    assert verify(api, second)["emailVerified"]


def test_request_email_verification_is_limited_and_needs_a_token(
    api: Api, eva: User, mail_server: MailServer
) -> None:
    assert error_code(api("RequestEmailVerification")) == "UNAUTHENTICATED"
    for _ in range(4):  # registering sent the first one
        assert "errors" not in api("RequestEmailVerification", user=eva)
    assert error_code(api("RequestEmailVerification", user=eva)) == "RATE_LIMITED"
    assert len(send_emails(mail_server, ADDRESS)) == 1  # the others were replaced before


@pytest.mark.parametrize("token", INVALID_TOKENS)
def test_verify_email_rejects_text_that_is_no_token(api: Api, eva: User, token: str) -> None:
    assert verify(api, token) == BAD_LINK


def test_verify_email_rejects_an_expired_link_which_purge_tokens_removes(
    api: Api, eva: User, mail_server: MailServer, clock: time_machine.Traveller
) -> None:
    token = emailed_token(mail_server)
    clock.shift(dt.timedelta(days=3))
    assert verify(api, token) == BAD_LINK
    call_command("purge_tokens", verbosity=0)
    assert not EmailLink.objects.exists()


def test_verify_email_rejects_the_links_of_a_disabled_account(
    api: Api, eva: User, mail_server: MailServer
) -> None:
    token = emailed_token(mail_server)
    User.objects.filter(pk=eva.pk).update(is_active=False)
    assert verify(api, token) == BAD_LINK


def test_old_link_does_not_verify_an_address_that_staff_entered_since(
    api: Api, eva: User, mail_server: MailServer
) -> None:
    token = emailed_token(mail_server)
    User.objects.filter(pk=eva.pk).update(email="other@example.org")
    assert verify(api, token) == BAD_LINK
    eva.refresh_from_db()
    assert not eva.has_verified_email


def test_database_and_queue_hold_no_token(eva: User, mail_server: MailServer) -> None:
    token = emailed_token(mail_server)
    [link] = EmailLink.objects.all()
    assert link.token_hash == one_time_links.hash_of(token)
    assert token not in str(vars(link))


def test_create_appointment_rejects_an_unverified_patient(
    api: Api, eva: User, dora: Doctor, mail_server: MailServer
) -> None:
    rejected = operation_info(BookingErrorCode.EMAIL_NOT_VERIFIED)
    assert book(api, eva, dora) == rejected
    assert not Appointment.objects.exists()
    verify(api, emailed_token(mail_server))
    assert book(api, eva, dora)["__typename"] == "Appointment"


def test_create_appointment_without_the_requirement_accepts_an_unverified_patient(
    api: Api, eva: User, dora: Doctor, settings: Settings
) -> None:
    settings.EMAIL_VERIFICATION_REQUIRED = False
    assert book(api, eva, dora)["__typename"] == "Appointment"


def test_create_appointment_reports_an_unknown_doctor_before_the_unverified_address(
    api: Api, eva: User, dora: Doctor
) -> None:
    dora.approved = False
    dora.save()
    assert book(api, eva, dora)["messages"][0]["code"] == "not_found"


def test_notification_to_an_unverified_address_is_cancelled(
    eva: User, dora: Doctor, sam: User, mail_server: MailServer
) -> None:
    book_as_staff(sam, dora, Patient.objects.get(user=eva))
    run_due_tasks()
    assert [str(message["Subject"]) for message in mailbox(mail_server, ADDRESS)] == [SUBJECT]
    notification = Notification.objects.get(recipient=eva)
    assert (notification.sent_at, notification.dropped_at is None) == (None, False)


def test_notification_to_an_address_that_staff_entered_is_sent(
    eva: User, dora: Doctor, sam: User, mail_server: MailServer
) -> None:
    User.objects.filter(pk=eva.pk).update(email_entered_by_staff=True)
    book_as_staff(sam, dora, Patient.objects.get(user=eva))
    assert len(send_emails(mail_server, ADDRESS)) == 2


def test_notification_to_a_person_without_an_address_is_not_created(
    ann: Patient, dora: Doctor, sam: User, mail_server: MailServer
) -> None:
    User.objects.filter(pk=ann.user_id).update(email=None)
    book_as_staff(sam, dora, ann)
    run_due_tasks()
    assert not Notification.objects.filter(recipient=ann.user_id).exists()


def test_password_change_is_not_emailed_to_an_unverified_address(
    eva: User, mail_server: MailServer
) -> None:
    emailed_token(mail_server)
    eva.set_password("a fresh long secret")
    eva.save()
    assert send_emails(mail_server, ADDRESS) == []
    ann = make_user("Ann")
    ann.set_password("a fresh long secret")
    ann.save()
    assert len(send_emails(mail_server, "ann@example.org")) == 1  # the negative control


def test_new_password_ends_links_that_were_requested_before(
    api: Api, eva: User, mail_server: MailServer
) -> None:
    token = emailed_token(mail_server)
    eva.set_password("a fresh long secret")
    eva.save()
    assert verify(api, token) == BAD_LINK


def test_request_verification_ignores_people_without_an_address(eva: User) -> None:
    User.objects.filter(pk=eva.pk).update(email=None)
    EmailLink.objects.all().delete()
    email_verification.request_verification(User.objects.get(pk=eva.pk))
    assert not EmailLink.objects.exists()
