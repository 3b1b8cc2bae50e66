"""Access tokens: what makes one good, and everything that does not."""

import base64
import datetime as dt
import json
import uuid
from typing import Any

import jwt
import pytest
import time_machine
from django.contrib.auth.hashers import make_password
from pytest_django import Settings

from tests.support.fixtures.people import PASSWORD
from users import accounts
from users.authentication import access_tokens, refresh_tokens
from users.errors import TokenErrorCode
from users.models import Role, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return accounts.register(
        email="ann@example.org",
        password=PASSWORD,
        first_name="Ann",
        last_name="Example",
        role=Role.PATIENT,
    )


@pytest.fixture
def sign_in(ann: User) -> refresh_tokens.Session:
    return accounts.sign_in(ann.email, PASSWORD)


def refusal(token: str) -> TokenErrorCode:
    with pytest.raises(access_tokens.TokenError) as caught:
        access_tokens.authenticate(token)
    return caught.value.code


def signed(claims: dict[str, Any], settings: Settings) -> str:
    return jwt.encode(claims, settings.JWT_SECRET, "HS256")


def test_a_token_names_its_user_for_fifteen_minutes(
    ann: User, sign_in: refresh_tokens.Session, clock: time_machine.Traveller
) -> None:
    clock.shift(dt.timedelta(minutes=14, seconds=59))
    assert access_tokens.authenticate(sign_in.access_token) == ann
    clock.shift(dt.timedelta(seconds=1))
    assert refusal(sign_in.access_token) is TokenErrorCode.EXPIRED


def test_a_token_holds_no_personal_data(ann: User, sign_in: refresh_tokens.Session) -> None:
    issued_at = 1772434800
    assert access_tokens.decode(sign_in.access_token) == {
        "sub": str(ann.pk),
        "iat": issued_at,
        "exp": issued_at + 15 * 60,
        "jti": sign_in.payload["jti"],
        "typ": "access",
        "ver": ann.get_session_auth_hash()[:16],
        "sid": sign_in.payload["sid"],
    }


