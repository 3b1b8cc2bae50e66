"""Tests of access tokens: which are accepted, and which are rejected and why."""

import base64
import datetime as dt
import json
import uuid
from typing import Any

import jwt
import pytest
import time_machine
from django.contrib.auth.hashers import make_password
from graphql_jwt.utils import jwt_decode
from pytest_django import Settings

from tests.support.fixtures.people import PASSWORD
from users import accounts
from users.authentication import access_tokens, refresh_tokens
from users.errors import TokenErrorCode
from users.models import Role, User

pytestmark = pytest.mark.django_db


def error_code(token: str) -> TokenErrorCode:
    with pytest.raises(access_tokens.TokenError) as caught:
        access_tokens.authenticate(token)
    return caught.value.code


def encode(claims: dict[str, Any], settings: Settings) -> str:
    """Return a token with these claims, signed as the server signs."""
    return jwt.encode(claims, settings.JWT_SECRET, "HS256")


def test_authenticate_returns_user_until_token_expires_after_15_minutes(
    ann: User, session: refresh_tokens.Session, clock: time_machine.Traveller
) -> None:
    clock.shift(dt.timedelta(minutes=14, seconds=59))
    assert access_tokens.authenticate(session.access_token) == ann
    clock.shift(dt.timedelta(seconds=1))
    assert error_code(session.access_token) is TokenErrorCode.EXPIRED


def test_decode_returns_claims_that_later_calls_do_not_share(
    session: refresh_tokens.Session,
) -> None:
    claims = access_tokens.decode(session.access_token)
    expected = dict(claims)
    claims["sub"] = "0"
    assert access_tokens.decode(session.access_token) == expected


def test_issue_puts_no_personal_data_into_claims(
    ann: User, session: refresh_tokens.Session
) -> None:
    issued_at = 1772434800
    assert access_tokens.decode(session.access_token) == {
        "sub": str(ann.pk),
        "iat": issued_at,
        "exp": issued_at + 15 * 60,
        "jti": session.payload["jti"],
        "typ": "access",
        "ver": ann.get_session_auth_hash()[:16],
        "sid": session.payload["sid"],
    }


def test_authenticate_makes_one_query(
    session: refresh_tokens.Session, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        access_tokens.authenticate(session.access_token)


@pytest.mark.parametrize("claim", access_tokens.REQUIRED_CLAIMS)
def test_decode_rejects_token_without_a_required_claim(
    claim: str, session: refresh_tokens.Session, settings: Settings
) -> None:
    claims = dict(session.payload)
    assert access_tokens.authenticate(encode(claims, settings)) == session.user
    del claims[claim]
    assert error_code(encode(claims, settings)) is TokenErrorCode.INVALID


def test_decoder_of_django_graphql_jwt_accepts_token_without_exp(
    session: refresh_tokens.Session, settings: Settings
) -> None:
    claims = {name: value for name, value in session.payload.items() if name != "exp"}
    assert jwt_decode(encode(claims, settings)) == claims


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("typ", "refresh"),
        ("typ", None),
        ("ver", "0" * 16),
        ("sub", "999999"),
        ("sid", uuid.UUID(int=0).hex),
    ],
)
def test_authenticate_rejects_claims_of_another_type_or_user_or_session(
    claim: str, value: str | None, session: refresh_tokens.Session, settings: Settings
) -> None:
    claims = {**session.payload, claim: value}
    assert error_code(encode(claims, settings)) is TokenErrorCode.INVALID


def test_user_for_claims_rejects_session_of_another_user(
    ann: User, session: refresh_tokens.Session, settings: Settings
) -> None:
    other = accounts.register(
        email="ben@example.org",
        password=PASSWORD,
        first_name="Ben",
        last_name="Example",
        role=Role.PATIENT,
    )
    version = access_tokens.password_version(other)
    claims = {**session.payload, "sub": str(other.pk), "ver": version}
    assert error_code(encode(claims, settings)) is TokenErrorCode.INVALID


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_decode_rejects_token_signed_with_another_algorithm(
    algorithm: str, session: refresh_tokens.Session, settings: Settings
) -> None:
    token = jwt.encode(session.payload, settings.JWT_SECRET, algorithm)
    assert error_code(token) is TokenErrorCode.INVALID


