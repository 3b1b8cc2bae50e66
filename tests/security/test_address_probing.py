"""Tests that response times do not reveal which email addresses have an account.

Durations vary between test runs, so the work that takes the time is counted instead:
password hashes, SQL statements and emails.
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
from tests.support.old_addresses import make_user_with_old_address
from users.models import User

RESET = "mutation ($email: String!) { requestPasswordReset(email: $email) }"


class CountingHasher(MD5PasswordHasher):
    """A fast hasher that counts its calls."""

    hashings = 0

    def encode(self, password: str, salt: str) -> str:
        CountingHasher.hashings += 1
        return super().encode(password, salt)


class InsecureBackend(ModelBackend):
    """An insecure backend that hashes the password only if the account exists."""

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
    emails: int


@pytest.fixture(autouse=True)
def _counting_hasher(settings: Settings) -> None:
    """Count password hashes."""
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]


@pytest.fixture
def addresses(ann: Patient) -> list[str]:
    """Emails of an active account, a disabled one, one without a password, and of no account."""
    disabled, without_password = make_user("Dina"), make_user("Willa")
    disabled.is_active = False
    disabled.save()
    without_password.set_unusable_password()
    without_password.save()
    users = (ann.user, disabled, without_password)
    return [*(user.email for user in users), "nobody@example.org"]


def measure_work(ask: Callable[[str], GraphQLResult], address: str) -> Work:
    """Send a request for this email address and return the work it caused."""
    CountingHasher.hashings, mail.outbox[:] = 0, []
    with CaptureQueriesContext(connection) as statements:
        ask(address)
    return Work(CountingHasher.hashings, len(statements), len(mail.outbox))


def test_token_auth_does_the_same_work_for_every_email(
    api: Api, ann: Patient, addresses: list[str]
) -> None:
    work = [measure_work(lambda email: sign_in(api, email, "a wrong one"), at) for at in addresses]
    assert work == [Work(hashings=1, statements=1, emails=0)] * 4
    _, disabled, *_ = addresses
    # The correct password of a disabled account.
    assert measure_work(lambda email: sign_in(api, email, PASSWORD), disabled) == work[0]


def test_token_auth_with_insecure_backend_reveals_accounts(
    api: Api, addresses: list[str], settings: Settings
) -> None:
    """Negative control of the test above."""
    settings.AUTHENTICATION_BACKENDS = [f"{__name__}.InsecureBackend"]
    work = [measure_work(lambda email: sign_in(api, email, "a wrong one"), at) for at in addresses]
    assert [done.hashings for done in work] == [1, 0, 1, 0]


def test_request_password_reset_does_the_same_work_for_every_email(
    api: Api, addresses: list[str]
) -> None:
    work = {measure_work(lambda email: api(RESET, {"email": email}), at) for at in addresses}
    assert work == {Work(hashings=0, statements=2, emails=0)}


def test_request_password_reset_with_immediate_task_reveals_accounts(
    api: Api, addresses: list[str], settings: Settings
) -> None:
    """Negative control: without the queue the email is sent during the request."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    work = [measure_work(lambda email: api(RESET, {"email": email}), at) for at in addresses]
    assert [done.emails for done in work] == [1, 0, 0, 0]


@pytest.mark.parametrize("typed", ["user@münchen.de", "adm\u0131n@example.org"])
@pytest.mark.django_db
def test_token_auth_does_the_same_work_for_old_addresses(api: Api, typed: str) -> None:
    """How many passwords are hashed depends on the typed address only."""
    before = measure_work(lambda email: sign_in(api, email, "a wrong one"), typed)
    canonical = make_user("Ben")
    User.objects.filter(pk=canonical.pk).update(email="user@xn--mnchen-3ya.de")
    with_canonical = measure_work(lambda email: sign_in(api, email, "a wrong one"), typed)
    make_user_with_old_address("Olga", typed)
    with_both = measure_work(lambda email: sign_in(api, email, "a wrong one"), typed)
    assert before == with_canonical == with_both
