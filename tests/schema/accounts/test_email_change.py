"""Change of the email address: `requestEmailChange`, `verifyEmail`, and stopping it."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.test import Client

from clinic.models import Patient
from tests.schema.accounts.test_email_verification import BAD_LINK, verify
from tests.support.api_client import Api, sign_in
from tests.support.email_links import send_emails, token_in
from tests.support.fixtures.people import NEW_PASSWORD, PASSWORD, make_user
from tests.support.fixtures.smtp_server import MailServer
from tests.support.global_ids import id_of
from tests.support.graphql_responses import error_code, root_value, validation_info
from users.authentication import refresh_tokens
from users.models import User

pytestmark = pytest.mark.django_db

OLD, NEW, OTHER = "ann@example.org", "new@example.org", "other@example.org"
CONFIRM = "Confirm your new email address: CyberMed"
STOP = "Your email address is to be changed: CyberMed"
CHANGED = "The email address of your account was changed: CyberMed"


def request(api: Api, user: User, address: str = NEW, password: str = PASSWORD) -> Any:
    sent = {"newEmail": address, "password": password}
    return root_value(api("RequestEmailChange", {"input": sent}, user=user))


def tokens(server: MailServer) -> tuple[str, str]:
    """Return the tokens that change the address to the new one and stop that."""
    [(confirm, change), (stop, undo)] = send_emails(server, NEW, OLD)
    assert (confirm, stop) == (CONFIRM, STOP)
    return token_in(change), token_in(undo)


def stop(token: str) -> str:
    """Stop the change on this server's page; return where it leads, "" if nowhere."""
    response = Client().post(f"/account/stop-email-change/{token}")
    return response.headers.get("Location", "")


def address_of(user: User) -> str | None:
    user.refresh_from_db()
    return user.email


def test_request_email_change_emails_both_addresses_and_the_new_one_confirms(
    api: Api, ann: Patient, mail_server: MailServer
) -> None:
    user = ann.user
    assert request(api, user) == {"__typename": "User", "id": id_of(user), "email": OLD}
    change, _undo = tokens(mail_server)
    assert address_of(user) == OLD
    changed = {"__typename": "User", "id": id_of(user), "email": NEW, "emailVerified": True}
    assert verify(api, change) == changed
    assert verify(api, change) == BAD_LINK
    assert [subject for subject, _ in send_emails(mail_server, OLD)] == [CHANGED]
    assert "errors" not in sign_in(api, NEW, PASSWORD)
    assert error_code(sign_in(api, OLD, PASSWORD)) == "INVALID_CREDENTIALS"


def test_request_email_change_rejects_wrong_password_and_invalid_addresses(
    api: Api, ann: Patient, mail_server: MailServer
) -> None:
    user = ann.user
    assert request(api, user, password="wrong") == validation_info(
        ("password", "invalid", "The password is incorrect.")
    )
    assert request(api, user, OLD.upper()) == validation_info(
        ("newEmail", "invalid", "This is the address of your account already.")
    )
    assert request(api, user, "nowhere") == validation_info(
        ("newEmail", "invalid", "Enter a valid email address.")
    )
    for blank in ("", "  "):
        assert request(api, user, blank) == validation_info(
            ("newEmail", "required", "This field is required.")
        )
    assert send_emails(mail_server, OLD, NEW) == []


def test_request_email_change_answers_a_taken_address_like_a_free_one(
    api: Api, ann: Patient, mail_server: MailServer
) -> None:
    make_user("Other")
    free, taken = request(api, ann.user), request(api, ann.user, OTHER)
    assert free == taken
    in_use = ("Your email address is in use already: CyberMed", "")
    [first, (last, undo)] = send_emails(mail_server, OTHER, OLD)
    assert (first, last) == (in_use, STOP)
    assert stop(token_in(undo)) != ""


def test_request_email_change_replaces_the_older_one(
    api: Api, ann: Patient, mail_server: MailServer
) -> None:
    request(api, ann.user)
    change, _undo = tokens(mail_server)
    request(api, ann.user, OTHER)
    assert verify(api, change) == BAD_LINK
    [(_subject, path)] = send_emails(mail_server, OTHER)
    assert verify(api, token_in(path))["email"] == OTHER


def test_request_email_change_is_limited_per_account_and_per_address(
    api: Api, ann: Patient, mail_server: MailServer
) -> None:
    for number in range(5):
        assert request(api, ann.user, f"new{number}@example.org")["__typename"] == "User"
    sent = {"input": {"newEmail": NEW, "password": PASSWORD}}
    assert error_code(api("RequestEmailChange", sent, user=ann.user)) == "RATE_LIMITED"
    others = [make_user(name) for name in ("Bea", "Cem", "Dan", "Ela", "Fay")]
    codes = [api("RequestEmailChange", sent, user=user) for user in others]
    assert ["errors" in answer for answer in codes] == [False] * 4 + [True]


