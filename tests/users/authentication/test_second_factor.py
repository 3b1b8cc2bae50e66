"""Tests of the second factor in the API: set-up, sign-in, recovery codes and reset."""

import datetime as dt
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django_otp.plugins.otp_static.models import StaticToken
from pytest_django import Settings
from time_machine import Traveller

from clinic.models import AccessRecord
from tests.support.api_client import Api, GraphQLResult
from tests.support.emails import mailbox
from tests.support.fixtures.people import NEW_PASSWORD, PASSWORD, make_user
from tests.support.fixtures.smtp_server import MailServer
from tests.support.graphql_responses import error_code, root_value
from tests.support.one_time_codes import code_of, devices_of, enrol
from tests.support.task_worker import run_due_tasks
from users import accounts, password_reset
from users.models import User

pytestmark = pytest.mark.django_db

SIGN_IN = """
mutation ($email: String!, $password: String!, $otp: String) {
  tokenAuth(email: $email, password: $password, otp: $otp) { user { otpEnabled } }
}
"""
START = """
mutation ($password: String!) {
  startOtpEnrolment(password: $password) {
    __typename
    ... on OtpEnrolment { secret uri }
    ... on OperationInfo { messages { kind field code message } }
  }
}
"""
CONFIRM = """
mutation ($code: String!) {
  confirmOtpEnrolment(code: $code) {
    __typename
    ... on OtpRecoveryCodes { codes }
    ... on OperationInfo { messages { kind field code message } }
  }
}
"""
DISABLE = """
mutation ($password: String!, $code: String!) {
  disableOtp(password: $password, code: $code) {
    __typename
    ... on User { otpEnabled }
    ... on OperationInfo { messages { kind field code message } }
  }
}
"""
SIGNED_IN = {"tokenAuth": {"user": {"otpEnabled": True}}}


@pytest.fixture
def ann() -> User:
    """A patient without a profile."""
    return make_user("Ann", is_patient=True)


def sign_in(
    api: Api, user: User, otp: str | None = None, password: str = PASSWORD
) -> GraphQLResult:
    return api(SIGN_IN, {"email": user.email, "password": password, "otp": otp})


def code(answer: GraphQLResult) -> str:
    return error_code(answer) if "errors" in answer else "signed in"


def invalid(field: str | None, message: str) -> dict[str, Any]:
    messages = [{"kind": "VALIDATION", "field": field, "code": "invalid", "message": message}]
    return {"__typename": "OperationInfo", "messages": messages}


def test_enrolment_enables_the_second_factor_with_a_code_of_the_app(api: Api, ann: User) -> None:
    assert api("{ me { otpEnabled } }", user=ann) == {"data": {"me": {"otpEnabled": False}}}
    started = root_value(api(START, {"password": PASSWORD}, user=ann))
    secret = started["secret"]
    assert started == {
        "__typename": "OtpEnrolment",
        "secret": secret,
        "uri": "otpauth://totp/CyberMed%3Aann%40example.org"
        f"?secret={secret}&algorithm=SHA1&digits=6&period=30&issuer=CyberMed",
    }
    # Not in effect yet: the app may have failed to scan the secret.
    assert code(sign_in(api, ann)) == "signed in"
    confirmed = root_value(api(CONFIRM, {"code": code_of(secret)}, user=ann))
    assert confirmed["__typename"] == "OtpRecoveryCodes"
    assert len(set(confirmed["codes"])) == 10
    assert api("{ me { otpEnabled } }", user=ann) == {"data": {"me": {"otpEnabled": True}}}


def test_enrolment_needs_the_password_and_a_right_code(api: Api, ann: User) -> None:
    assert root_value(api(START, {"password": "wrong"}, user=ann)) == invalid(
        "password", "The password is incorrect."
    )
    wrong = invalid("code", "The code is wrong. Enter the code that the app shows now.")
    assert root_value(api(CONFIRM, {"code": "000000"}, user=ann)) == wrong
    secret = root_value(api(START, {"password": PASSWORD}, user=ann))["secret"]
    assert root_value(api(CONFIRM, {"code": code_of(secret, steps=9)}, user=ann)) == wrong
    assert code(sign_in(api, ann)) == "signed in"