@pytest.mark.parametrize("algorithm", ["none", "None", "RS256", "ES256"])
def test_decode_rejects_token_that_names_another_algorithm(
    algorithm: str, session: refresh_tokens.Session
) -> None:
    _, body, signature = session.access_token.split(".")
    header = json.dumps({"alg": algorithm, "typ": "JWT"}).encode()
    forged = base64.urlsafe_b64encode(header).rstrip(b"=").decode()
    assert error_code(f"{forged}.{body}.") is TokenErrorCode.INVALID
    assert error_code(f"{forged}.{body}.{signature}") is TokenErrorCode.INVALID


@pytest.mark.parametrize("key", ["SECRET_KEY", "the key of another installation, long enough"])
def test_decode_rejects_token_signed_with_another_key(
    key: str, session: refresh_tokens.Session, settings: Settings
) -> None:
    token = jwt.encode(session.payload, getattr(settings, key, key), "HS256")
    assert error_code(token) is TokenErrorCode.INVALID


def test_decode_rejects_token_with_changed_claims(
    session: refresh_tokens.Session, settings: Settings
) -> None:
    header, _, signature = session.access_token.split(".")
    longer = {**session.payload, "exp": session.payload["exp"] + 3600}
    other = encode(longer, settings).split(".")[1]
    assert error_code(f"{header}.{other}.{signature}") is TokenErrorCode.INVALID


@pytest.mark.parametrize("token", ["", "null", "a.b.c", "ä.ö.ü", "\ud800", "." * 9, "x" * 9000])
def test_decode_rejects_text_that_is_no_token(token: str) -> None:
    assert error_code(token) is TokenErrorCode.INVALID


def test_decode_rejects_refresh_token(session: refresh_tokens.Session) -> None:
    assert error_code(session.refresh_token) is TokenErrorCode.INVALID


def test_authenticate_rejects_token_after_password_change(
    ann: User, session: refresh_tokens.Session
) -> None:
    User.objects.filter(pk=ann.pk).update(password=make_password("another long secret"))
    assert error_code(session.access_token) is TokenErrorCode.INVALID


def test_authenticate_rejects_token_of_user_deactivated_and_reactivated(
    ann: User, session: refresh_tokens.Session
) -> None:
    for is_active in (False, True):
        ann.is_active = is_active
        ann.save()
        assert error_code(session.access_token) is TokenErrorCode.INVALID


def test_authenticate_rejects_token_of_deleted_user(
    ann: User, session: refresh_tokens.Session
) -> None:
    ann.delete()
    assert error_code(session.access_token) is TokenErrorCode.INVALID


def test_authenticate_never_accepts_token_for_new_owner_of_email(
    ann: User, session: refresh_tokens.Session
) -> None:
    ann.email = "moved@example.org"
    ann.save()
    new_owner = accounts.register(
        email="ann@example.org",
        password=PASSWORD,
        first_name="Annie",
        last_name="Example",
        role=Role.PATIENT,
    )
    assert access_tokens.authenticate(session.access_token) == ann
    ann.delete()
    assert error_code(session.access_token) is TokenErrorCode.INVALID
    assert (
        access_tokens.authenticate(accounts.sign_in(new_owner.email, PASSWORD).access_token)
        == new_owner
    )


def test_revoke_ends_access_of_that_session_only(
    ann: User, session: refresh_tokens.Session
) -> None:
    elsewhere = accounts.sign_in(ann.email, PASSWORD)
    refresh_tokens.revoke(session.refresh_token)
    assert error_code(session.access_token) is TokenErrorCode.INVALID
    assert access_tokens.authenticate(elsewhere.access_token) == ann
