"""A database that chooses an account's request to lose a deadlock: it is tried again, then told."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection

from tests.api import Api, sign_in
from tests.cast import PASSWORD, make_user
from tests.schema.answers import answer_of, error_of
from users.models import RefreshToken, User
from users.transactions import ATTEMPTS

# What is tried again is the outermost transaction.
pytestmark = pytest.mark.django_db(transaction=True)

NEW_PASSWORD = "a fresh long secret"
EVA = {
    "email": "eva@example.org",
    "password": PASSWORD,
    "firstName": "Eva",
    "lastName": "Example",
    "role": "PATIENT",
}
BUSY = {
    "__typename": "OperationInfo",
    "messages": [
        {
            "kind": "ERROR",
            "field": None,
            "code": "busy",
            "message": "The clinic is busy; send the same request again.",
        }
    ],
}


@contextmanager
def deadlocks(statement: str, table: str, *, times: int) -> Iterator[None]:
    """The first ``times`` such statements on ``table`` lose a deadlock."""
    lost = 0

    def execute(run: Any, sql: str, *rest: Any) -> Any:
        nonlocal lost
        if lost < times and sql.startswith(statement) and table in sql:
            lost += 1
            raise OperationalError(1213, "Deadlock found when trying to get lock")
        return run(sql, *rest)

    with connection.execute_wrapper(execute):
        yield
    assert lost == times


def test_a_registration_is_tried_again(api: Api) -> None:
    with deadlocks("INSERT", "users_user", times=ATTEMPTS - 1):
        answer = answer_of(api("Register", {"input": EVA}))
    assert answer["__typename"] == "User"
    assert User.objects.get().email == "eva@example.org"


def test_a_registration_that_never_gets_through_may_be_sent_again(api: Api) -> None:
    with deadlocks("INSERT", "users_user", times=ATTEMPTS):
        assert answer_of(api("Register", {"input": EVA})) == BUSY
    assert not User.objects.exists()


def test_a_new_password_ends_every_sign_in_at_the_second_try_as_well(api: Api) -> None:
    make_user("Ann", is_patient=True)
    signed_in = sign_in(api, "ann@example.org", PASSWORD)["data"]["tokenAuth"]
    sent = {"oldPassword": PASSWORD, "newPassword": NEW_PASSWORD}
    with deadlocks("UPDATE", "users_refreshtoken", times=1):
        answer = answer_of(api("ChangePassword", {"input": sent}, token=signed_in["token"]))
    assert answer["__typename"] == "User"
    assert not RefreshToken.objects.live().exists()
    assert "errors" not in sign_in(api, "ann@example.org", NEW_PASSWORD)


def test_a_refresh_that_never_gets_through_leaves_the_token_good(api: Api) -> None:
    make_user("Ann", is_patient=True)
    signed_in = sign_in(api, "ann@example.org", PASSWORD)["data"]["tokenAuth"]
    renew = {"refreshToken": signed_in["refreshToken"]}
    with deadlocks("INSERT", "users_refreshtoken", times=ATTEMPTS):
        assert error_of(api("RefreshToken", renew)) == (
            "SERVICE_UNAVAILABLE",
            "The service is not available just now. Try again shortly.",
        )
    assert answer_of(api("RefreshToken", renew))["token"]
