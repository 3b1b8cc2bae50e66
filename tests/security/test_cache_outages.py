"""The cache goes away, where tries are counted: no guess passes, and no appointment waits for it."""

import logging
from collections.abc import Iterator

import pytest
from django.test import Client, override_settings
from pytest_django import Settings

from clinic.models import Doctor, Patient
from tests.support.api_client import Api, sign_in
from tests.support.fixtures.people import PASSWORD
from tests.support.global_ids import id_of
from tests.support.graphql_responses import error_code
from users.authentication import refresh_tokens
from users.models import User

NOBODY_LISTENS = "redis://127.0.0.1:1/0"
NEW_PASSWORD = "another horse entirely"


@pytest.fixture(autouse=True)
def _away() -> Iterator[None]:
    backend = "django.core.cache.backends.redis.RedisCache"
    # Back before the cache is emptied after each test.
    with override_settings(CACHES={"default": {"BACKEND": backend, "LOCATION": NOBODY_LISTENS}}):
        yield


def test_whoever_is_signed_in_goes_on_reading_and_booking(
    api: Api, ann: Patient, dora: Doctor, caplog: pytest.LogCaptureFixture
) -> None:
    wish = {"doctorId": id_of(dora), "date": "2026-03-03", "time": "09:00"}
    booked = api("CreateAppointment", {"input": wish}, user=ann.user)
    assert booked["data"]["createAppointment"]["status"] == "PENDING"
    assert [
        record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR
    ] == [
        "REQUESTS_OF_ADDRESS cannot be counted: ConnectionError",
        "REQUESTS_OF_USER cannot be counted: ConnectionError",
    ]


def test_a_sign_in_is_renewed_and_ended(api: Api, ann: Patient) -> None:
    token = refresh_tokens.start(ann.user).refresh_token
    renewed = api("RefreshToken", {"refreshToken": token})["data"]["refreshToken"]
    ended = api("RevokeToken", {"refreshToken": renewed["refreshToken"]})
    assert "errors" not in ended


@pytest.mark.parametrize("password", [PASSWORD, "not the password"])
def test_nobody_can_guess_a_password_while_guesses_are_not_counted(
    api: Api, ann: Patient, password: str
) -> None:
    assert error_code(sign_in(api, ann.user.email, password)) == "SERVICE_UNAVAILABLE"


def test_what_else_tries_a_secret_or_an_address_waits_as_well(api: Api, ann: Patient) -> None:
    account = {"email": "new@example.org", "password": PASSWORD}
    name = {"firstName": "New", "lastName": "Example", "role": "PATIENT"}
    change = {"oldPassword": PASSWORD, "newPassword": NEW_PASSWORD}
    reset = {"token": "x", "newPassword": NEW_PASSWORD}
    tried = [
        api("Register", {"input": {**account, **name}}),
        api("RequestPasswordReset", {"email": ann.user.email}),
        api("ResetPassword", {"input": reset}),
        api("ChangePassword", {"input": change}, user=ann.user),
    ]
    assert [error_code(answer) for answer in tried] == ["SERVICE_UNAVAILABLE"] * 4
    ann.user.refresh_from_db()
    assert ann.user.check_password(PASSWORD)


def test_the_desk_stays_shut_and_says_so(sam: User) -> None:
    page = Client().post("/admin/login/", {"username": sam.email, "password": PASSWORD})
    assert page.status_code == 200
    assert page.context["form"].non_field_errors() == [
        "This is not possible just now. Try again shortly."
    ]


def test_without_a_limit_nothing_asks_the_cache(api: Api, ann: Patient, settings: Settings) -> None:
    """The control: it is the counting that waits for the cache, and nothing else."""
    settings.RATE_LIMIT_ENABLED = settings.AXES_ENABLED = settings.RATELIMIT_ENABLE = False
    assert "errors" not in sign_in(api, ann.user.email, PASSWORD)


@pytest.mark.django_db(transaction=True)
@pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")
def test_the_server_is_alive_and_says_what_it_cannot_do() -> None:
    """Nobody can sign in here: a balancer does well to send people to a server where they can."""
    ready, alive = Client().get("/readyz"), Client().get("/healthz")
    assert (ready.status_code, ready.json()) == (
        503,
        {"database": "ok", "migrations": "ok", "cache": "unavailable", "queue_age_seconds": 0},
    )
    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