def test_enrolment_cannot_replace_a_second_factor(api: Api, ann: User) -> None:
    enrol(ann)
    assert root_value(api(START, {"password": PASSWORD}, user=ann)) == invalid(
        None, "Your account has a second factor. Disable it first."
    )


def test_token_auth_needs_a_code_after_the_right_password_only(api: Api, ann: User) -> None:
    secret, _ = enrol(ann)
    assert sign_in(api, ann) == {
        "data": None,
        "errors": [
            {
                "message": "Enter the code of your authenticator app, or a recovery code.",
                "locations": [{"line": 3, "column": 3}],
                "path": ["tokenAuth"],
                "extensions": {"code": "OTP_REQUIRED"},
            }
        ],
    }
    assert code(sign_in(api, ann, "000000")) == "OTP_INVALID"
    assert code(sign_in(api, ann, code_of(secret, steps=1), "wrong")) == "INVALID_CREDENTIALS"
    assert sign_in(api, ann, code_of(secret, steps=1))["data"] == SIGNED_IN


def test_token_auth_accepts_each_code_once(api: Api, ann: User, clock: Traveller) -> None:
    secret, _ = enrol(ann)
    # The code of the enrolment itself is used up as well.
    assert code(sign_in(api, ann, code_of(secret))) == "OTP_INVALID"
    clock.shift(dt.timedelta(seconds=30))
    current = code_of(secret)
    assert [code(sign_in(api, ann, current)) for _ in range(2)] == ["signed in", "OTP_INVALID"]
    clock.shift(dt.timedelta(seconds=30))
    spaced = f" {code_of(secret)[:3]} {code_of(secret)[3:]} "
    assert code(sign_in(api, ann, spaced)) == "signed in"


def test_token_auth_accepts_each_recovery_code_once(api: Api, ann: User) -> None:
    _, recovery_codes = enrol(ann)
    first, second, *_ = recovery_codes
    answers = [code(sign_in(api, ann, typed)) for typed in (first, first, second.upper())]
    assert answers == ["signed in", "OTP_INVALID", "signed in"]


def test_recovery_codes_are_stored_as_hashes(ann: User) -> None:
    _, recovery_codes = enrol(ann)
    stored = set(StaticToken.objects.values_list("token", flat=True))
    assert len(stored) == 10
    assert stored.isdisjoint(each.replace("-", "")[:16] for each in recovery_codes)


def test_wrong_codes_count_as_failures_of_the_account(api: Api, ann: User) -> None:
    secret, _ = enrol(ann)
    answers = [code(sign_in(api, ann, "000000")) for _ in range(6)]
    assert answers == ["OTP_INVALID"] * 5 + ["RATE_LIMITED"]
    assert code(sign_in(api, ann, code_of(secret, steps=1))) == "RATE_LIMITED"


def test_right_password_alone_does_not_reset_failures(api: Api, ann: User) -> None:
    enrol(ann)
    answers = [code(sign_in(api, ann)) for _ in range(6)]
    assert answers == ["OTP_REQUIRED"] * 5 + ["RATE_LIMITED"]


def test_codes_are_limited_for_each_account_across_clients(ann: User) -> None:
    """Otherwise anyone who knows the password could try many codes from many addresses."""
    secret, _ = enrol(ann)  # counts as the first code
    variables = {"email": ann.email, "password": PASSWORD}
    codes = []
    for number in range(20):
        address, otp = f"192.0.2.{number}", code_of(secret, steps=1) if number == 19 else "000000"
        body = {"query": SIGN_IN, "variables": {**variables, "otp": otp}}
        response = Client(REMOTE_ADDR=address).post("/graphql/", body, "application/json")
        codes.append(code(response.json()))
    assert codes == ["OTP_INVALID"] * 19 + ["RATE_LIMITED"]


