"""Tests of refresh tokens: rotation, reuse detection, revocation and purging."""

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
from users.models import RefreshToken, User

pytestmark = pytest.mark.django_db


def error_code(token: str) -> TokenErrorCode:
    with pytest.raises(access_tokens.TokenError) as caught:
        refresh_tokens.rotate(token)
    return caught.value.code


def test_rotate_accepts_token_for_two_weeks(
    session: refresh_tokens.Session, clock: time_machine.Traveller
) -> None:
    clock.move_to(session.refresh_expires_at - dt.timedelta(seconds=1))
    renewed = refresh_tokens.rotate(session.refresh_token)
    assert access_tokens.authenticate(renewed.access_token) == session.user
    assert renewed.refresh_expires_at - session.refresh_expires_at == dt.timedelta(
        days=14, seconds=-1
    )
    clock.move_to(renewed.refresh_expires_at)
    assert error_code(renewed.refresh_token) is TokenErrorCode.EXPIRED


def test_rotate_stores_only_hashes(session: refresh_tokens.Session) -> None:
    renewed = refresh_tokens.rotate(session.refresh_token)
    stored = str(list(RefreshToken.objects.values()))
    assert session.refresh_token not in stored
    assert renewed.refresh_token not in stored


def test_rotate_repeated_in_grace_period_returns_same_token(
    session: refresh_tokens.Session, clock: time_machine.Traveller
) -> None:
    lost = refresh_tokens.rotate(session.refresh_token)
    clock.shift(refresh_tokens.REUSE_GRACE_PERIOD)
    again = refresh_tokens.rotate(session.refresh_token)
    assert (again.refresh_token, again.refresh_expires_at) == (
        lost.refresh_token,
        lost.refresh_expires_at,
    )
    assert access_tokens.authenticate(again.access_token) == session.user
    assert RefreshToken.objects.count() == 2


@pytest.mark.parametrize("direction", [1, -1], ids=["later", "clock went back"])
def test_rotate_outside_grace_period_ends_session(
    session: refresh_tokens.Session, clock: time_machine.Traveller, direction: int
) -> None:
    renewed = refresh_tokens.rotate(session.refresh_token)
    elsewhere = accounts.sign_in(session.user.email, PASSWORD)
    clock.shift(direction * (refresh_tokens.REUSE_GRACE_PERIOD + dt.timedelta(seconds=1)))
    assert error_code(session.refresh_token) is TokenErrorCode.INVALID
    assert error_code(renewed.refresh_token) is TokenErrorCode.INVALID
    with pytest.raises(access_tokens.TokenError):
        access_tokens.authenticate(renewed.access_token)
    assert access_tokens.authenticate(elsewhere.access_token) == session.user


def test_rotate_detects_token_stolen_within_grace_period(
    session: refresh_tokens.Session, clock: time_machine.Traveller
) -> None:
    refresh_tokens.rotate(session.refresh_token)
    stolen = refresh_tokens.rotate(session.refresh_token)
    refresh_tokens.rotate(stolen.refresh_token)
    clock.shift(dt.timedelta(minutes=14))
    assert error_code(stolen.refresh_token) is TokenErrorCode.INVALID


def test_rotate_keeps_session_over_many_rotations(
    session: refresh_tokens.Session, clock: time_machine.Traveller, settings: Settings
) -> None:
    settings.JWT_FAMILY_DAYS = 3650
    seen = {session.refresh_token}
    for _ in range(20):
        clock.shift(dt.timedelta(days=13))
        session = refresh_tokens.rotate(session.refresh_token)
        seen.add(session.refresh_token)
    assert len(seen) == 21
    assert access_tokens.authenticate(session.access_token) == session.user


def test_rotate_ends_a_session_ninety_days_after_its_start(
    session: refresh_tokens.Session, clock: time_machine.Traveller
) -> None:
    start = session.refresh_expires_at - dt.timedelta(days=14)
    for _ in range(6):
        clock.shift(dt.timedelta(days=13))
        session = refresh_tokens.rotate(session.refresh_token)
        # Tokens that were used and have expired are purged; the start of the session is kept.
        call_command("purge_tokens", verbosity=0)
    clock.shift(dt.timedelta(days=11, hours=23))
    session = refresh_tokens.rotate(session.refresh_token)
    assert session.refresh_expires_at == start + dt.timedelta(days=90)
    clock.shift(dt.timedelta(hours=1))
    assert error_code(session.refresh_token) is TokenErrorCode.EXPIRED


