"""Tests of how long a session of the admin lasts, and where its login leads."""

import datetime as dt

import pytest
from django.test import Client
from pytest_django import Settings
from time_machine import Traveller

from tests.support.fixtures.people import PASSWORD
from users.models import User

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/?next=/admin/records/"


@pytest.fixture(autouse=True)
def _defaults(settings: Settings) -> None:
    """Use the limits of production."""
    settings.ADMIN_IDLE_SECONDS, settings.SESSION_COOKIE_AGE = 30 * 60, 12 * 60 * 60


def log_in(user: User, following: str = "/admin/") -> Client:
    client = Client()
    form = {"username": user.email, "password": PASSWORD, "next": following}
    assert client.post("/admin/login/", form).status_code == 302
    return client


def is_signed_in(client: Client) -> bool:
    response = client.get("/admin/records/")
    if response.status_code == 302:
        assert response["Location"] == LOGIN
    return response.status_code == 200


def test_admin_session_ends_after_thirty_idle_minutes(sam: User, clock: Traveller) -> None:
    client = log_in(sam)
    assert is_signed_in(client)
    clock.shift(dt.timedelta(minutes=29))
    assert is_signed_in(client)
    clock.shift(dt.timedelta(minutes=29))
    assert is_signed_in(client)
    clock.shift(dt.timedelta(minutes=30))
    assert not is_signed_in(client)
    assert not is_signed_in(client)


def test_admin_session_ends_after_twelve_hours_of_use(sam: User, clock: Traveller) -> None:
    client = log_in(sam)
    assert is_signed_in(client)
    for _ in range(12 * 60 // 20 - 1):
        clock.shift(dt.timedelta(minutes=20))
        assert is_signed_in(client)
    clock.shift(dt.timedelta(minutes=20))
    assert not is_signed_in(client)


def test_admin_session_lasts_as_long_as_the_settings_say(
    sam: User, clock: Traveller, settings: Settings
) -> None:
    """Negative control: the limits come from the settings."""
    settings.ADMIN_IDLE_SECONDS = settings.SESSION_COOKIE_AGE = 7 * 24 * 3600
    client = log_in(sam)
    assert is_signed_in(client)
    clock.shift(dt.timedelta(days=6))
    assert is_signed_in(client)


def test_admin_session_restarts_at_the_next_login(sam: User, clock: Traveller) -> None:
    client = log_in(sam)
    assert is_signed_in(client)
    clock.shift(dt.timedelta(hours=13))
    assert not is_signed_in(client)
    form = {"username": sam.email, "password": PASSWORD}
    client.post("/admin/login/", form)
    assert is_signed_in(client)


@pytest.mark.parametrize(
    ("following", "location"),
    [
        ("/admin/users/user/", "/admin/users/user/"),
        ("/admin/users/user/?q=ann", "/admin/users/user/?q=ann"),
        ("/nowhere/", "/admin/"),
        ("/admin/nowhere/", "/admin/"),
        ("https://example.org/", "/admin/"),
        ("//example.org/", "/admin/"),
        ("javascript:alert(1)", "/admin/"),
        ("", "/admin/"),
    ],
)
def test_admin_login_leads_to_a_page_of_this_server(
    sam: User, following: str, location: str
) -> None:
    form = {"username": sam.email, "password": PASSWORD, "next": following}
    assert Client().post("/admin/login/", form)["Location"] == location
