"""Finding out who has an account by how long an answer takes.

A clock in a test is unsteady; what takes the time is counted instead: hashings of a
password, statements, and letters.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.db import connection
from django.http import HttpRequest
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from clinic.models import Patient
from tests.support.api_client import Api, GraphQLResult, sign_in
from tests.support.fixtures.people import PASSWORD, make_user
from users.models import User

RESET = "mutation ($email: String!) { requestPasswordReset(email: $email) }"


class CountingHasher(MD5PasswordHasher):
    """As fast as the other tests' own, and counted."""

    hashings = 0

    def encode(self, password: str, salt: str) -> str:
        CountingHasher.hashings += 1
        return super().encode(password, salt)


class HastyBackend(ModelBackend):
    """Looks at a password only where there is one to look at."""

    def authenticate(
        self,
        request: HttpRequest | None,  # noqa: ARG002 - Django passes it
        username: str | None = None,  # noqa: ARG002
        password: str | None = None,
        **credentials: Any,
    ) -> User | None:
        user = User.objects.filter(email=credentials["email"], is_active=True).first()
        return user if user and user.check_password(password or "") else None


class Work(NamedTuple):
    hashings: int
    statements: int
    letters: int


@pytest.fixture(autouse=True)
def _count(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]


@pytest.fixture
def addresses(ann: Patient) -> list[str]:
    """Of an account, of one that is disabled, of one without a password, and of nobody."""
    disabled, without_password = make_user("Dina"), make_user("Willa")
    disabled.is_active = False
    disabled.save()
    without_password.set_unusable_password()
    without_password.save()
    users = (ann.user, disabled, without_password)
    return [*(user.email for user in users), "nobody@example.org"]


def work_of(ask: Callable[[str], GraphQLResult], address: str) -> Work:
    CountingHasher.hashings, mail.outbox[:] = 0, []
    with CaptureQueriesContext(connection) as statements:
        ask(address)
    return Work(CountingHasher.hashings, len(statements), len(mail.outbox))


def test_a_refused_sign_in_takes_the_same_work_whoever_has_the_address(
    api: Api, ann: Patient, addresses: list[str]
) -> None:
    work = [work_of(lambda email: sign_in(api, email, "a wrong one"), at) for at in addresses]
    assert work == [Work(hashings=1, statements=1, letters=0)] * 4
    _, disabled, *_ = addresses
    # The right password of an account that may not use it.
    assert work_of(lambda email: sign_in(api, email, PASSWORD), disabled) == work[0]


def test_a_backend_that_hashes_for_accounts_only_would_tell_them_apart(
    api: Api, addresses: list[str], settings: Settings
) -> None:
    """The control of the test above."""
    settings.AUTHENTICATION_BACKENDS = [f"{__name__}.HastyBackend"]
    work = [work_of(lambda email: sign_in(api, email, "a wrong one"), at) for at in addresses]
    assert [done.hashings for done in work] == [1, 0, 1, 0]


def test_asking_for_a_letter_takes_the_same_work_whoever_has_the_address(
    api: Api, addresses: list[str]
) -> None:
    work = {work_of(lambda email: api(RESET, {"email": email}), at) for at in addresses}
    assert work == {Work(hashings=0, statements=2, letters=0)}


def test_a_letter_written_at_once_would_tell_accounts_apart(
    api: Api, addresses: list[str], settings: Settings
) -> None:
    """The control: it is the queue that makes them alike."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    work = [work_of(lambda email: api(RESET, {"email": email}), at) for at in addresses]
    assert [done.letters for done in work] == [1, 0, 0, 0]