def test_code_is_ignored_without_a_second_factor(api: Api, ann: User) -> None:
    assert sign_in(api, ann, "000000")["data"] == {"tokenAuth": {"user": {"otpEnabled": False}}}


def test_staff_without_a_second_factor_set_it_up_first(
    api: Api, sam: User, settings: Settings
) -> None:
    settings.STAFF_OTP_REQUIRED = True
    answer = sign_in(api, sam)
    assert code(answer) == "OTP_REQUIRED"
    assert answer["errors"][0]["message"] == (
        "Staff sign in with a second factor. Set it up in the admin first."
    )
    secret, _ = enrol(sam)
    assert sign_in(api, sam, code_of(secret, steps=1))["data"] == SIGNED_IN


def test_disable_otp_needs_password_and_code(api: Api, ann: User) -> None:
    secret, _ = enrol(ann)
    current = code_of(secret, steps=1)
    attempts = [("wrong", current), (PASSWORD, "000000"), (PASSWORD, current)]
    answers = [
        root_value(api(DISABLE, {"password": password, "code": typed}, user=ann))
        for password, typed in attempts
    ]
    assert answers == [
        invalid("password", "The password is incorrect."),
        invalid("code", "The code is wrong or was used before. Enter the next one."),
        {"__typename": "User", "otpEnabled": False},
    ]
    assert code(sign_in(api, ann)) == "signed in"


def test_new_password_does_not_disable_the_second_factor(api: Api, ann: User) -> None:
    """Otherwise anyone who reads the owner's emails could sign in by a reset."""
    secret, _ = enrol(ann)
    accounts.change_password(ann, old_password=PASSWORD, new_password=NEW_PASSWORD)
    assert code(sign_in(api, ann, password=NEW_PASSWORD)) == "OTP_REQUIRED"
    password_reset.reset(token=password_reset.make_token(ann), new_password=PASSWORD)
    assert code(sign_in(api, ann)) == "OTP_REQUIRED"
    assert sign_in(api, ann, code_of(secret, steps=1))["data"] == SIGNED_IN


def test_disable_otp_is_rejected_for_staff_who_need_it(
    api: Api, sam: User, settings: Settings
) -> None:
    secret, _ = enrol(sam)
    settings.STAFF_OTP_REQUIRED = True
    sent = {"password": PASSWORD, "code": code_of(secret, steps=1)}
    assert root_value(api(DISABLE, sent, user=sam)) == invalid(
        None, "Staff sign in with a second factor. It cannot be disabled."
    )


def test_reset_otp_command_removes_it_with_an_entry_and_an_email(
    api: Api, sam: User, mail_server: MailServer
) -> None:
    enrol(sam)
    run_due_tasks()
    mail_server.received.clear()
    report = StringIO()
    call_command("reset_otp", "sam@example.org", "--dry-run", stdout=report)
    assert report.getvalue() == f"Would remove the second factor of account {sam.pk}.\n"
    assert (devices_of(sam), AccessRecord.objects.count()) == (1, 0)
    call_command("reset_otp", " SAM@example.org", stdout=StringIO())
    run_due_tasks()
    assert (devices_of(sam), code(sign_in(api, sam))) == (0, "signed in")
    [record] = AccessRecord.objects.all()
    assert (record.operation, record.actor, record.fields) == (
        "reset_otp",
        sam,
        ["User.otpEnabled"],
    )
    assert [message["Subject"] for message in mailbox(mail_server, sam.email)] == [
        "The second factor of your account was changed: CyberMed"
    ]
    with pytest.raises(CommandError, match="no second factor"):
        call_command("reset_otp", sam.email)
    with pytest.raises(CommandError, match="no account"):
        call_command("reset_otp", "nobody@example.org")
