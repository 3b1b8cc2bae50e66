"""Tests of the token mutations and of the Authorization header, over HTTP."""

from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher, make_password
from django.test import Client
from pytest_django import Settings

from tests.support.api_client import Api, GraphQLResult
from tests.support.fixtures.people import PASSWORD, make_user
from users.models import User

pytestmark = pytest.mark.django_db

EXP = 1772434800 + 15 * 60
REFRESH_EXP = 1772434800 + 14 * 24 * 3600
ME = "{ me { email } }"
TOKEN_INVALID = ("TOKEN_INVALID", "The token is invalid.")
TOKEN_EXPIRED = ("TOKEN_EXPIRED", "The token has expired.")
UNAUTHENTICATED = ("UNAUTHENTICATED", "Sign in first.")


# The hashers of config/settings.py; the tests use a fast one otherwise.
PASSWORD_HASHERS = [
    "users.authentication.hashers.OwaspArgon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]


class CountingHasher(MD5PasswordHasher):
    """A hasher that counts its calls."""

    encoded = 0

    def encode(self, password: str, salt: str) -> str:
        CountingHasher.encoded += 1
        return super().encode(password, salt)


@pytest.fixture
def ann() -> User:
    """A user with the patient role, without a profile."""
    return make_user("Ann", is_patient=True)


@pytest.fixture
def signed_in(api: Api, ann: User) -> Any:
    """The result of ``tokenAuth`` for Ann."""
    return api("TokenAuth", {"email": ann.email, "password": PASSWORD})["data"]["tokenAuth"]


def error_of(answer: GraphQLResult) -> tuple[str, str]:
    [error] = answer["errors"]
    return error["extensions"]["code"], error["message"]


def test_token_auth_returns_tokens_claims_and_user(api: Api, ann: User) -> None:
    answer = api("TokenAuth", {"email": " ANN@Example.ORG ", "password": PASSWORD})
    given = answer["data"]["tokenAuth"]
    assert answer == {
        "data": {
            "tokenAuth": {
                "token": given["token"],
                "payload": {**given["payload"], "sub": str(ann.pk), "exp": EXP, "typ": "access"},
                "refreshToken": given["refreshToken"],
                "refreshExpiresIn": REFRESH_EXP,
                "user": {
                    "id": given["user"]["id"],
                    "email": "ann@example.org",
                    "isDoctor": False,
                    "isPatient": True,
                },
            }
        }
    }
    assert set(given["payload"]) == {"sub", "iat", "exp", "jti", "typ", "ver", "sid"}
    assert api(ME, token=given["token"]) == {"data": {"me": {"email": "ann@example.org"}}}


def test_token_auth_gives_one_error_for_all_invalid_credentials(api: Api, ann: User) -> None:
    off = make_user("Off", is_patient=True)
    off.is_active = False
    off.save()
    answers = [
        api("TokenAuth", {"email": email, "password": password})
        for email, password in [
            ("nobody@example.org", PASSWORD),
            (ann.email, "a wrong password"),
            (off.email, PASSWORD),
            ("", ""),
        ]
    ]
    assert answers == [answers[0]] * 4
    assert error_of(answers[0]) == (
        "INVALID_CREDENTIALS",
        "The email address or the password is incorrect.",
    )


def test_token_auth_hashes_no_password_for_an_unknown_email(
    api: Api, ann: User, settings: Settings, django_assert_num_queries: Any
) -> None:
    """Otherwise guesses at addresses without an account would be expensive for the server."""
    settings.PASSWORD_HASHERS = ["tests.schema.authentication.test_tokens.CountingHasher"]
    ann.set_password(PASSWORD)
    ann.save()
    for email, hashings in ((ann.email, 1), ("nobody@example.org", 0)):
        CountingHasher.encoded = 0
        with django_assert_num_queries(1):
            api("TokenAuth", {"email": email, "password": "a wrong password"})
        assert CountingHasher.encoded == hashings


OWASP_ARGON2ID = "argon2$argon2id$v=19$m=19456,t=2,p=1$"


def test_token_auth_replaces_an_older_hash_by_argon2id(
    api: Api, ann: User, settings: Settings
) -> None:
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    User.objects.filter(pk=ann.pk).update(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))
    before = api("TokenAuth", {"email": ann.email, "password": PASSWORD})
    ann.refresh_from_db()
    assert ann.password.startswith(OWASP_ARGON2ID)
    # Another hash of the same password ends no session.
    token = before["data"]["tokenAuth"]["token"]
    assert api(ME, token=token) == {"data": {"me": {"email": "ann@example.org"}}}


def test_token_auth_keeps_an_older_hash_after_a_wrong_password(
    api: Api, ann: User, settings: Settings
) -> None:
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    old = make_password(PASSWORD, hasher="pbkdf2_sha256")
    User.objects.filter(pk=ann.pk).update(password=old)
    api("TokenAuth", {"email": ann.email, "password": "a wrong password"})
    ann.refresh_from_db()
    assert ann.password == old


