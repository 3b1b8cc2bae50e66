"""Tests of the second factor at the admin's sign-in."""

import datetime as dt

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings
from time_machine import Traveller

from tests.support.fixtures.people import PASSWORD
from tests.support.one_time_codes import code_of, enrol
from users.admin.second_factor import SESSION_KEY, VERIFIED
from users.models import User

pytestmark = pytest.mark.django_db

PAGE = "/admin/second-factor/"
USERS = "/admin/users/user/"


@pytest.fixture(autouse=True)
def _required(settings: Settings) -> None:
    """As in production."""
    settings.STAFF_OTP_REQUIRED = True


def log_in(user: User, following: str = USERS) -> Client:
    """Send the password; the response asks for the second factor."""
    client = Client()
    form = {"username": user.email, "password": PASSWORD, "next": following}
    response = client.post("/admin/login/", form)
    assert response["Location"].startswith(f"{PAGE}?next=%2Fadmin%2F")
    return client


def send(client: Client, code: str, following: str = USERS) -> str | list[str]:
    """Send a code; return where the response leads, or the errors of the form."""
    response = client.post(f"{PAGE}?next={following}", {"code": code})
    if response.status_code == 302:
        return response["Location"]
    errors: list[str] = response.context["form"].non_field_errors()
    return errors


def test_login_with_a_second_factor_asks_for_a_code(sam: User) -> None:
    secret, _ = enrol(sam)
    client = log_in(sam)
    for url in ("/admin/", USERS, "/admin/password_change/", "/admin/autocomplete/"):
        assert client.get(url).status_code == 302
    wrong = "The code is wrong or was used before. Enter the next one."
    assert send(client, "000000") == [wrong]
    assert client.get(USERS).status_code == 302
    assert send(client, code_of(secret, steps=1)) == USERS
    assert client.get(USERS).status_code == 200


def test_recovery_code_replaces_a_code_once(sam: User) -> None:
    _, [code, *_rest] = enrol(sam)
    assert send(log_in(sam), code) == USERS
    assert send(log_in(sam), code) == ["The code is wrong or was used before. Enter the next one."]


