"""Tests of replacing ``SECRET_KEY`` and ``JWT_SECRET`` while clients are signed in."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from tests.support.api_client import Api, sign_in
from tests.support.fixtures.people import PASSWORD
from users import password_reset
from users.authentication import access_tokens, refresh_tokens
from users.authentication.refresh_tokens import Session
from users.models import User

pytestmark = pytest.mark.django_db

ME = "{ me { firstName } }"
ANN = {"data": {"me": {"firstName": "Ann"}}}
Rotate = Callable[..., None]


@pytest.fixture
def rotate_keys(settings: Settings) -> Rotate:
    """Replace both keys; the old ones stay as fallbacks if ``keep`` is true."""

    def rotate(*, keep: bool) -> None:
        old_secret, old_jwt = settings.SECRET_KEY, settings.JWT_SECRET
        settings.SECRET_KEY, settings.JWT_SECRET = "s" * 50, "j" * 50
        settings.SECRET_KEY_FALLBACKS = [old_secret] if keep else []
        settings.JWT_SECRET_FALLBACKS = [old_jwt] if keep else []
        settings.GRAPHQL_JWT = {**settings.GRAPHQL_JWT, "JWT_SECRET_KEY": settings.JWT_SECRET}

    return rotate


@pytest.fixture
def session(ann: User) -> Session:
    """A session of Ann that began before the rotation."""
    return refresh_tokens.start(ann)


def code_of(answer: Any) -> str:
    code: str = answer["errors"][0]["extensions"]["code"]
    return code


def test_access_token_of_the_old_keys_is_accepted_with_fallbacks_only(
    api: Api, session: Session, rotate_keys: Rotate
) -> None:
    rotate_keys(keep=True)
    assert api(ME, token=session.access_token) == ANN
    rotate_keys(keep=False)
    assert code_of(api(ME, token=session.access_token)) == "TOKEN_INVALID"


def test_new_access_token_is_signed_with_the_new_keys(
    api: Api, session: Session, rotate_keys: Rotate, settings: Settings
) -> None:
    rotate_keys(keep=True)
    renewed = refresh_tokens.rotate(session.refresh_token)
    settings.SECRET_KEY_FALLBACKS = settings.JWT_SECRET_FALLBACKS = []
    assert api(ME, token=renewed.access_token) == ANN


def test_refresh_token_survives_a_rotation_without_fallbacks(
    session: Session, rotate_keys: Rotate
) -> None:
    """It is random and stored, so that clients which exchange it need not sign in again."""
    rotate_keys(keep=False)
    renewed = refresh_tokens.rotate(session.refresh_token)
    assert access_tokens.authenticate(renewed.access_token) == session.user


def test_rotation_of_a_refresh_token_can_be_repeated_across_the_change_of_keys(
    session: Session, rotate_keys: Rotate
) -> None:
    before = refresh_tokens.rotate(session.refresh_token)
    rotate_keys(keep=True)
    assert refresh_tokens.rotate(session.refresh_token).refresh_token == before.refresh_token


def test_reset_token_of_the_old_keys_is_accepted_with_fallbacks_only(
    api: Api, ann: User, rotate_keys: Rotate
) -> None:
    token = password_reset.make_token(ann)
    reset = {"input": {"token": token, "newPassword": "another horse entirely"}}
    rotate_keys(keep=False)
    assert api("ResetPassword", reset)["data"]["resetPassword"]["__typename"] == "OperationInfo"


def test_reset_token_of_the_old_keys_sets_a_password_with_fallbacks(
    api: Api, ann: User, rotate_keys: Rotate
) -> None:
    token = password_reset.make_token(ann)
    rotate_keys(keep=True)
    reset = {"input": {"token": token, "newPassword": "another horse entirely"}}
    api("ResetPassword", reset)
    assert "errors" not in sign_in(api, ann.email, "another horse entirely")


@pytest.mark.parametrize(("keep", "status"), [(True, 200), (False, 302)])
def test_admin_session_of_the_old_keys_is_kept_with_fallbacks_only(
    sam: User, rotate_keys: Rotate, *, keep: bool, status: int
) -> None:
    client = Client()
    client.post("/admin/login/", {"username": sam.email, "password": PASSWORD})
    rotate_keys(keep=keep)
    assert client.get("/admin/records/").status_code == status


@pytest.mark.parametrize(("keep", "status"), [(True, 200), (False, 404)])
def test_calendar_url_of_the_old_keys_is_kept_with_fallbacks_only(
    api: Api, ann: User, rotate_keys: Rotate, *, keep: bool, status: int
) -> None:
    url = api("{ me { calendarUrl } }", user=ann)["data"]["me"]["calendarUrl"]
    rotate_keys(keep=keep)
    assert Client().get(url).status_code == status
