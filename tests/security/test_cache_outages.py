"""Tests without a cache: attempts that need counting are rejected, everything else works."""

import logging
from collections.abc import Iterator

import pytest
from django.test import Client, override_settings
from pytest_django import Settings

from clinic.models import Doctor, Patient
from tests.support.api_client import Api, GraphQLResult, sign_in
from tests.support.fixtures.people import PASSWORD
from tests.support.global_ids import id_of
from users.authentication import refresh_tokens
from users.models import User

CLOSED_PORT = "redis://127.0.0.1:1/0"
NEW_PASSWORD = "another horse entirely"


@pytest.fixture(autouse=True)
def _no_cache() -> Iterator[None]:
    """Use a cache server that cannot be reached."""
    backend = "django.core.cache.backends.redis.RedisCache"
    with override_settings(CACHES={"default": {"BACKEND": backend, "LOCATION": CLOSED_PORT}}):
        yield


def code_of(answer: GraphQLResult) -> str:
    [error] = answer["errors"]
    code: str = error["extensions"]["code"]
    return code


def test_create_appointment_works_without_cache(
    api: Api, ann: Patient, dora: Doctor, caplog: pytest.LogCaptureFixture
) -> None:
    slot = {"doctorId": id_of(dora), "date": "2026-03-03", "time": "09:00"}
    booked = api("CreateAppointment", {"input": slot}, user=ann.user)
    assert booked["data"]["createAppointment"]["status"] == "PENDING"
    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert (record.getMessage(), record.__dict__["outages"]) == (
        "request",
        [
            "REQUESTS_PER_CLIENT cannot be counted: ConnectionError",
            "REQUESTS_PER_USER cannot be counted: ConnectionError",
        ],
    )


def test_refresh_and_revoke_token_work_without_cache(api: Api, ann: Patient) -> None:
    token = refresh_tokens.start(ann.user).refresh_token
    renewed = api("RefreshToken", {"refreshToken": token})["data"]["refreshToken"]
    ended = api("RevokeToken", {"refreshToken": renewed["refreshToken"]})
    assert "errors" not in ended


@pytest.mark.parametrize("password", [PASSWORD, "not the password"])
def test_token_auth_is_unavailable_without_cache(api: Api, ann: Patient, password: str) -> None:
    assert code_of(sign_in(api, ann.user.email, password)) == "SERVICE_UNAVAILABLE"


def test_credential_mutations_are_unavailable_without_cache(api: Api, ann: Patient) -> None:
    account = {"email": "new@example.org", "password": PASSWORD}
    name = {"firstName": "New", "lastName": "Example", "role": "PATIENT"}
    change = {"oldPassword": PASSWORD, "newPassword": NEW_PASSWORD}
    reset = {"token": "x", "newPassword": NEW_PASSWORD}
    answers = [
        api("Register", {"input": {**account, **name}}),
        api("RequestPasswordReset", {"email": ann.user.email}),
        api("ResetPassword", {"input": reset}),
        api("ChangePassword", {"input": change}, user=ann.user),
    ]
    assert [code_of(answer) for answer in answers] == ["SERVICE_UNAVAILABLE"] * 4
    ann.user.refresh_from_db()
    assert ann.user.check_password(PASSWORD)


def test_admin_login_is_unavailable_without_cache(sam: User) -> None:
    page = Client().post("/admin/login/", {"username": sam.email, "password": PASSWORD})
    assert page.status_code == 200
    assert page.context["form"].non_field_errors() == [
        "Service temporarily unavailable. Please try again."
    ]


def test_token_auth_needs_no_cache_without_rate_limits(
    api: Api, ann: Patient, settings: Settings
) -> None:
    """Negative control: only the rate limits need the cache."""
    settings.RATE_LIMIT_ENABLED = settings.RATELIMIT_ENABLE = False
    assert "errors" not in sign_in(api, ann.user.email, PASSWORD)


@pytest.mark.django_db(transaction=True)
@pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")
def test_health_probes_report_missing_cache() -> None:
    """Not ready, because nobody can sign in; a load balancer then uses another server."""
    ready, alive = Client().get("/readyz"), Client().get("/healthz")
    assert (ready.status_code, ready.json()) == (
        503,
        {
            "database": "ok",
            "migrations": "ok",
            "cache": "unavailable",
            "static": "ok",
            "queue_age_seconds": 0,
        },
    )
    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
