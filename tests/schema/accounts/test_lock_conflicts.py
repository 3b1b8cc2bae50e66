"""Deadlocks in account mutations: the transaction is retried, then an error is returned."""

import pytest
from django.db import OperationalError

from clinic.errors import BookingErrorCode
from tests.support.api_client import Api, sign_in
from tests.support.db_faults import failing
from tests.support.fixtures.people import EVA, NEW_PASSWORD, PASSWORD, make_user
from tests.support.graphql_responses import operation_info, root_value, single_error
from users.common.transactions import ATTEMPTS
from users.models import RefreshToken, User

# Only the outermost transaction is retried, so the tests must not run inside one.
pytestmark = pytest.mark.django_db(transaction=True)

DEADLOCK = OperationalError(1213, "Deadlock found when trying to get lock")
BUSY = operation_info(
    BookingErrorCode.BUSY, message="The request conflicted with another one. Please retry."
)


def test_register_retries_after_deadlock(api: Api) -> None:
    with failing("INSERT", "users_user", DEADLOCK, times=ATTEMPTS - 1):
        answer = root_value(api("Register", {"input": EVA}))
    assert answer["__typename"] == "User"
    assert User.objects.get().email == "eva@example.org"


def test_register_returns_busy_after_last_attempt(api: Api) -> None:
    with failing("INSERT", "users_user", DEADLOCK, times=ATTEMPTS):
        assert root_value(api("Register", {"input": EVA})) == BUSY
    assert not User.objects.exists()


def test_change_password_revokes_sessions_after_retry(api: Api) -> None:
    make_user("Ann", is_patient=True)
    signed_in = sign_in(api, "ann@example.org", PASSWORD)["data"]["tokenAuth"]
    sent = {"oldPassword": PASSWORD, "newPassword": NEW_PASSWORD}
    with failing("UPDATE", "users_refreshtoken", DEADLOCK, times=1):
        answer = root_value(api("ChangePassword", {"input": sent}, token=signed_in["token"]))
    assert answer["__typename"] == "User"
    assert not RefreshToken.objects.live().exists()
    assert "errors" not in sign_in(api, "ann@example.org", NEW_PASSWORD)


def test_refresh_token_stays_valid_after_last_attempt(api: Api) -> None:
    make_user("Ann", is_patient=True)
    signed_in = sign_in(api, "ann@example.org", PASSWORD)["data"]["tokenAuth"]
    renew = {"refreshToken": signed_in["refreshToken"]}
    with failing("INSERT", "users_refreshtoken", DEADLOCK, times=ATTEMPTS):
        assert single_error(api("RefreshToken", renew)) == (
            "SERVICE_UNAVAILABLE",
            "Service temporarily unavailable. Please try again.",
        )
    assert root_value(api("RefreshToken", renew))["token"]