def test_fresh_superuser_sets_the_second_factor_up_at_the_first_login(
    monkeypatch: pytest.MonkeyPatch, clock: Traveller
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    names = {"first_name": "Root", "last_name": "Example", "email": "root@example.org"}
    call_command("createsuperuser", interactive=False, verbosity=0, **names)
    root = User.objects.get(email="root@example.org")
    client = log_in(root)
    page = client.get(PAGE)
    secret = page.context["enrolment"].secret
    assert 'class="segno"' in page.content.decode()
    assert secret in page.content.decode()
    # The secret stays the same until it is confirmed.
    assert client.get(PAGE).context["enrolment"].secret == secret
    assert send(client, "000000") == ["The code is wrong. Enter the code that the app shows now."]
    response = client.post(f"{PAGE}?next={USERS}", {"code": code_of(secret)})
    codes = response.context["recovery_codes"]
    assert len(codes) == 10
    assert all(code in response.content.decode() for code in codes)
    assert client.get(USERS).status_code == 200
    clock.shift(dt.timedelta(minutes=1))
    assert send(log_in(root), code_of(secret)) == USERS


def test_password_alone_cannot_replace_the_second_factor(sam: User) -> None:
    enrol(sam)
    page = log_in(sam).get(PAGE)
    assert "enrolment" not in page.context


def test_wrong_codes_lock_the_account_for_the_client(sam: User) -> None:
    secret, _ = enrol(sam)
    client = log_in(sam)
    for _ in range(4):
        send(client, "000000")
    locked = ["Too many attempts. Try again in 900 seconds."]
    assert send(client, code_of(secret, steps=1)) == locked
    form = {"username": sam.email, "password": PASSWORD}
    assert Client().post("/admin/login/", form).status_code == 429


def test_session_of_an_earlier_release_has_no_access(sam: User) -> None:
    client = Client()
    client.force_login(sam)
    response = client.get(USERS)
    assert (response.status_code, response["Location"]) == (302, f"/admin/login/?next={USERS}")
    # The login page leads on; it does not ask for the password again.
    login = client.get(response["Location"])
    assert login["Location"] == f"{PAGE}?next=%2Fadmin%2Fusers%2Fuser%2F"


def test_second_login_in_a_session_needs_another_code(sam: User) -> None:
    secret, _ = enrol(sam)
    client = log_in(sam)
    send(client, code_of(secret, steps=1))
    assert client.session[SESSION_KEY] == VERIFIED
    client.post("/admin/login/", {"username": sam.email, "password": PASSWORD})
    assert client.get(USERS).status_code == 302


def test_secret_is_not_shown_to_another_session_that_knows_the_password(sam: User) -> None:
    """Otherwise it could be read before its owner confirms it, and used ever after."""
    attacker, owner = log_in(sam), log_in(sam)
    stolen = attacker.get(PAGE).context["enrolment"].secret
    secret = owner.get(PAGE).context["enrolment"].secret
    assert secret != stolen
    assert send(owner, code_of(stolen)) == [
        "The code is wrong. Enter the code that the app shows now."
    ]
    owner.post(f"{PAGE}?next={USERS}", {"code": code_of(secret)})
    assert owner.get(USERS).status_code == 200
    # The session that began first neither sees the secret nor has access.
    assert "enrolment" not in attacker.get(PAGE).context
    assert attacker.get(USERS).status_code == 302


def test_planted_session_has_no_access_after_the_code_of_its_owner(sam: User) -> None:
    """The cookie of an attacker who knows the password, put into the owner's browser."""
    secret, _ = enrol(sam)
    attacker = log_in(sam)
    owner = Client()
    owner.cookies["sessionid"] = attacker.cookies["sessionid"].value
    assert send(owner, code_of(secret, steps=1)) == USERS
    assert owner.get(USERS).status_code == 200
    assert attacker.get(USERS).status_code == 302


@pytest.mark.parametrize("is_enrolled", [True, False])
def test_cancel_on_the_second_factor_page_signs_out(sam: User, is_enrolled: bool) -> None:  # noqa: FBT001 - a parameter of the test
    if is_enrolled:
        enrol(sam)
    client = log_in(sam)
    assert 'action="/admin/logout/"' in client.get(PAGE).content.decode()
    assert client.post("/admin/logout/").status_code == 200
    assert client.get(PAGE)["Location"] == "/admin/login/"


def test_second_factor_page_is_for_staff_who_sent_the_password(sam: User) -> None:
    assert Client().get(PAGE)["Location"] == "/admin/login/"
    enrol(sam)
    assert send(log_in(sam), "000000", "https://example.org/") == [
        "The code is wrong or was used before. Enter the next one."
    ]


@pytest.mark.parametrize("following", ["https://example.org/", "//example.org/", "/nowhere/"])
def test_second_factor_page_leads_to_a_page_of_this_server(sam: User, following: str) -> None:
    secret, _ = enrol(sam)
    assert send(log_in(sam), code_of(secret, steps=1), following) == "/admin/"


def test_staff_without_a_second_factor_log_in_where_it_is_not_required(
    sam: User, settings: Settings
) -> None:
    settings.STAFF_OTP_REQUIRED = False
    client = Client()
    form = {"username": sam.email, "password": PASSWORD, "next": USERS}
    assert client.post("/admin/login/", form)["Location"] == USERS
    assert client.get(USERS).status_code == 200
    # From the moment on that it is required, the session needs it.
    settings.STAFF_OTP_REQUIRED = True
    assert client.get(USERS).status_code == 302


def test_admin_has_no_pages_with_secrets(sam: User) -> None:
    client = Client()
    client.force_login(sam)
    session = client.session
    session[SESSION_KEY] = VERIFIED
    session.save()
    for model in ("otp_totp/totpdevice", "otp_static/staticdevice"):
        assert client.get(f"/admin/{model}/").status_code == 404
