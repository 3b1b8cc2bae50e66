"""A database that chooses an account's request to lose a deadlock: it is tried again, then told."""

import pytest
from django.db import OperationalError

from clinic.errors import BookingErrorCode
from tests.support.api_client import Api, sign_in
from tests.support.db_faults import failing
from tests.support.fixtures.people import EVA, NEW_PASSWORD, PASSWORD, make_user
from tests.support.graphql_responses import operation_info, root_value, single_error
from users.common.transactions import ATTEMPTS
from users.models import RefreshToken, User

# What is tried again is the outermost transaction.
pytestmark = pytest.mark.django_db(transaction=True)

DEADLOCK = OperationalError(1213, "Deadlock found when trying to get lock")
BUSY = operation_info(
    BookingErrorCode.BUSY, message="The request conflicted with another one. Please retry."
)


def test_a_registration_is_tried_again(api: Api) -> None:
    with failing("INSERT", "users_user", DEADLOCK, times=ATTEMPTS - 1):
        answer = root_value(api("Register", {"input": EVA}))
    assert answer["__typename"] == "User"
    assert User.objects.get().email == "eva@example.org"


def test_a_registration_that_never_gets_through_may_be_sent_again(api: Api) -> None:
    with failing("INSERT", "users_user", DEADLOCK, times=ATTEMPTS):
        assert root_value(api("Register", {"input": EVA})) == BUSY
    assert not User.objects.exists()


def test_a_new_password_ends_every_sign_in_at_the_second_try_as_well(api: Api) -> None:
    make_user("Ann", is_patient=True)
    signed_in = sign_in(api, "ann@example.org", PASSWORD)["data"]["tokenAuth"]
    sent = {"oldPassword": PASSWORD, "newPassword": NEW_PASSWORD}
    with failing("UPDATE", "users_refreshtoken", DEADLOCK, times=1):
        answer = root_value(api("ChangePassword", {"input": sent}, token=signed_in["token"]))
    assert answer["__typename"] == "User"
    assert not RefreshToken.objects.live().exists()
    assert "errors" not in sign_in(api, "ann@example.org", NEW_PASSWORD)


def test_a_refresh_that_never_gets_through_leaves_the_token_good(api: Api) -> None:
    make_user("Ann", is_patient=True)
    signed_in = sign_in(api, "ann@example.org", PASSWORD)["data"]["tokenAuth"]
    renew = {"refreshToken": signed_in["refreshToken"]}
    with failing("INSERT", "users_refreshtoken", DEADLOCK, times=ATTEMPTS):
        assert single_error(api("RefreshToken", renew)) == (
            "SERVICE_UNAVAILABLE",
            "The service is not available just now. Try again shortly.",
        )
    assert root_value(api("RefreshToken", renew))["token"]
