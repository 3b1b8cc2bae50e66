"""An email to an address that nobody has verified contains no text that a user typed."""

import pytest

from clinic.models import Appointment, Doctor, Patient
from tests.support.api_client import Api
from tests.support.booking import book_as_patient
from tests.support.emails import calendar_of, mailbox, part
from tests.support.fixtures.people import NEW_PASSWORD, make_user
from tests.support.fixtures.smtp_server import MailServer
from tests.support.graphql_responses import root_value
from tests.support.task_worker import run_due_tasks
from users import password_reset
from users.models import User

pytestmark = pytest.mark.django_db

ANN, DORA = "ann@example.org", "dora@example.org"
TYPED = ["Ann", "Dora", "Example", "A cough"]


@pytest.fixture
def appointment(ann: Patient, dora: Doctor) -> Appointment:
    """An appointment of Ann with Dora, neither of whom has verified the address."""
    User.objects.update(email_verified_at=None)
    ann.user.refresh_from_db()
    return book_as_patient(ann, dora, reason_for_visit="A cough")


@pytest.mark.parametrize("address", [ANN, DORA])
def test_email_to_an_unverified_address_has_no_typed_text(
    appointment: Appointment, mail_server: MailServer, address: str
) -> None:
    run_due_tasks()
    [message] = mailbox(mail_server, address)
    texts = [part(message, kind) for kind in ("text/plain", "text/html", "text/calendar")]
    assert [word for word in TYPED for text in [*texts, message["Subject"]] if word in text] == []
    greeting, _blank, introduction = texts[0].strip().splitlines()[:3]
    assert greeting == "Hello,"
    assert introduction
    assert "Sign in to see with whom." in texts[0]
    assert "Sign in to see with whom." in texts[1]


def test_calendar_entry_to_an_unverified_address_has_no_names(
    appointment: Appointment, mail_server: MailServer
) -> None:
    run_due_tasks()
    [event] = calendar_of(mailbox(mail_server, ANN)[0]).events
    assert str(event["SUMMARY"]) == "Not confirmed: Appointment"
    assert dict(event["ATTENDEE"].params) == {"ROLE": "REQ-PARTICIPANT", "RSVP": "FALSE"}


def test_email_to_a_verified_address_has_the_names(
    ann: Patient, dora: Doctor, mail_server: MailServer
) -> None:
    """Negative control."""
    book_as_patient(ann, dora)
    run_due_tasks()
    text = part(mailbox(mail_server, ANN)[0], "text/plain")
    assert text.strip().startswith("Hello Ann Example,")
    assert "Doctor: Dora Example" in text


def test_reset_email_to_an_unverified_address_has_no_name(mail_server: MailServer) -> None:
    user = make_user("Ann")
    User.objects.update(email_verified_at=None)
    password_reset.request(user.email)
    run_due_tasks()
    text = part(mailbox(mail_server, ANN)[0], "text/plain")
    assert text.strip().startswith("Hello,")
    assert "Example" not in text


def test_used_reset_link_verifies_the_address(api: Api, ann: Patient) -> None:
    User.objects.update(email_verified_at=None)
    reset = {"token": password_reset.make_token(ann.user), "newPassword": NEW_PASSWORD}
    assert root_value(api("ResetPassword", {"input": reset}))["__typename"] == "User"
    ann.user.refresh_from_db()
    assert ann.user.email_verified_at is not None


def test_registered_and_changed_addresses_are_not_verified(api: Api, ann: Patient) -> None:
    assert ann.user.email_verified_at is not None
    ann.user.email = "another@example.org"
    ann.user.save()
    assert ann.user.email_verified_at is None
