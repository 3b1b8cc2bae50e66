"""Tests that response times do not reveal which email addresses have an account.

Durations vary between test runs. So the clock that measures them is replaced by one that only
password hashes and waiting advance, and SQL statements and emails are counted.
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
from users.authentication import backends
from users.models import User

RESET = "mutation ($email: String!) { requestPasswordReset(email: $email) }"


class Stopwatch:
    """Replaces the module ``time``: a clock that shows tenths of a second."""

    tenths = 0

    def monotonic(self) -> float:
        return Stopwatch.tenths / 10

    def sleep(self, seconds: float) -> None:
        Stopwatch.tenths += round(seconds * 10)


class SlowHasher(MD5PasswordHasher):
    """A hasher that takes two tenths of a second on the stopwatch."""

    def encode(self, password: str, salt: str) -> str:
        Stopwatch.tenths += 2
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
    tenths: int
    statements: int
    emails: int


@pytest.fixture(autouse=True)
def _stopwatch(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure rejected sign-ins, which take a second, by the stopwatch."""
    settings.PASSWORD_HASHERS = [f"{__name__}.SlowHasher"]
    settings.REJECTED_LOGIN_SECONDS = 1.0
    monkeypatch.setattr(backends, "time", Stopwatch())


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
    Stopwatch.tenths, mail.outbox[:] = 0, []
    with CaptureQueriesContext(connection) as statements:
        ask(address)
    return Work(Stopwatch.tenths, len(statements), len(mail.outbox))


def test_token_auth_does_the_same_work_for_every_email(
    api: Api, ann: Patient, addresses: list[str]
) -> None:
    work = [measure_work(lambda email: sign_in(api, email, "a wrong one"), at) for at in addresses]
    assert work == [Work(tenths=10, statements=1, emails=0)] * 4
    _, disabled, *_ = addresses
    # The correct password of a disabled account.
    assert measure_work(lambda email: sign_in(api, email, PASSWORD), disabled) == work[0]


def test_token_auth_with_insecure_backend_reveals_accounts(
    api: Api, addresses: list[str], settings: Settings
) -> None:
    """Negative control of the test above."""
    settings.AUTHENTICATION_BACKENDS = [f"{__name__}.InsecureBackend"]
    work = [measure_work(lambda email: sign_in(api, email, "a wrong one"), at) for at in addresses]
    assert [done.tenths for done in work] == [2, 0, 2, 0]


def test_request_password_reset_does_the_same_work_for_every_email(
    api: Api, addresses: list[str]
) -> None:
    work = {measure_work(lambda email: api(RESET, {"email": email}), at) for at in addresses}
    assert work == {Work(tenths=0, statements=2, emails=0)}


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
    """Neither the time nor the statements depend on which accounts exist."""
    before = measure_work(lambda email: sign_in(api, email, "a wrong one"), typed)
    canonical = make_user("Ben")
    User.objects.filter(pk=canonical.pk).update(email="user@xn--mnchen-3ya.de")
    with_canonical = measure_work(lambda email: sign_in(api, email, "a wrong one"), typed)
    make_user_with_old_address("Olga", typed)
    with_both = measure_work(lambda email: sign_in(api, email, "a wrong one"), typed)
    assert before == with_canonical == with_both
