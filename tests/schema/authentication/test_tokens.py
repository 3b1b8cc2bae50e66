"""Signing in and staying so, as clients do it."""

from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client
from pytest_django import Settings

from tests.support.api_client import Api
from tests.support.fixtures.people import PASSWORD, make_user
from tests.support.graphql_responses import single_error
from users.models import User

pytestmark = pytest.mark.django_db

EXP = 1772434800 + 15 * 60
REFRESH_EXP = 1772434800 + 14 * 24 * 3600
ME = "{ me { email } }"
TOKEN_INVALID = ("TOKEN_INVALID", "This token is not valid.")
TOKEN_EXPIRED = ("TOKEN_EXPIRED", "This token has expired.")
UNAUTHENTICATED = ("UNAUTHENTICATED", "Sign in first.")


class CountingHasher(MD5PasswordHasher):
    encoded = 0

    def encode(self, password: str, salt: str) -> str:
        CountingHasher.encoded += 1
        return super().encode(password, salt)


@pytest.fixture
def ann() -> User:
    return make_user("Ann", is_patient=True)


@pytest.fixture
def signed_in(api: Api, ann: User) -> Any:
    """What ``tokenAuth`` gave Ann."""
    return api("TokenAuth", {"email": ann.email, "password": PASSWORD})["data"]["tokenAuth"]


def test_signing_in_answers_as_the_documentation_has_it(api: Api, ann: User) -> None:
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


def test_a_wrong_address_password_or_disabled_account_answer_alike(api: Api, ann: User) -> None:
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
    assert single_error(answers[0]) == (
        "INVALID_CREDENTIALS",
        "The e-mail address or the password is wrong.",
    )


def test_each_wrong_sign_in_hashes_one_password(
    api: Api, ann: User, settings: Settings, django_assert_num_queries: Any
) -> None:
    # Time on a shared machine proves nothing; the work done does.
    settings.PASSWORD_HASHERS = ["tests.schema.authentication.test_tokens.CountingHasher"]
    ann.set_password(PASSWORD)
    ann.save()
    off = make_user("Off")
    off.is_active = False
    off.save()
    for email in (ann.email, "nobody@example.org", off.email):
        CountingHasher.encoded = 0
        with django_assert_num_queries(1):
            api("TokenAuth", {"email": email, "password": "a wrong password"})
        assert CountingHasher.encoded == 1


@pytest.mark.parametrize("scheme", ["JWT", "Bearer", "jwt", "bearer"])
def test_both_schemes_are_understood(scheme: str, signed_in: Any) -> None:
    response = Client().post(
        "/graphql/",
        {"query": ME},
        content_type="application/json",
        headers={"Authorization": f"{scheme} {signed_in['token']}"},
    )
    assert response.json()["data"] == {"me": {"email": "ann@example.org"}}


def test_neither_cookies_nor_sessions_sign_anybody_in(ann: User, signed_in: Any) -> None:
    client = Client()
    client.force_login(ann)
    client.cookies["JWT"] = signed_in["token"]
    response = client.post("/graphql/", {"query": ME}, content_type="application/json")
    assert single_error(response.json()) == UNAUTHENTICATED


def test_a_bad_token_is_an_error_only_where_somebody_is_needed(
    api: Api, ann: User, signed_in: Any
) -> None:
    stale = "not.a.token"
    assert single_error(api(ME, token=stale)) == TOKEN_INVALID
    assert "errors" not in api("Clinic", token=stale)
    assert "errors" not in api("TokenAuth", {"email": ann.email, "password": PASSWORD}, token=stale)
    assert "errors" not in api("RequestPasswordReset", {"email": ann.email}, token=stale)
    new = {"email": "n@example.org", "firstName": "N", "lastName": "N", "role": "DOCTOR"}
    registered = api("Register", {"input": {**new, "password": PASSWORD}}, token=stale)
    assert registered["data"]["register"]["__typename"] == "User"
    refresh_token = {"refreshToken": signed_in["refreshToken"]}
    assert "errors" not in api("RefreshToken", refresh_token, token=stale)
    assert "errors" not in api("RevokeToken", refresh_token, token=stale)


def test_an_expired_header_beside_refresh_token_is_harmless(
    api: Api, signed_in: Any, clock: Any
) -> None:
    clock.shift(3600)
    expired = signed_in["token"]
    assert single_error(api(ME, token=expired)) == TOKEN_EXPIRED
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


def test_a_bad_token_is_looked_up_once_a_request(
    api: Api, signed_in: Any, django_assert_num_queries: Any
) -> None:
    api("RevokeToken", {"refreshToken": signed_in["refreshToken"]})
    with django_assert_num_queries(1):
        answer = api("{ a: me { id } b: me { id } c: me { id } }", token=signed_in["token"])
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"TOKEN_INVALID"}


def test_a_good_token_is_looked_up_once_a_request(
    api: Api, signed_in: Any, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        answer = api("{ a: me { id } b: me { id } c: me { id } }", token=signed_in["token"])
    assert answer == {"data": {key: {"id": signed_in["user"]["id"]} for key in "abc"}}


def test_verifying_tells_the_claims_of_a_token_that_is_still_good(
    api: Api, signed_in: Any, clock: Any
) -> None:
    variables = {"token": signed_in["token"]}
    assert api("VerifyToken", variables) == {
        "data": {"verifyToken": {"payload": signed_in["payload"]}}
    }
    clock.shift(15 * 60)
    assert single_error(api("VerifyToken", variables)) == TOKEN_EXPIRED
    clock.shift(-15 * 60)
    api("RevokeToken", {"refreshToken": signed_in["refreshToken"]})
    assert single_error(api("VerifyToken", variables)) == TOKEN_INVALID


def test_revoking_signs_out_at_once(api: Api, signed_in: Any) -> None:
    variables = {"refreshToken": signed_in["refreshToken"]}
    assert api("RevokeToken", variables) == {"data": {"revokeToken": {"revoked": 1772434800}}}
    assert single_error(api(ME, token=signed_in["token"])) == TOKEN_INVALID
    assert single_error(api("RefreshToken", variables)) == TOKEN_INVALID
    assert single_error(api("RevokeToken", {"refreshToken": "made up"})) == TOKEN_INVALID


def test_a_refusal_for_want_of_a_token_is_401_for_clients_of_the_newer_media_type(
    db: None,
) -> None:
    response = Client().post(
        "/graphql/",
        {"query": ME},
        content_type="application/json",
        headers={"Accept": "application/graphql-response+json"},
    )
    assert (response.status_code, single_error(response.json())) == (401, UNAUTHENTICATED)