@pytest.mark.parametrize("scheme", ["JWT", "Bearer", "jwt", "bearer"])
def test_authorization_accepts_jwt_and_bearer_in_any_case(scheme: str, signed_in: Any) -> None:
    response = Client().post(
        "/graphql/",
        {"query": ME},
        content_type="application/json",
        headers={"Authorization": f"{scheme} {signed_in['token']}"},
    )
    assert response.json()["data"] == {"me": {"email": "ann@example.org"}}


def test_me_ignores_cookies_and_django_sessions(ann: User, signed_in: Any) -> None:
    client = Client()
    client.force_login(ann)
    client.cookies["JWT"] = signed_in["token"]
    response = client.post("/graphql/", {"query": ME}, content_type="application/json")
    assert error_of(response.json()) == UNAUTHENTICATED


def test_invalid_token_is_an_error_only_for_operations_that_need_a_user(
    api: Api, ann: User, signed_in: Any
) -> None:
    stale = "not.a.token"
    assert error_of(api(ME, token=stale)) == TOKEN_INVALID
    assert "errors" not in api("Clinic", token=stale)
    assert "errors" not in api("TokenAuth", {"email": ann.email, "password": PASSWORD}, token=stale)
    assert "errors" not in api("RequestPasswordReset", {"email": ann.email}, token=stale)
    new = {"email": "n@example.org", "firstName": "N", "lastName": "N", "role": "DOCTOR"}
    registered = api("Register", {"input": {**new, "password": PASSWORD}}, token=stale)
    assert registered["data"]["register"]["__typename"] == "User"
    refresh_token = {"refreshToken": signed_in["refreshToken"]}
    assert "errors" not in api("RefreshToken", refresh_token, token=stale)
    assert "errors" not in api("RevokeToken", refresh_token, token=stale)


def test_refresh_token_ignores_expired_token_in_header(
    api: Api, signed_in: Any, clock: Any
) -> None:
    clock.shift(3600)
    expired = signed_in["token"]
    assert error_of(api(ME, token=expired)) == TOKEN_EXPIRED
    answer = api("RefreshToken", {"refreshToken": signed_in["refreshToken"]}, token=expired)
    given = answer["data"]["refreshToken"]
    assert answer == {
        "data": {
            "refreshToken": {
                "token": given["token"],
                "payload": {**signed_in["payload"], **given["payload"], "exp": EXP + 3600},
                "refreshToken": given["refreshToken"],
                "refreshExpiresIn": REFRESH_EXP + 3600,
            }
        }
    }
    assert given["payload"]["sid"] == signed_in["payload"]["sid"]
    assert given["payload"]["jti"] != signed_in["payload"]["jti"]
    assert api(ME, token=given["token"]) == {"data": {"me": {"email": "ann@example.org"}}}


def test_invalid_token_is_looked_up_once_per_request(
    api: Api, signed_in: Any, django_assert_num_queries: Any
) -> None:
    api("RevokeToken", {"refreshToken": signed_in["refreshToken"]})
    with django_assert_num_queries(1):
        answer = api("{ a: me { id } b: me { id } c: me { id } }", token=signed_in["token"])
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"TOKEN_INVALID"}


def test_valid_token_is_looked_up_once_per_request(
    api: Api, signed_in: Any, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        answer = api("{ a: me { id } b: me { id } c: me { id } }", token=signed_in["token"])
    assert answer == {"data": {key: {"id": signed_in["user"]["id"]} for key in "abc"}}


def test_verify_token_returns_claims_until_token_expires_or_is_revoked(
    api: Api, signed_in: Any, clock: Any
) -> None:
    variables = {"token": signed_in["token"]}
    assert api("VerifyToken", variables) == {
        "data": {"verifyToken": {"payload": signed_in["payload"]}}
    }
    clock.shift(15 * 60)
    assert error_of(api("VerifyToken", variables)) == TOKEN_EXPIRED
    clock.shift(-15 * 60)
    api("RevokeToken", {"refreshToken": signed_in["refreshToken"]})
    assert error_of(api("VerifyToken", variables)) == TOKEN_INVALID


def test_revoke_token_ends_session_immediately(api: Api, signed_in: Any) -> None:
    variables = {"refreshToken": signed_in["refreshToken"]}
    assert api("RevokeToken", variables) == {"data": {"revokeToken": {"revoked": 1772434800}}}
    assert error_of(api(ME, token=signed_in["token"])) == TOKEN_INVALID
    assert error_of(api("RefreshToken", variables)) == TOKEN_INVALID
    assert error_of(api("RevokeToken", {"refreshToken": "made up"})) == TOKEN_INVALID


def test_missing_token_is_status_401_with_graphql_response_media_type(
    db: None,
) -> None:
    response = Client().post(
        "/graphql/",
        {"query": ME},
        content_type="application/json",
        headers={"Accept": "application/graphql-response+json"},
    )
    assert (response.status_code, error_of(response.json())) == (401, UNAUTHENTICATED)