def test_old_address_stops_a_change_that_is_not_confirmed(
    api: Api, ann: Patient, mail_server: MailServer
) -> None:
    session = refresh_tokens.start(ann.user)
    request(api, ann.user)
    change, undo = tokens(mail_server)
    assert stop(undo).startswith("http://testserver/account/reset-password/")
    assert verify(api, change) == BAD_LINK
    assert error_code(api("{ me { id } }", token=session.access_token)) == "TOKEN_INVALID"
    assert error_code(sign_in(api, OLD, PASSWORD)) == "INVALID_CREDENTIALS"
    assert stop(undo) == ""


def test_old_address_undoes_a_change_for_a_day(
    api: Api, ann: Patient, mail_server: MailServer, clock: time_machine.Traveller
) -> None:
    calendar_key = ann.user.calendar_key
    request(api, ann.user)
    change, undo = tokens(mail_server)
    clock.shift(dt.timedelta(hours=23))
    verify(api, change)
    refresh_tokens.start(User.objects.get(pk=ann.user_id))
    clock.shift(dt.timedelta(hours=23))
    page = stop(undo)
    user = User.objects.get(pk=ann.user_id)
    assert (user.email, user.has_verified_email) == (OLD, True)
    assert user.calendar_key != calendar_key
    assert not user.refresh_tokens.live().exists()
    passwords = {"new_password": NEW_PASSWORD, "repeated": NEW_PASSWORD}
    assert Client().post(page, passwords).status_code == 200
    assert "errors" not in sign_in(api, OLD, NEW_PASSWORD)


def test_old_address_cannot_undo_a_change_after_a_day(
    api: Api, ann: Patient, mail_server: MailServer, clock: time_machine.Traveller
) -> None:
    request(api, ann.user)
    change, undo = tokens(mail_server)
    verify(api, change)
    clock.shift(dt.timedelta(hours=24))
    assert stop(undo) == ""
    assert address_of(ann.user) == NEW


def test_owner_undoes_two_changes_in_a_row(api: Api, ann: Patient, mail_server: MailServer) -> None:
    """An attacker who changes the address again does not take the first link from the owner."""
    request(api, ann.user)
    change, undo = tokens(mail_server)
    verify(api, change)
    request(api, User.objects.get(pk=ann.user_id), OTHER)
    [(_subject, path), (_stop, second)] = [
        email for email in send_emails(mail_server, OTHER, NEW) if email[1]
    ]
    verify(api, token_in(path))
    assert address_of(ann.user) == OTHER
    assert stop(undo) != ""
    assert address_of(ann.user) == OLD
    assert stop(token_in(second)) == ""


def test_owner_undoes_a_change_after_somebody_registered_the_old_address(
    api: Api, ann: Patient, mail_server: MailServer
) -> None:
    request(api, ann.user)
    change, undo = tokens(mail_server)
    verify(api, change)
    squatter = make_user("Mallory")
    User.objects.filter(pk=squatter.pk).update(email=OLD, email_verified_at=None)
    assert stop(undo) != ""
    assert (address_of(ann.user), address_of(squatter)) == (OLD, None)


def test_new_password_ends_a_change_that_is_not_confirmed(
    api: Api, ann: Patient, mail_server: MailServer
) -> None:
    request(api, ann.user)
    change, _undo = tokens(mail_server)
    passwords = {"oldPassword": PASSWORD, "newPassword": NEW_PASSWORD}
    api("ChangePassword", {"input": passwords}, user=ann.user)
    assert verify(api, change) == BAD_LINK


def test_address_taken_after_the_request_is_not_taken_away_from_its_owner(
    api: Api, ann: Patient, mail_server: MailServer
) -> None:
    request(api, ann.user)
    change, _undo = tokens(mail_server)
    make_user("New")
    assert verify(api, change) == BAD_LINK
    assert address_of(ann.user) == OLD


def test_unverified_old_address_gets_no_link(
    api: Api, ann: Patient, mail_server: MailServer
) -> None:
    """Nobody has shown that it is the account's: it can be a stranger's, by a typing error."""
    User.objects.update(email_verified_at=None)
    request(api, ann.user)
    [(subject, _path)] = send_emails(mail_server, OLD, NEW)
    assert subject == CONFIRM
