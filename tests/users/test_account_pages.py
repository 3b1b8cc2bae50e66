"""The pages to which links in emails lead."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from clinic.models import Patient
from tests.support.email_links import send_emails
from tests.support.emails import mailbox, part
from tests.support.fixtures.people import NEW_PASSWORD, PASSWORD, make_user
from tests.support.fixtures.smtp_server import MailServer
from tests.support.task_worker import run_due_tasks
from users import email_change, email_verification, invitations, password_reset
from users.models import EmailLink, User

pytestmark = pytest.mark.django_db

NEW = "new@example.org"
PASSWORDS = {"new_password": NEW_PASSWORD, "repeated": NEW_PASSWORD}
INVALID = "This link is invalid, was used before or has expired."
PAGES = ("verify-email", "stop-email-change", "reset-password", "invitation")


def path_of(page: str, user: User, server: MailServer) -> str:
    """Have the email with the link to a page sent, and return the path."""
    match page:
        case "verify-email":
            User.objects.filter(pk=user.pk).update(email_verified_at=None)
            email_verification.request_verification(User.objects.get(pk=user.pk))
        case "stop-email-change":
            email_change.request_change(user, new_email=NEW, password=PASSWORD)
        case "reset-password":
            password_reset.request(user.email)
        case _:
            User.objects.filter(pk=user.pk).update(password="!")
            user.refresh_from_db()
            staff = make_user("Rita", is_staff=True, is_superuser=True)
            invitations.invite(user, user.email, invited_by=staff)
    emails = send_emails(server, "ann@example.org")
    return next(path for _subject, path in emails if path.startswith(f"/account/{page}/"))


def state() -> list[Any]:
    return [*User.objects.values(), *EmailLink.objects.order_by("pk").values()]


@pytest.mark.parametrize("page", PAGES)
def test_opening_a_page_changes_nothing_and_its_button_acts_once(
    ann: Patient, mail_server: MailServer, page: str
) -> None:
    """Mail scanners open links, more than once."""
    path, client = path_of(page, ann.user, mail_server), Client()
    before = state()
    for _ in range(2):
        assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200
    assert state() == before
    form = PASSWORDS if page in {"reset-password", "invitation"} else {}
    assert client.post(path, form).status_code == (302 if page == "stop-email-change" else 200)
    assert state() != before
    again = client.post(path, form)
    assert (again.status_code, INVALID in again.content.decode()) == (404, True)
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_page_is_private_and_strict(ann: Patient, mail_server: MailServer, page: str) -> None:
    response = Client().get(path_of(page, ann.user, mail_server))
    headers = response.headers
    assert headers["Referrer-Policy"] == "strict-origin"
    assert "no-store" in headers["Cache-Control"]
    policy = headers["Content-Security-Policy"]
    for directive in ("default-src 'self'", "form-action 'self'", "frame-ancestors 'none'"):
        assert directive in policy
    html = response.content.decode()
    assert ("<script" in html, "style=" in html, "http" in html) == (False, False, False)


@pytest.mark.parametrize("page", PAGES)
def test_page_rejects_a_form_without_csrf_token(
    ann: Patient, mail_server: MailServer, page: str
) -> None:
    path, before = path_of(page, ann.user, mail_server), state()
    assert Client(enforce_csrf_checks=True).post(path, PASSWORDS).status_code == 403
    assert state() == before


def test_page_accepts_its_own_form(ann: Patient, mail_server: MailServer) -> None:
    """Negative control, as a browser sends it over HTTPS: with Origin and without Referer."""
    path = path_of("verify-email", ann.user, mail_server)
    client = Client(enforce_csrf_checks=True)
    page: Any = client.get(path, secure=True)
    form = {"csrfmiddlewaretoken": str(page.context["csrf_token"])}
    headers = {"Origin": "https://testserver"}
    assert client.post(path, form, secure=True, headers=headers).status_code == 200


@pytest.mark.parametrize("page", ["reset-password", "invitation"])
@pytest.mark.parametrize(
    ("passwords", "error"),
    [
        ({"new_password": "short", "repeated": "short"}, "This password is too short."),
        ({"new_password": NEW_PASSWORD, "repeated": "another"}, "The two passwords differ."),
        ({}, "This field is required."),
    ],
)
def test_password_page_shows_errors_and_keeps_the_link(
    ann: Patient, mail_server: MailServer, page: str, passwords: dict[str, str], error: str
) -> None:
    path, client = path_of(page, ann.user, mail_server), Client()
    response = client.post(path, passwords)
    assert (response.status_code, error in response.content.decode()) == (400, True)
    assert client.post(path, PASSWORDS).status_code == 200


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("token", ["x", "MQ/x", "%00", "\u00e9" * 10, "x" * 2000])
def test_page_answers_a_made_up_token(db: None, page: str, token: str) -> None:
    for response in (
        Client().get(f"/account/{page}/{token}"),
        Client().post(f"/account/{page}/{token}", PASSWORDS),
    ):
        assert response.status_code == 404


def test_page_limits_the_attempts_of_a_client(db: None) -> None:
    client = Client()
    statuses = [client.post("/account/verify-email/x").status_code for _ in range(61)]
    assert statuses == [404] * 60 + [429]


@pytest.mark.parametrize(
    ("page", "setting"),
    [
        ("verify-email", "EMAIL_VERIFICATION_URL"),
        ("reset-password", "PASSWORD_RESET_URL"),
        ("invitation", "INVITATION_URL"),
    ],
)
def test_links_lead_to_the_front_end_if_it_has_a_page(
    ann: Patient, mail_server: MailServer, settings: Settings, page: str, setting: str
) -> None:
    setattr(settings, setting, "https://front.example/?t={token}")
    with pytest.raises(StopIteration):
        path_of(page, ann.user, mail_server)
    if page == "reset-password":
        password_reset.request(ann.user.email)
    if page == "invitation":
        staff = User.objects.get(is_staff=True)
        invitations.invite(ann.user, ann.user.email, invited_by=staff)
    if page == "verify-email":
        email_verification.request_verification(User.objects.get(pk=ann.user_id))
    run_due_tasks()
    message = mailbox(mail_server, "ann@example.org")[-1]
    assert "https://front.example/?t=" in part(message, "text/plain")
    assert "https://front.example/?t=" in part(message, "text/html")


def test_host_of_a_link_is_that_of_the_settings(
    ann: Patient, mail_server: MailServer, settings: Settings
) -> None:
    """A request's Host header, which anybody can choose, does not decide it."""
    settings.PUBLIC_URL = "https://clinic.example"
    password_reset.request(ann.user.email)
    run_due_tasks()
    [message] = mailbox(mail_server, "ann@example.org")
    assert "https://clinic.example/account/reset-password/" in part(message, "text/plain")
