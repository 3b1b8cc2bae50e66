"""Staying signed in: one use each, one winner, and theft noticed."""

import datetime as dt
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from pytest_django import Settings

from tests.support.fixtures.people import PASSWORD
from users import accounts
from users.authentication import access_tokens, refresh_tokens
from users.errors import TokenErrorCode
from users.models import RefreshToken, Role, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return accounts.register(
        email="ann@example.org",
        password=PASSWORD,
        first_name="Ann",
        last_name="Example",
        role=Role.PATIENT,
    )


@pytest.fixture
def sign_in(ann: User) -> refresh_tokens.Session:
    return accounts.sign_in(ann.email, PASSWORD)


def refusal(token: str) -> TokenErrorCode:
    with pytest.raises(access_tokens.TokenError) as caught:
        refresh_tokens.rotate(token)
    return caught.value.code


def test_a_refresh_token_lasts_two_weeks(
    sign_in: refresh_tokens.Session, clock: time_machine.Traveller
) -> None:
    clock.move_to(sign_in.refresh_expires_at - dt.timedelta(seconds=1))
    renewed = refresh_tokens.rotate(sign_in.refresh_token)
    assert access_tokens.authenticate(renewed.access_token) == sign_in.user
    assert renewed.refresh_expires_at - sign_in.refresh_expires_at == dt.timedelta(
        days=14, seconds=-1
    )
    clock.move_to(renewed.refresh_expires_at)
    assert refusal(renewed.refresh_token) is TokenErrorCode.EXPIRED


def test_only_a_hash_is_kept(sign_in: refresh_tokens.Session) -> None:
    renewed = refresh_tokens.rotate(sign_in.refresh_token)
    stored = str(list(RefreshToken.objects.values()))
    assert sign_in.refresh_token not in stored
    assert renewed.refresh_token not in stored


def test_a_client_that_lost_the_answer_gets_the_same_one_again(
    sign_in: refresh_tokens.Session, clock: time_machine.Traveller
) -> None:
    lost = refresh_tokens.rotate(sign_in.refresh_token)
    clock.shift(refresh_tokens.REUSE_GRACE_PERIOD)
    again = refresh_tokens.rotate(sign_in.refresh_token)
    assert (again.refresh_token, again.refresh_expires_at) == (
        lost.refresh_token,
        lost.refresh_expires_at,
    )
    assert access_tokens.authenticate(again.access_token) == sign_in.user
    assert RefreshToken.objects.count() == 2


def test_a_token_used_again_later_ends_the_sign_in(
    sign_in: refresh_tokens.Session, clock: time_machine.Traveller
) -> None:
    renewed = refresh_tokens.rotate(sign_in.refresh_token)
    elsewhere = accounts.sign_in(sign_in.user.email, PASSWORD)
    clock.shift(refresh_tokens.REUSE_GRACE_PERIOD + dt.timedelta(seconds=1))
    assert refusal(sign_in.refresh_token) is TokenErrorCode.INVALID
    assert refusal(renewed.refresh_token) is TokenErrorCode.INVALID
    with pytest.raises(access_tokens.TokenError):
        access_tokens.authenticate(renewed.access_token)
    assert access_tokens.authenticate(elsewhere.access_token) == sign_in.user


def test_a_thief_within_the_grace_is_noticed_too(
    sign_in: refresh_tokens.Session, clock: time_machine.Traveller
) -> None:
    refresh_tokens.rotate(sign_in.refresh_token)
    stolen = refresh_tokens.rotate(sign_in.refresh_token)
    refresh_tokens.rotate(stolen.refresh_token)
    clock.shift(dt.timedelta(minutes=14))
    assert refusal(stolen.refresh_token) is TokenErrorCode.INVALID


def test_a_long_chain_stays_signed_in(
    sign_in: refresh_tokens.Session, clock: time_machine.Traveller
) -> None:
    seen = {sign_in.refresh_token}
    for _ in range(20):
        clock.shift(dt.timedelta(days=13))
        sign_in = refresh_tokens.rotate(sign_in.refresh_token)
        seen.add(sign_in.refresh_token)
    assert len(seen) == 21
    assert access_tokens.authenticate(sign_in.access_token) == sign_in.user


