"""Attack: Mallory registers with Ann's email address before Ann does.

Ann proves the address by a reset or an invitation. Nothing of what Mallory set up works then.
"""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from clinic.models import Patient
from tests.support.api_client import Api, sign_in
from tests.support.email_links import send_emails, token_in
from tests.support.fixtures.people import EVA, NEW_PASSWORD, PASSWORD, make_patient, make_user
from tests.support.fixtures.smtp_server import MailServer
from tests.support.graphql_responses import error_code, root_value
from tests.support.one_time_codes import devices_of, enrol
from users import email_change, invitations
from users.authentication import refresh_tokens
from users.models import User

pytestmark = pytest.mark.django_db

ADDRESS = "ann@example.net"


@pytest.fixture(autouse=True)
def _required(settings: Settings) -> None:
    settings.EMAIL_VERIFICATION_REQUIRED = True


class Squatter:
    """Mallory's account under Ann's address, with everything that gives access to it."""

    def __init__(self, api: Api, server: MailServer) -> None:
        api("Register", {"input": {**EVA, "email": ADDRESS}})
        self.user = User.objects.get(email=ADDRESS)
        self.session = refresh_tokens.start(self.user)
        self.calendar: str = api("{ me { calendarUrl } }", user=self.user)["data"]["me"][
            "calendarUrl"
        ]
        enrol(self.user)
        email_change.request_change(self.user, new_email="mallory@example.net", password=PASSWORD)
        [(_subject, path)] = send_emails(server, "mallory@example.net")
        self.change = token_in(path)

    def access(self, api: Api) -> list[object]:
        """Return what still works: sign-in, session, refresh, calendar, change of the address."""
        session = self.session
        refreshed = api("RefreshToken", {"refreshToken": session.refresh_token})
        return [
            error_code(sign_in(api, ADDRESS, PASSWORD)),
            "errors" not in api("{ me { id } }", token=session.access_token),
            refreshed.get("data") is not None,
            api.client.get(self.calendar).status_code,
            root_value(api("VerifyEmail", {"token": self.change}))["__typename"],
        ]


NOTHING = ["INVALID_CREDENTIALS", False, False, 404, "OperationInfo"]


@pytest.fixture
def squatter(api: Api, mail_server: MailServer) -> Squatter:
    return Squatter(api, mail_server)


def reset(api: Api, server: MailServer) -> Any:
    api("RequestPasswordReset", {"email": ADDRESS})
    return use(api, server)


def accept_invitation(api: Api, server: MailServer) -> Any:
    ann = make_patient("Ann")
    User.objects.filter(pk=ann.user_id).update(email=None, password="!")
    staff = make_user("Sam", is_staff=True, is_superuser=True)
    ann.user.refresh_from_db()
    invitations.invite(ann.user, ADDRESS, invited_by=staff)
    return use(api, server)


def use(api: Api, server: MailServer) -> Any:
    [(_subject, path)] = send_emails(server, ADDRESS)
    sent = {"token": token_in(path), "newPassword": NEW_PASSWORD}
    return root_value(api("ResetPassword", {"input": sent}))


def test_squatter_has_access_before_the_owner_comes(api: Api, squatter: Squatter) -> None:
    """Negative control. The second factor protects Mallory's account."""
    assert squatter.access(api) == ["OTP_REQUIRED", True, True, 200, "User"]


@pytest.mark.parametrize("prove", [reset, accept_invitation])
def test_owner_who_proves_the_address_ends_all_access_of_the_squatter(
    api: Api,
    squatter: Squatter,
    mail_server: MailServer,
    prove: Callable[[Api, MailServer], Any],
) -> None:
    assert prove(api, mail_server)["__typename"] == "User"
    assert squatter.access(api) == NOTHING
    assert devices_of(squatter.user) == 0
    assert "errors" not in sign_in(api, ADDRESS, NEW_PASSWORD)
    owner = User.objects.get(email=ADDRESS)
    assert owner.has_verified_email
    assert (owner == squatter.user) is (prove is reset)


def test_reset_keeps_the_second_factor_of_a_verified_account(
    api: Api, ann: Patient, mail_server: MailServer
) -> None:
    """Otherwise anyone who reads the emails could sign in without the second factor."""
    enrol(ann.user)
    api("RequestPasswordReset", {"email": ann.user.email})
    emails = send_emails(mail_server, ann.user.email)
    [path] = [path for _subject, path in emails if path]
    sent = {"token": token_in(path), "newPassword": NEW_PASSWORD}
    assert root_value(api("ResetPassword", {"input": sent}))["__typename"] == "User"
    assert devices_of(ann.user) == 1
    assert error_code(sign_in(api, ann.user.email, NEW_PASSWORD)) == "OTP_REQUIRED"
