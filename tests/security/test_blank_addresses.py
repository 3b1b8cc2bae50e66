"""Attack: a blank email address, while people without an address are in the database.

A look-up by null would find everybody without one.
"""

from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client

from clinic.models import Patient
from tests.support.api_client import Api, sign_in
from tests.support.fixtures.people import PASSWORD, make_patient
from tests.support.fixtures.smtp_server import MailServer
from tests.support.graphql_responses import error_code, root_value
from tests.support.task_worker import run_due_tasks
from users import email_change, email_verification, invitations, password_reset
from users.models import EmailLink, User

pytestmark = pytest.mark.django_db

BLANKS = ["", " ", "\t", "\u00a0", "\u200b", "None", "null"]


@pytest.fixture(autouse=True)
def without_address(db: None) -> list[User]:
    """Two people without an address, one of whom kept a password, as after a manual change."""
    people = [make_patient("Ann").user, make_patient("Ben").user]
    User.objects.update(email=None)
    User.objects.filter(pk=people[1].pk).update(password="!")
    return people


@pytest.mark.parametrize("blank", BLANKS)
def test_blank_address_signs_nobody_in(api: Api, blank: str) -> None:
    for password in (PASSWORD, "", "!"):
        assert error_code(sign_in(api, blank, password)) in {
            "INVALID_CREDENTIALS",
            "RATE_LIMITED",
        }
    form = {"username": blank, "password": PASSWORD}
    client = Client()
    assert client.post("/admin/login/", form).status_code != 302
    assert "_auth_user_id" not in client.session


def test_missing_address_authenticates_nobody() -> None:
    for credentials in ({"email": None}, {"username": None}, {"email": ""}, {}):
        assert authenticate(None, password=PASSWORD, **credentials) is None


@pytest.mark.parametrize("blank", BLANKS)
def test_blank_address_resets_no_password(api: Api, mail_server: MailServer, blank: str) -> None:
    assert api("RequestPasswordReset", {"email": blank}) == {"data": {"requestPasswordReset": True}}
    run_due_tasks()
    assert mail_server.received == []


def test_people_without_an_address_get_no_link(
    without_address: list[User], mail_server: MailServer
) -> None:
    for user in without_address:
        password_reset.send_link_for_staff(User.objects.get(pk=user.pk))
        email_verification.request_verification(User.objects.get(pk=user.pk))
    with pytest.raises(Exception, match="NoAddress"):
        password_reset.send_token.call(without_address[0].pk, by_staff=True)
    assert mail_server.received == []
    assert not EmailLink.objects.exists()


@pytest.mark.parametrize("blank", ["", " ", "\u00a0", "\u200b"])
def test_blank_address_is_no_address_to_invite_or_to_change_to(
    without_address: list[User], blank: str
) -> None:
    with pytest.raises(ValidationError):
        invitations.invite(without_address[1], blank, invited_by=without_address[0])
    with pytest.raises(ValidationError):
        email_change.request_change(without_address[0], new_email=blank, password=PASSWORD)
    assert not EmailLink.objects.exists()


@pytest.mark.parametrize("command", ["erase_person", "reset_otp"])
@pytest.mark.parametrize("blank", ["", " "])
def test_commands_find_nobody_by_a_blank_address(command: str, blank: str) -> None:
    with pytest.raises(CommandError):
        call_command(command, blank, stdout=StringIO(), stderr=StringIO())
    assert User.objects.filter(first_name="Ann", is_active=True).exists()


@pytest.mark.parametrize("blank", ["", " "])
def test_blank_address_registers_nobody(api: Api, blank: str) -> None:
    account = {"password": PASSWORD, "firstName": "Eva", "lastName": "E", "role": "PATIENT"}
    answer = root_value(api("Register", {"input": {**account, "email": blank}}))
    assert [message["field"] for message in answer["messages"]] == ["email"]


def test_two_people_without_an_address_are_two_people(without_address: list[User]) -> None:
    """The unique constraint must not count null as one address."""
    assert Patient.objects.filter(user__email=None).count() == 2