@pytest.mark.parametrize("token", ["", "null", "\ud800", "x" * 9000, "made-up-" * 5])
def test_what_is_no_refresh_token_is_refused(token: str) -> None:
    assert refusal(token) is TokenErrorCode.INVALID
    with pytest.raises(access_tokens.TokenError):
        refresh_tokens.revoke(token)


def test_an_access_token_is_no_refresh_token(sign_in: refresh_tokens.Session) -> None:
    assert refusal(sign_in.access_token) is TokenErrorCode.INVALID


def test_revoking_ends_the_whole_sign_in_and_may_be_repeated(
    sign_in: refresh_tokens.Session, clock: time_machine.Traveller
) -> None:
    renewed = refresh_tokens.rotate(sign_in.refresh_token)
    ended_at = refresh_tokens.revoke(sign_in.refresh_token)
    clock.shift(dt.timedelta(seconds=5))
    assert refresh_tokens.revoke(renewed.refresh_token) == ended_at
    assert refusal(renewed.refresh_token) is TokenErrorCode.INVALID


def test_a_disabled_account_cannot_renew_nor_come_back_by_an_old_token(
    ann: User, sign_in: refresh_tokens.Session
) -> None:
    for is_active in (False, True):
        # As a bulk update would, past the model.
        User.objects.filter(pk=ann.pk).update(is_active=is_active)
        assert refusal(sign_in.refresh_token) is TokenErrorCode.INVALID


def test_a_new_password_ends_every_sign_in(ann: User, sign_in: refresh_tokens.Session) -> None:
    elsewhere = accounts.sign_in(ann.email, PASSWORD)
    accounts.change_password(ann, old_password=PASSWORD, new_password="a fresh long secret")
    for ended in (sign_in, elsewhere):
        assert refusal(ended.refresh_token) is TokenErrorCode.INVALID
        with pytest.raises(access_tokens.TokenError):
            access_tokens.authenticate(ended.access_token)


def test_hashing_the_same_password_anew_ends_no_sign_in(
    ann: User, sign_in: refresh_tokens.Session, settings: Settings
) -> None:
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    accounts.sign_in(ann.email, PASSWORD)
    renewed = refresh_tokens.rotate(sign_in.refresh_token)
    assert access_tokens.authenticate(renewed.access_token) == ann


def test_signing_in_with_a_password_changed_meanwhile_fails(ann: User) -> None:
    shown = User.objects.get(pk=ann.pk)
    accounts.change_password(ann, old_password=PASSWORD, new_password="a fresh long secret")
    with pytest.raises(access_tokens.TokenError):
        refresh_tokens.start(shown)
    assert not RefreshToken.objects.exists()


def test_signing_in_is_noted_on_the_account(ann: User, sign_in: refresh_tokens.Session) -> None:
    ann.refresh_from_db()
    assert ann.last_login == dt.datetime(2026, 3, 2, 7, tzinfo=dt.UTC)


def test_purging_removes_expired_rows_only(
    ann: User, sign_in: refresh_tokens.Session, clock: time_machine.Traveller
) -> None:
    accounts.sign_in(ann.email, PASSWORD)
    clock.shift(dt.timedelta(days=13))
    renewed = refresh_tokens.rotate(sign_in.refresh_token)
    clock.shift(dt.timedelta(days=1))
    said = StringIO()
    call_command("purge_tokens", "--dry-run", stdout=said)
    assert RefreshToken.objects.count() == 3
    call_command("purge_tokens", stdout=said)
    call_command("purge_tokens", stdout=said)
    assert said.getvalue().splitlines() == [
        "2 expired refresh tokens would be removed.",
        "2 expired refresh tokens removed.",
        "0 expired refresh tokens removed.",
    ]
    refresh_tokens.revoke(renewed.refresh_token)
    call_command("purge_tokens", stdout=said)
    assert RefreshToken.objects.count() == 1
    assert refusal(sign_in.refresh_token) is TokenErrorCode.INVALID
