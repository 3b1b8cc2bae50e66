"""The `changePassword`, `requestPasswordReset` and `resetPassword` mutations."""

from typing import Any

import pytest
from django.core import mail
from django_tasks_db.models import DBTaskResult

from tests.support.api_client import Api, sign_in
from tests.support.fixtures.people import NEW_PASSWORD, PASSWORD, make_user
from tests.support.graphql_responses import root_value, validation_info
from tests.support.task_worker import run_due_tasks
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    """A patient without a profile."""
    return make_user("Ann", is_patient=True)


@pytest.fixture
def token(api: Api, ann: User) -> str:
    """Ann's access token, from `tokenAuth`."""
    access_token: str = sign_in(api, ann.email, PASSWORD)["data"]["tokenAuth"]["token"]
    return access_token


def test_change_password_revokes_all_sessions(api: Api, ann: User, token: str) -> None:
    elsewhere = sign_in(api, ann.email, PASSWORD)["data"]["tokenAuth"]
    sent = {"oldPassword": PASSWORD, "newPassword": NEW_PASSWORD}
    answer = root_value(api("ChangePassword", {"input": sent}, token=token))
    assert answer == {"__typename": "User", "id": elsewhere["user"]["id"]}
    for revoked in (token, elsewhere["token"]):
        [error] = api("{ me { id } }", token=revoked)["errors"]
        assert error["extensions"] == {"code": "TOKEN_INVALID"}
    [error] = api("RefreshToken", {"refreshToken": elsewhere["refreshToken"]})["errors"]
    assert error["extensions"] == {"code": "TOKEN_INVALID"}
    assert "errors" in sign_in(api, ann.email, PASSWORD)
    assert "errors" not in sign_in(api, ann.email, NEW_PASSWORD)


def test_change_password_validates_old_and_new_password(api: Api, token: str) -> None:
    wrong = {"oldPassword": "a wrong password", "newPassword": NEW_PASSWORD}
    assert root_value(api("ChangePassword", {"input": wrong}, token=token)) == validation_info(
        ("oldPassword", "invalid", "The current password is incorrect.")
    )
    weak = {"oldPassword": PASSWORD, "newPassword": "12345678"}
    answer = root_value(api("ChangePassword", {"input": weak}, token=token))
    assert [(m["field"], m["code"]) for m in answer["messages"]] == [
        ("newPassword", "password_too_common"),
        ("newPassword", "password_entirely_numeric"),
    ]
    assert "errors" not in api("{ me { id } }", token=token)


def reset_token(api: Api, email: str) -> str:
    """Request a password reset and return the token from the email."""
    assert api("RequestPasswordReset", {"email": email}) == {"data": {"requestPasswordReset": True}}
    run_due_tasks()
    [email_] = mail.outbox
    mail.outbox.clear()
    assert email_.to == [email.strip().lower()]
    assert "within 60 minutes" in email_.body
    [line] = [line for line in email_.body.splitlines() if "." in line and " " not in line]
    return line


def reset(api: Api, token: str, password: str = NEW_PASSWORD) -> Any:
    return root_value(api("ResetPassword", {"input": {"token": token, "newPassword": password}}))


BAD_TOKEN = validation_info(("token", "invalid", "This reset link is invalid or has expired."))


def test_reset_password_works_once_and_revokes_all_sessions(
    api: Api, ann: User, token: str
) -> None:
    secret = reset_token(api, " Ann@Example.org")
    answer = reset(api, secret)
    assert answer == {"__typename": "User", "id": answer["id"]}
    assert reset(api, secret) == BAD_TOKEN
    [error] = api("{ me { id } }", token=token)["errors"]
    assert error["extensions"] == {"code": "TOKEN_INVALID"}
    assert "errors" not in sign_in(api, ann.email, NEW_PASSWORD)


def test_reset_password_keeps_token_valid_after_rejected_password(api: Api, ann: User) -> None:
    secret = reset_token(api, ann.email)
    answer = reset(api, secret, "123")
    assert {m["field"] for m in answer["messages"]} == {"newPassword"}
    assert reset(api, secret)["__typename"] == "User"


def test_reset_password_rejects_token_after_one_hour(api: Api, ann: User, clock: Any) -> None:
    secret = reset_token(api, ann.email)
    clock.shift(3601)
    assert reset(api, secret) == BAD_TOKEN


def test_reset_password_rejects_token_after_sign_in_or_deactivation(api: Api, ann: User) -> None:
    secret = reset_token(api, ann.email)
    sign_in(api, ann.email, PASSWORD)
    assert reset(api, secret) == BAD_TOKEN
    secret = reset_token(api, ann.email)
    User.objects.filter(pk=ann.pk).update(is_active=False)
    assert reset(api, secret) == BAD_TOKEN


@pytest.mark.parametrize(
    "secret",
    [
        "",
        ".",
        "x.y",
        "MQ.c0ffee-abc",
        "MQ",
        "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5.x",
        "\u00b2.x",
        "9" * 99,
    ],
)
def test_reset_password_rejects_forged_token(api: Api, ann: User, secret: str) -> None:
    assert reset(api, secret) == BAD_TOKEN


def test_reset_password_rejects_token_of_another_account(api: Api, ann: User) -> None:
    ben = make_user("Ben")
    _, _, secret = reset_token(api, ann.email).partition(".")
    bens_id, _, _ = reset_token(api, ben.email).partition(".")
    assert reset(api, f"{bens_id}.{secret}") == BAD_TOKEN


def test_request_password_reset_does_not_reveal_accounts(
    api: Api, ann: User, django_assert_num_queries: Any
) -> None:
    User.objects.filter(pk=make_user("Off").pk).update(is_active=False)
    sso = make_user("Sso")
    sso.set_unusable_password()
    sso.save()
    for email in ("nobody@example.org", "off@example.org", "sso@example.org", "not an address", ""):
        with django_assert_num_queries(2):
            answer = api("RequestPasswordReset", {"email": email})
        assert answer == {"data": {"requestPasswordReset": True}}
    run_due_tasks()
    assert mail.outbox == []


def test_request_password_reset_enqueues_email_task_without_token(api: Api, ann: User) -> None:
    answer = api("RequestPasswordReset", {"email": ann.email})
    assert answer == {"data": {"requestPasswordReset": True}}
    assert mail.outbox == []
    waiting = DBTaskResult.objects.get()
    assert (waiting.task_name, waiting.args_kwargs) == (
        "send_token",
        {"args": [ann.pk], "kwargs": {}},
    )
    run_due_tasks()
    assert [message.to for message in mail.outbox] == [["ann@example.org"]]