def test_one_query_answers_who_it_is(
    sign_in: refresh_tokens.Session, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        access_tokens.authenticate(sign_in.access_token)


@pytest.mark.parametrize("claim", access_tokens.REQUIRED_CLAIMS)
def test_a_token_without_one_of_its_claims_is_refused(
    claim: str, sign_in: refresh_tokens.Session, settings: Settings
) -> None:
    claims = dict(sign_in.payload)
    assert access_tokens.authenticate(signed(claims, settings)) == sign_in.user
    del claims[claim]
    assert refusal(signed(claims, settings)) is TokenErrorCode.INVALID


def test_the_stock_handler_would_let_a_token_without_exp_live_for_ever(
    sign_in: refresh_tokens.Session, settings: Settings
) -> None:
    claims = {name: value for name, value in sign_in.payload.items() if name != "exp"}
    stock = {**settings.GRAPHQL_JWT, "JWT_DECODE_HANDLER": "graphql_jwt.utils.jwt_decode"}
    settings.GRAPHQL_JWT = stock
    assert access_tokens.authenticate(signed(claims, settings)) == sign_in.user


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
def test_a_token_with_another_meaning_is_refused(
    claim: str, value: str | None, sign_in: refresh_tokens.Session, settings: Settings
) -> None:
    claims = {**sign_in.payload, claim: value}
    assert refusal(signed(claims, settings)) is TokenErrorCode.INVALID


def test_a_token_of_another_sign_in_does_not_pass_for_this_users(
    ann: User, sign_in: refresh_tokens.Session, settings: Settings
) -> None:
    other = accounts.register(
        email="ben@example.org",
        password=PASSWORD,
        first_name="Ben",
        last_name="Example",
        role=Role.PATIENT,
    )
    claims = {**access_tokens.payload_of(other), "sid": sign_in.payload["sid"]}
    assert refusal(signed(claims, settings)) is TokenErrorCode.INVALID


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_a_token_signed_by_another_algorithm_is_refused(
    algorithm: str, sign_in: refresh_tokens.Session, settings: Settings
) -> None:
    token = jwt.encode(sign_in.payload, settings.JWT_SECRET, algorithm)
    assert refusal(token) is TokenErrorCode.INVALID


@pytest.mark.parametrize("algorithm", ["none", "None", "RS256", "ES256"])
def test_a_token_that_only_claims_an_algorithm_is_refused(
    algorithm: str, sign_in: refresh_tokens.Session
) -> None:
    _, body, signature = sign_in.access_token.split(".")
    header = json.dumps({"alg": algorithm, "typ": "JWT"}).encode()
    forged = base64.urlsafe_b64encode(header).rstrip(b"=").decode()
    assert refusal(f"{forged}.{body}.") is TokenErrorCode.INVALID
    assert refusal(f"{forged}.{body}.{signature}") is TokenErrorCode.INVALID


@pytest.mark.parametrize("key", ["SECRET_KEY", "a key of somebody else's clinic altogether"])
def test_a_token_signed_with_another_key_is_refused(
    key: str, sign_in: refresh_tokens.Session, settings: Settings
) -> None:
    token = jwt.encode(sign_in.payload, getattr(settings, key, key), "HS256")
    assert refusal(token) is TokenErrorCode.INVALID


def test_a_tampered_token_is_refused(sign_in: refresh_tokens.Session, settings: Settings) -> None:
    header, _, signature = sign_in.access_token.split(".")
    longer = {**sign_in.payload, "exp": sign_in.payload["exp"] + 3600}
    other = signed(longer, settings).split(".")[1]
    assert refusal(f"{header}.{other}.{signature}") is TokenErrorCode.INVALID


@pytest.mark.parametrize("token", ["", "null", "a.b.c", "ä.ö.ü", "\ud800", "." * 9, "x" * 9000])
def test_what_is_no_token_is_refused(token: str) -> None:
    assert refusal(token) is TokenErrorCode.INVALID


def test_a_refresh_token_is_no_access_token(sign_in: refresh_tokens.Session) -> None:
    assert refusal(sign_in.refresh_token) is TokenErrorCode.INVALID


def test_a_new_password_ends_access_at_once(ann: User, sign_in: refresh_tokens.Session) -> None:
    User.objects.filter(pk=ann.pk).update(password=make_password("another long secret"))
    assert refusal(sign_in.access_token) is TokenErrorCode.INVALID


def test_deactivation_ends_access_at_once_and_for_good(
    ann: User, sign_in: refresh_tokens.Session
) -> None:
    for is_active in (False, True):
        ann.is_active = is_active
        ann.save()
        assert refusal(sign_in.access_token) is TokenErrorCode.INVALID


def test_deletion_ends_access_at_once(ann: User, sign_in: refresh_tokens.Session) -> None:
    ann.delete()
    assert refusal(sign_in.access_token) is TokenErrorCode.INVALID


def test_a_new_owner_of_an_address_never_inherits_a_token(
    ann: User, sign_in: refresh_tokens.Session
) -> None:
    ann.email = "moved@example.org"
    ann.save()
    heir = accounts.register(
        email="ann@example.org",
        password=PASSWORD,
        first_name="Annie",
        last_name="Example",
        role=Role.PATIENT,
    )
    assert access_tokens.authenticate(sign_in.access_token) == ann
    ann.delete()
    assert refusal(sign_in.access_token) is TokenErrorCode.INVALID
    assert access_tokens.authenticate(accounts.sign_in(heir.email, PASSWORD).access_token) == heir


def test_revoking_the_refresh_token_ends_access_of_that_sign_in_alone(
    ann: User, sign_in: refresh_tokens.Session
) -> None:
    elsewhere = accounts.sign_in(ann.email, PASSWORD)
    refresh_tokens.revoke(sign_in.refresh_token)
    assert refusal(sign_in.access_token) is TokenErrorCode.INVALID
    assert access_tokens.authenticate(elsewhere.access_token) == ann