@pytest.mark.parametrize("token", ["", "null", "\ud800", "x" * 9000, "made-up-" * 5])
def test_rotate_and_revoke_reject_text_that_is_no_token(token: str) -> None:
    assert error_code(token) is TokenErrorCode.INVALID
    with pytest.raises(access_tokens.TokenError):
        refresh_tokens.revoke(token)


def test_rotate_rejects_access_token(session: refresh_tokens.Session) -> None:
    assert error_code(session.access_token) is TokenErrorCode.INVALID


def test_revoke_ends_session_and_can_be_repeated(
    session: refresh_tokens.Session, clock: time_machine.Traveller
) -> None:
    renewed = refresh_tokens.rotate(session.refresh_token)
    ended_at = refresh_tokens.revoke(session.refresh_token)
    clock.shift(dt.timedelta(seconds=5))
    assert refresh_tokens.revoke(renewed.refresh_token) == ended_at
    assert error_code(renewed.refresh_token) is TokenErrorCode.INVALID


def test_rotate_rejects_token_of_user_deactivated_and_reactivated(
    ann: User, session: refresh_tokens.Session
) -> None:
    for is_active in (False, True):
        # Like a bulk update, without User.save().
        User.objects.filter(pk=ann.pk).update(is_active=is_active)
        assert error_code(session.refresh_token) is TokenErrorCode.INVALID


def test_change_password_ends_all_sessions(ann: User, session: refresh_tokens.Session) -> None:
    elsewhere = accounts.sign_in(ann.email, PASSWORD)
    accounts.change_password(ann, old_password=PASSWORD, new_password="a fresh long secret")
    for ended in (session, elsewhere):
        assert error_code(ended.refresh_token) is TokenErrorCode.INVALID
        with pytest.raises(access_tokens.TokenError):
            access_tokens.authenticate(ended.access_token)


def test_upgrade_of_password_hash_ends_no_session(
    ann: User, session: refresh_tokens.Session, settings: Settings
) -> None:
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    accounts.sign_in(ann.email, PASSWORD)
    renewed = refresh_tokens.rotate(session.refresh_token)
    assert access_tokens.authenticate(renewed.access_token) == ann


def test_start_rejects_user_whose_password_changed_meanwhile(ann: User) -> None:
    before_change = User.objects.get(pk=ann.pk)
    accounts.change_password(ann, old_password=PASSWORD, new_password="a fresh long secret")
    with pytest.raises(access_tokens.TokenError):
        refresh_tokens.start(before_change)
    assert not RefreshToken.objects.exists()


def test_sign_in_sets_last_login(ann: User, session: refresh_tokens.Session) -> None:
    ann.refresh_from_db()
    assert ann.last_login == dt.datetime(2026, 3, 2, 7, tzinfo=dt.UTC)


def test_purge_tokens_removes_expired_tokens_only(
    ann: User, session: refresh_tokens.Session, clock: time_machine.Traveller
) -> None:
    accounts.sign_in(ann.email, PASSWORD)
    clock.shift(dt.timedelta(days=13))
    renewed = refresh_tokens.rotate(session.refresh_token)
    clock.shift(dt.timedelta(days=1))
    output = StringIO()
    call_command("purge_tokens", "--dry-run", stdout=output)
    assert RefreshToken.objects.count() == 3
    call_command("purge_tokens", stdout=output)
    call_command("purge_tokens", stdout=output)
    assert output.getvalue().splitlines() == [
        "2 expired refresh tokens would be removed.",
        "2 expired refresh tokens removed.",
        "0 expired refresh tokens removed.",
    ]
    refresh_tokens.revoke(renewed.refresh_token)
    call_command("purge_tokens", stdout=output)
    assert RefreshToken.objects.count() == 1
    assert error_code(session.refresh_token) is TokenErrorCode.INVALID
